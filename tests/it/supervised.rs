//! What the built program tells a supervisor, heard on a socket like systemd's.

use crate::running::Served;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// Longer than anything here takes; nothing waits for it in vain but a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The supervisor's end of the socket.
pub struct Supervisor {
    socket: UnixDatagram,
    dir: tempfile::TempDir,
}

impl Supervisor {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(dir.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Supervisor { socket, dir }
    }

    pub fn starts(&self, more: &[(&str, &str)]) -> Served {
        let path = self.dir.path().join("notify");
        let mut environment =
            vec![("NOTIFY_SOCKET", path.to_str().unwrap()), ("SUITSIZE_WARM", "off")];
        environment.extend(more);
        Served::start(&environment)
    }

    /// One message: its lines.
    pub fn hears(&self) -> Vec<String> {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).expect("the supervisor is told something");
        let text = std::str::from_utf8(&message[..length]).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Everything that has not been heard yet.
    fn hears_the_rest(&self) -> Vec<String> {
        self.socket.set_nonblocking(true).unwrap();
        let mut message = [0; 4096];
        let mut lines = Vec::new();
        while let Ok(length) = self.socket.recv(&mut message) {
            let text = std::str::from_utf8(&message[..length]).unwrap();
            lines.extend(text.lines().map(str::to_owned));
        }
        lines
    }
}

#[test]
fn it_tells_that_it_is_ready_lives_and_stops() {
    let supervisor = Supervisor::new();
    let mut served = supervisor.starts(&[("WATCHDOG_USEC", "3000000")]);
    let status = format!("STATUS=Answers on 127.0.0.1:{}", served.port);
    assert_eq!(supervisor.hears(), ["READY=1", &status]);
    for _ in 0..3 {
        assert_eq!(supervisor.hears(), ["WATCHDOG=1"]);
    }
    assert!(served.terminate().success());
    let rest = supervisor.hears_the_rest();
    let stop = rest.iter().position(|line| line == "STOPPING=1").expect("it says that it stops");
    assert!(rest[stop + 1].starts_with("STATUS="), "{rest:?}");
}

#[test]
fn it_is_ready_when_it_says_so() {
    let supervisor = Supervisor::new();
    let served = supervisor.starts(&[]);
    assert_eq!(supervisor.hears()[0], "READY=1");
    let reply = crate::running::send(served.port, "GET", "/api/health/ready", &[], b"");
    assert_eq!(reply.status, 200);
}

#[test]
fn whoever_does_not_watch_hears_no_signs_of_life() {
    for nobody in [
        &[][..],
        &[("WATCHDOG_USEC", "0")],
        &[("WATCHDOG_USEC", "soon")],
        // Meant for another process.
        &[("WATCHDOG_USEC", "300000"), ("WATCHDOG_PID", "1")],
    ] {
        let supervisor = Supervisor::new();
        let mut served = supervisor.starts(nobody);
        // Figures of upkeep tell that its first rounds are over, in which a sign would have been given.
        while rounds(served.port) < 2 {
            std::thread::yield_now();
        }
        assert!(served.terminate().success());
        let heard = supervisor.hears_the_rest();
        assert!(heard.contains(&"STOPPING=1".to_owned()), "{nobody:?}: {heard:?}");
        assert!(!heard.contains(&"WATCHDOG=1".to_owned()), "{nobody:?}: {heard:?}");
    }
}

/// How often upkeep has refreshed memory.
fn rounds(port: u16) -> u64 {
    let health = crate::running::send(port, "GET", "/api/health/detailed", &[], b"").json();
    let duties = health["upkeep"].as_array().cloned().unwrap_or_default();
    duties
        .iter()
        .find(|duty| duty["name"] == "refresh")
        .map_or(0, |duty| duty["done"].as_u64().unwrap())
}

#[test]
fn a_supervisor_that_is_gone_ends_nothing() {
    let mut served =
        Served::start(&[("NOTIFY_SOCKET", "/nowhere/notify"), ("SUITSIZE_WARM", "off")]);
    let reply = crate::running::send(served.port, "GET", "/api/health/live", &[], b"");
    assert_eq!(reply.status, 200);
    assert!(served.terminate().success());
    assert!(served.log().contains("the supervisor cannot be told"), "{}", served.log());
}
