//! Where alerts are posted. A chat's webhook address is its password, so it is never shown whole: scheme
//! and host say which one it is.

use std::fmt;
use ureq::http::Uri;

const MAX_CHARS: usize = 2_048;

/// A webhook's address: http or https, with a host.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Uri);

impl Target {
    /// Reads an address; a value parser for a setting. User and password before the host are sent as
    /// basic authentication.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub fn parse(text: &str) -> Result<Self, String> {
        const SUCH_AS: &str = "an address such as https://alerts.example.com/hook is needed";
        if text.len() > MAX_CHARS {
            return Err(format!("{SUCH_AS}, of {MAX_CHARS} bytes at most"));
        }
        let uri: Uri = text.parse().map_err(|_| format!("{SUCH_AS}; this is no address"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(_) => return Err(format!("{SUCH_AS}; the scheme must be http or https")),
            None => return Err(format!("{SUCH_AS}; this does not begin with http:// or https://")),
        }
        if uri.host().is_none_or(|host| host.is_empty() || host == "[]") {
            return Err(format!("{SUCH_AS}; this has no host"));
        }
        if has_wrong_port(&uri) {
            return Err(format!("{SUCH_AS}; the port must be 1 to 65535"));
        }
        Ok(Target(uri))
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }
}

/// A port that is not a number of one would silently be the scheme's own.
fn has_wrong_port(uri: &Uri) -> bool {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let after_host = host_and_port.rsplit(']').next().unwrap_or_default();
    let names_port = after_host.contains(':');
    names_port && uri.port_u16().is_none_or(|port| port == 0)
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.0.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}", self.0.host().unwrap_or_default())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for (text, shown) in [
            ("https://hooks.example.com/services/T0/B0/s3cret", Ok("https://hooks.example.com")),
            ("http://localhost:9000", Ok("http://localhost")),
            ("http://user:s3cret@10.0.0.1:80/x?token=s3cret", Ok("http://10.0.0.1")),
            ("https://[::1]:8443/s3cret", Ok("https://[::1]")),
            ("https://[::1]/s3cret", Ok("https://[::1]")),
            ("ftp://s3cret.example.com/x", Err("scheme must be")),
            ("s3cret.example.com/hook", Err("")),
            ("s3cret", Err("does not begin with")),
            ("/hook/s3cret", Err("does not begin with")),
            ("https://", Err("")),
            ("https:///s3cret", Err("")),
            ("https://:443/s3cret", Err("")),
            ("https://host:99999/s3cret", Err("port must be")),
            ("https://host:0/s3cret", Err("port must be")),
            ("https://host:/s3cret", Err("port must be")),
            (" https://host/s3cret", Err("no address")),
            ("https://host/s3cret\n", Err("no address")),
            ("", Err("no address")),
        ] {
            match (Target::parse(text), shown) {
                (Ok(target), Ok(shown)) => {
                    assert_eq!(target.to_string(), shown);
                    assert_eq!(format!("{target:?}"), format!("Target({shown})"));
                }
                (Err(error), Err(part)) => {
                    assert!(error.contains(part) && !error.contains("s3cret"), "{text}: {error}");
                }
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
        assert!(Target::parse(&format!("https://host/{}", "x".repeat(MAX_CHARS))).is_err());
    }
}
