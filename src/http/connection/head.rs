//! How long a request's head is, as it comes in by pieces: actix-web would buffer 128 kB of one for each connection.
//!
//! Nothing of it is kept but three bytes, should its end be cut in two.

use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Nothing sensible has a longer one; a proxy's own limit is 8 kB.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";
static FIND_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(END_OF_HEAD));

/// A request's head as it comes in.
#[derive(Default)]
pub struct Head {
    bytes: usize,
    /// What came last, should its end be cut in two.
    last: [u8; 3],
    /// Its end has come; what follows is the request's body, or the next request.
    pub complete: bool,
}

impl Head {
    /// Takes what came next in. `false`: it is longer than a head may be.
    pub fn take(&mut self, bytes: &[u8]) -> bool {
        if self.complete {
            return true;
        }
        let end = match self.ends_in_first(bytes) {
            true => Some(0),
            false => FIND_END.find(bytes),
        };
        self.complete = end.is_some();
        self.bytes += end.unwrap_or(bytes.len());
        if !self.complete {
            self.remember(bytes);
        }
        self.bytes <= MAX_HEAD_BYTES
    }

    /// Whether its end began in what came before.
    fn ends_in_first(&self, bytes: &[u8]) -> bool {
        (1..=3).any(|known| {
            self.bytes >= known
                && self.last[3 - known..] == END_OF_HEAD[..known]
                && bytes.starts_with(&END_OF_HEAD[known..])
        })
    }

    fn remember(&mut self, bytes: &[u8]) {
        const KEPT: usize = 3;
        let new = &bytes[bytes.len().saturating_sub(KEPT)..];
        self.last.rotate_left(new.len() % KEPT);
        self.last[KEPT - new.len()..].copy_from_slice(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a head that comes in these pieces may go on after the last of them.
    #[track_caller]
    fn check(name: &str, pieces: &[&[u8]], may_go_on: bool) {
        let mut head = Head::default();
        let (last, before) = pieces.split_last().expect("a head comes in pieces");
        for piece in before {
            assert!(head.take(piece), "{name}: {}", piece.escape_ascii());
        }
        assert_eq!(head.take(last), may_go_on, "{name}");
    }

    #[test]
    fn a_head_is_as_long_as_it_may_be() {
        const LONG: &[u8] = &[b'a'; MAX_HEAD_BYTES];
        check("as long as may be", &[LONG], true);
        check("a byte more", &[LONG, b"a"], false);
        check("with an end", &[b"GET / HTTP/1.1\r\n\r\n", LONG, LONG], true);
        check("an end in two parts", &[b"GET / HTTP/1.1\r\n\r", b"\n", LONG], true);
        check("in four", &[b"G\r", b"\n", b"\r", b"\n", LONG], true);
        check("no end", &[b"GET / HTTP/1.1\r\n", LONG], false);
        check("no end, in spite of its parts", &[b"\r\n\r", LONG], false);
    }
}
