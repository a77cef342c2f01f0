//! What nobody is shown: the operators' token.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// What proves that a request comes from an operator. Never shown.
#[derive(Clone)]
pub struct AdminToken(String);

const ADMIN_TOKEN_CHARS: usize = 32;
/// Of the file's first line: a header of a request is never longer.
const MOST_LINE_BYTES: u64 = 4_096;

/// Why the file of the token gives none.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    #[error("SUITSIZE_ADMIN_TOKEN_FILE: {} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("SUITSIZE_ADMIN_TOKEN_FILE: the first line of {} is no token; allowed: {allowed}", path.display())]
    NoToken { path: PathBuf, allowed: &'static str },
}

impl AdminToken {
    pub(super) const ALLOWED: &str = "32 or more characters of ASCII";

    /// White space around it is not part of it: a header's value has none.
    ///
    /// # Errors
    /// When it is too short to keep anyone out, or could not be sent in a header. It does not say how long
    /// it was.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let sendable = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
        if text.len() < ADMIN_TOKEN_CHARS || !sendable {
            return Err(Self::ALLOWED.to_owned());
        }
        Ok(AdminToken(text.to_owned()))
    }

    /// The token in the first line of a file; a file that others may read is a warning in the log.
    ///
    /// # Errors
    /// When it cannot be read, or its first line is no token. The line is not repeated.
    pub fn from_file(path: &Path) -> Result<Self, TokenFileError> {
        let read_error = |source| TokenFileError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read_error)?;
        if others_may_read(&file) {
            log::warn!(
                "SUITSIZE_ADMIN_TOKEN_FILE: others than its owner may read {}: chmod 600",
                path.display()
            );
        }
        let mut line = Vec::new();
        BufReader::new(file.take(MOST_LINE_BYTES))
            .read_until(b'\n', &mut line)
            .map_err(read_error)?;
        let no_token = || TokenFileError::NoToken { path: path.to_owned(), allowed: Self::ALLOWED };
        let text = std::str::from_utf8(&line).map_err(|_| no_token())?;
        Self::parse(text).map_err(|_| no_token())
    }

    /// The secret itself, to compare with.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AdminToken(..)")
    }
}

#[cfg(unix)]
fn others_may_read(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &File) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "thirty-two characters make token";

    #[test]
    fn a_token_is_long_enough_and_can_be_sent() {
        for (text, expected) in [
            (TOKEN.to_owned(), Some(TOKEN)),
            (format!(" {TOKEN}\n"), Some(TOKEN)),
            (TOKEN[1..].to_owned(), None),
            (format!("{}                 ", &TOKEN[..20]), None),
            (format!("{TOKEN}\u{e9}"), None),
            (format!("{TOKEN}\n{TOKEN}"), None),
            (String::new(), None),
        ] {
            let token = AdminToken::parse(&text);
            assert_eq!(token.as_ref().ok().map(AdminToken::secret), expected, "{text:?}");
            assert!(!format!("{token:?}").contains(&TOKEN[..20]), "{text:?}");
        }
    }

    #[test]
    fn a_token_is_the_first_line_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        for (content, good) in [
            (TOKEN.to_owned(), true),
            (format!("{TOKEN}\r\nsecond line"), true),
            (format!("\n{TOKEN}\n"), false),
            ("s3cret".to_owned(), false),
            (String::new(), false),
        ] {
            std::fs::write(&path, &content).unwrap();
            match AdminToken::from_file(&path) {
                Ok(token) => assert!(good && token.secret() == TOKEN, "{content:?}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(
                        !good && error.contains("token") && !error.contains("s3cret"),
                        "{error}"
                    );
                }
            }
        }
        std::fs::write(&path, [0xff; 64]).unwrap();
        assert!(AdminToken::from_file(&path).is_err());
        assert!(AdminToken::from_file(dir.path()).is_err(), "a directory");
        assert!(AdminToken::from_file(&dir.path().join("none")).is_err());
    }
}
