//! Who asks: the address that limits go by. It is never logged and never kept but as the key of a limit.
//!
//! The peer's address cannot be forged, and behind a proxy it is the proxy's. What a proxy says of its own
//! client is believed only where the operator says that there is one: anybody can send these headers.

use actix_web::http::header::{HeaderMap, HeaderName, X_FORWARDED_FOR, X_FORWARDED_PROTO};
use std::net::{IpAddr, SocketAddr};

const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// Whose word is taken for a client's address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Believed {
    /// Nobody's: the connection's other end is the client.
    #[default]
    Peer,
    /// The platform's, which replaces `X-Real-IP` whatever a client sent.
    RealIp,
    /// So many proxies', each of which added an entry to the end of `X-Forwarded-For`.
    Forwarded(u8),
}

/// A client as limits know it: an IPv4 address, or the /64 of an IPv6 address, of which a household has at
/// least one and every machine in it as many addresses as it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Client(u64);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            // No /64 that is routed begins with 32 zero bits.
            IpAddr::V4(v4) => Client(u32::from(v4).into()),
            IpAddr::V6(v6) => Client((u128::from(v6) >> 64) as u64),
        }
    }
}

impl Believed {
    /// `peer`: the connection's other end.
    pub fn client(self, headers: &HeaderMap, peer: Option<SocketAddr>) -> Client {
        self.told(headers).or(peer.map(|peer| peer.ip())).map(Client::from).unwrap_or_default()
    }

    /// What is believed of the headers; nothing if it is missing or no address.
    fn told(self, headers: &HeaderMap) -> Option<IpAddr> {
        match self {
            Believed::Peer => None,
            Believed::RealIp => parse(headers.get(X_REAL_IP)?.to_str().ok()?),
            Believed::Forwarded(proxies) => {
                // From the end: what stands before the trusted entries was sent by the client.
                let at = usize::from(proxies).checked_sub(1)?;
                let lines = headers.get_all(X_FORWARDED_FOR).rev();
                let mut entries =
                    lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
                entries.nth(at).and_then(parse)
            }
        }
    }

    /// Whether the client's own connection was encrypted, by a trusted proxy's word.
    pub fn over_tls(self, headers: &HeaderMap) -> bool {
        let said = || headers.get_all(X_FORWARDED_PROTO).next_back()?.to_str().ok();
        self != Believed::Peer
            && said()
                .and_then(|protocols| protocols.rsplit(',').next())
                .is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"))
    }
}

/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:443`.
fn parse(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const PEER: &str = "192.0.2.1";

    fn address(text: &str) -> Client {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn only_what_a_trusted_proxy_added_is_believed() {
        use Believed::{Forwarded, Peer, RealIp};
        let xff = "x-forwarded-for";
        type Row<'a> = (Believed, &'a [(&'a str, &'a str)], &'a str);
        let rows: &[Row<'_>] = &[
            (Peer, &[(xff, "203.0.113.9"), ("x-real-ip", "203.0.113.9")], PEER),
            (Forwarded(0), &[(xff, "203.0.113.9")], PEER),
            (Forwarded(1), &[(xff, "203.0.113.9")], "203.0.113.9"),
            (Forwarded(1), &[(xff, "198.51.100.7, 10.0.0.1, 203.0.113.9")], "203.0.113.9"),
            (Forwarded(1), &[(xff, "203.0.113.9:5000")], "203.0.113.9"),
            (Forwarded(1), &[(xff, "[2001:db8::1]:5000")], "2001:db8::1"),
            (Forwarded(1), &[(xff, "[2001:db8::1]")], "2001:db8::1"),
            (Forwarded(2), &[(xff, "198.51.100.7,203.0.113.9,10.0.0.1")], "203.0.113.9"),
            // Lines are one list.
            (Forwarded(2), &[(xff, "198.51.100.7, 203.0.113.9"), (xff, "10.0.0.1")], "203.0.113.9"),
            (Forwarded(1), &[(xff, "198.51.100.7"), (xff, "203.0.113.9")], "203.0.113.9"),
            // Fewer, malformed, missing.
            (Forwarded(2), &[(xff, "203.0.113.9")], PEER),
            (Forwarded(1), &[(xff, "198.51.100.7, unknown")], PEER),
            (Forwarded(1), &[(xff, "198.51.100.7,")], PEER),
            (Forwarded(1), &[(xff, "198.51.100.7, \u{e9}")], PEER),
            (Forwarded(1), &[("x-real-ip", "203.0.113.9")], PEER),
            (Forwarded(1), &[], PEER),
            (RealIp, &[("x-real-ip", "203.0.113.9"), (xff, "198.51.100.7")], "203.0.113.9"),
            (RealIp, &[(xff, "198.51.100.7")], PEER),
            (RealIp, &[("x-real-ip", "me")], PEER),
        ];
        for (believed, headers, expected) in rows {
            let mut request =
                TestRequest::default().peer_addr(format!("{PEER}:1").parse().unwrap());
            for header in *headers {
                request = request.append_header(*header);
            }
            let request = request.to_http_request();
            let client = believed.client(request.headers(), request.peer_addr());
            assert_eq!(client, address(expected), "{believed:?} {headers:?}");
        }
    }

    #[test]
    fn a_client_is_an_address_or_a_network_of_64_bits() {
        let same = |a, b| address(a) == address(b);
        assert!(same("2001:db8::1", "2001:db8::ffff:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1"));
        assert!(!same("192.0.2.1", "2001:db8::1"));
    }

    #[test]
    fn encryption_is_believed_of_a_trusted_proxy_only() {
        for (believed, sent, expected) in [
            (Believed::Peer, "https", false),
            (Believed::Forwarded(1), "https", true),
            (Believed::Forwarded(1), "HTTPS", true),
            (Believed::Forwarded(1), "https, http", false),
            (Believed::RealIp, "https", true),
            (Believed::RealIp, "http", false),
            (Believed::RealIp, "", false),
        ] {
            let request = TestRequest::default().append_header(("x-forwarded-proto", sent));
            let request = request.to_http_request();
            assert_eq!(believed.over_tls(request.headers()), expected, "{believed:?} {sent}");
        }
        assert!(!Believed::RealIp.over_tls(TestRequest::default().to_http_request().headers()));
    }
}
