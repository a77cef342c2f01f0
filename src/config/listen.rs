//! Where the service listens, and where it is reached.

pub(super) const DEFAULT_PORT: u16 = 8080;

/// Where to reach a service of this machine that was started with the same settings: an address of
/// "everywhere" is not one to connect to.
pub fn reachable(host: Option<&str>, port: Option<u16>) -> (String, u16) {
    let host = match host {
        None | Some("0.0.0.0") => "127.0.0.1".to_owned(),
        Some("::" | "[::]") => "[::1]".to_owned(),
        Some(v6) if v6.contains(':') && !v6.starts_with('[') => format!("[{v6}]"),
        Some(host) => host.to_owned(),
    };
    (host, port.unwrap_or(DEFAULT_PORT))
}

/// A platform that says which port to take also routes to it from outside; on anybody's own machine
/// nobody else is let in unasked.
pub(super) fn default_host(by_platform: bool) -> &'static str {
    if by_platform { "0.0.0.0" } else { "127.0.0.1" }
}
