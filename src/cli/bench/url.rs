//! Where the service is: scheme, host and port, as it is typed.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

/// A service's address, over plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Host and port as they are sent in a request's head.
    authority: String,
    host: String,
    port: u16,
}

impl Url {
    pub const ALLOWED: &str = "http://HOST:PORT, without a path; no https: ask the service itself, behind what ends its TLS";

    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| Self::ALLOWED.to_owned())
    }

    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("http://")?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, 80),
        };
        let plain = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().ok().map(|_| v6)?,
            None => host,
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let good = plain != host || (!host.is_empty() && host.chars().all(is_name));
        (good && port > 0).then(|| Url {
            authority: authority.to_owned(),
            host: plain.to_owned(),
            port,
        })
    }

    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Every address that the name has, in the system's order.
    ///
    /// # Errors
    /// Why the name has none.
    pub fn resolve(&self) -> Result<Vec<SocketAddr>, String> {
        let found = (self.host.as_str(), self.port).to_socket_addrs();
        let found = found.map_err(|error| format!("{self}: {error}"))?;
        let addresses: Vec<_> = found.collect();
        if addresses.is_empty() { Err(format!("{self}: no address")) } else { Ok(addresses) }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// Whether an address is this machine's own.
pub fn is_here(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_or_refused() {
        for (text, expected) in [
            ("http://127.0.0.1:8080", Some(("127.0.0.1", 8080))),
            ("http://127.0.0.1:8080/", Some(("127.0.0.1", 8080))),
            ("http://kiosk.local", Some(("kiosk.local", 80))),
            ("http://[::1]:9000", Some(("::1", 9000))),
            ("http://[::1]", Some(("::1", 80))),
            ("https://shop.example", None),
            ("127.0.0.1:8080", None),
            ("http://127.0.0.1:8080/api", None),
            ("http://user@host", None),
            ("http://host:0", None),
            ("http://host:70000", None),
            ("http://[::g]:80", None),
            ("http://", None),
        ] {
            let found = Url::parse(text);
            let found = found.as_ref().ok().map(|url| (url.host.as_str(), url.port));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        for (address, here) in
            [("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.1", false)]
        {
            assert_eq!(is_here(address.parse().unwrap()), here, "{address}");
        }
    }
}
