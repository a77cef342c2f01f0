//! What strangers may take, and whom the service believes.

use super::environment;
use super::reader::{text, whole};
use clap::Args;
use std::num::NonZeroU32;

/// Limits for each client, and for all together.
#[derive(Args, Clone, Debug)]
pub struct LimitSettings {
    /// Recommendations that one client may ask for, as 50/s or 600/min; other requests twice as many. off: no limit
    #[arg(long, value_name = "RATE", env = "SUITSIZE_RATE_LIMIT", default_value = "50/s", value_parser = text(Rate::ALLOWED, Rate::parse))]
    pub rate_limit: RateLimit,

    /// Proxies in front of the service: so many entries of X-Forwarded-For are believed, from its end
    /// [default: 0, or X-Real-IP on Railway]
    #[arg(long, value_name = "COUNT", env = "SUITSIZE_TRUSTED_PROXIES", value_parser = whole::<u8>("0 to 8"))]
    pub trusted_proxies: Option<u8>,

    /// Connections that may be open at once; a quarter of them by one client
    #[arg(long, value_name = "COUNT", env = "SUITSIZE_MAX_CONNECTIONS", default_value_t = 2_048, value_parser = whole::<u32>("16 to 65536"))]
    pub max_connections: u32,

    /// Sites (scheme and host, no path) whose pages may ask from a browser, separated by commas. The service's own always may
    #[arg(long, value_name = "ORIGINS", env = "SUITSIZE_CORS_ORIGINS", value_delimiter = ',', value_parser = text(Origin::ALLOWED, Origin::parse))]
    pub cors_origins: Vec<Origin>,
}

impl Default for LimitSettings {
    /// As without flags and variables.
    fn default() -> Self {
        LimitSettings {
            rate_limit: Rate::parse("50/s").expect("the default is a rate"),
            trusted_proxies: None,
            max_connections: 2_048,
            cors_origins: Vec::new(),
        }
    }
}

/// Where a client's address is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAddress {
    /// The other end of the connection.
    Peer,
    /// `X-Real-IP`, which the platform sets whatever a client sent.
    RealIp,
    /// The entry of `X-Forwarded-For` that is so many from its end.
    Forwarded(u8),
}

/// What Railway sets in every container that it starts.
const RAILWAY: [&str; 2] = ["RAILWAY_ENVIRONMENT_ID", "RAILWAY_PROJECT_ID"];

/// The variable by which Railway is known, where the service runs there.
pub(super) fn railway() -> Option<&'static str> {
    RAILWAY.into_iter().find(|name| environment::is_set(name))
}

impl LimitSettings {
    /// What is set, or what the platform that we run on is known to do.
    pub fn client_address(&self) -> ClientAddress {
        self.client_address_where(railway().is_some())
    }

    /// Railway's edge sets `X-Real-IP` and replaces one that a client sends, as others who run there have seen;
    /// the last entry of `X-Forwarded-For` is the edge's own, another at every request.
    fn client_address_where(&self, on_railway: bool) -> ClientAddress {
        match self.trusted_proxies {
            Some(0) => ClientAddress::Peer,
            Some(proxies) => ClientAddress::Forwarded(proxies),
            None if on_railway => ClientAddress::RealIp,
            None => ClientAddress::Peer,
        }
    }
}

/// A rate, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(pub Option<Rate>);

/// So many in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: NonZeroU32,
    /// 1, 60 or 3,600.
    pub seconds: u32,
}

impl Rate {
    const MOST: u32 = 1_000_000;
    pub(super) const ALLOWED: &str =
        "a rate such as 50/s, 600/min or 1000/h (1 to 1000000), or off";

    /// `50/s`, `600/min`, `1000/h` or `off`.
    ///
    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<RateLimit, String> {
        let refuse = || Self::ALLOWED.to_owned();
        if text == "off" {
            return Ok(RateLimit(None));
        }
        let (count, unit) = text.split_once('/').ok_or_else(refuse)?;
        let seconds = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            _ => return Err(refuse()),
        };
        let count = count.parse::<NonZeroU32>().map_err(|_| refuse())?;
        if count.get() > Self::MOST {
            return Err(refuse());
        }
        Ok(RateLimit(Some(Rate { count, seconds })))
    }
}

/// Another site's scheme, host and port, as a browser sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    pub(super) const ALLOWED: &str = "sites such as https://shop.example, without a path";

    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refuse = || Self::ALLOWED.to_owned();
        let text = text.trim();
        let (scheme, host) = text.split_once("://").ok_or_else(refuse)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
        let is_origin = ["http", "https"].contains(&scheme)
            && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && host.chars().all(plain);
        if is_origin { Ok(Origin(text.to_owned())) } else { Err(refuse()) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_or_refused() {
        let rate = |count, seconds| Rate { count: NonZeroU32::new(count).unwrap(), seconds };
        for (text, expected) in [
            ("50/s", Some(Some(rate(50, 1)))),
            ("600/min", Some(Some(rate(600, 60)))),
            ("1/h", Some(Some(rate(1, 3_600)))),
            ("off", Some(None)),
            ("0/s", None),
            ("50", None),
            ("50/day", None),
            ("-1/s", None),
            ("1000001/s", None),
            ("", None),
        ] {
            assert_eq!(Rate::parse(text).ok().map(|limit| limit.0), expected, "{text}");
        }
    }

    #[test]
    fn whose_word_is_taken() {
        for (trusted_proxies, on_railway, expected) in [
            (None, false, ClientAddress::Peer),
            (None, true, ClientAddress::RealIp),
            (Some(0), true, ClientAddress::Peer),
            (Some(2), true, ClientAddress::Forwarded(2)),
            (Some(1), false, ClientAddress::Forwarded(1)),
        ] {
            let limits = LimitSettings { trusted_proxies, ..LimitSettings::default() };
            assert_eq!(limits.client_address_where(on_railway), expected, "{trusted_proxies:?}");
        }
    }

    #[test]
    fn an_origin_is_a_site_and_no_more() {
        for (text, good) in [
            ("https://shop.example", true),
            ("http://localhost:3000", true),
            (" https://shop.example", true),
            ("https://[::1]:8080", true),
            ("https://shop.example/", false),
            ("https://shop.example/page", false),
            ("https://Shop.example", false),
            ("ftp://shop.example", false),
            ("*", false),
            ("null", false),
            ("", false),
        ] {
            assert_eq!(Origin::parse(text).is_ok(), good, "{text}");
        }
    }
}
