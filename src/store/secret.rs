//! The installation's secret, under which questions are hashed: 16 random bytes in a file beside the
//! store, readable by its owner only. Without it the store's rows are of no use, to us or to anyone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

pub const FILE_NAME: &str = "suitsize.key";

#[derive(Clone)]
pub struct Secret([u8; 16]);

impl Secret {
    /// The directory's secret; a new one where there is none. Where it can be neither read nor written,
    /// one for this process alone: the store's rows are then misses after a restart, which costs only time.
    pub fn of(dir: &Path) -> Self {
        let path = dir.join(FILE_NAME);
        match read(&path) {
            Ok(Some(secret)) => return secret,
            Ok(None) => log::warn!("{} is not 16 bytes: a new one takes its place", path.display()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                log::warn!(
                    "{} cannot be read ({error}): stored answers are not found again",
                    path.display()
                );
                return Secret::random();
            }
        }
        let secret = Secret::random();
        if let Err(error) = fs::create_dir_all(dir).and_then(|()| write(&path, &secret)) {
            log::warn!(
                "{} cannot be written ({error}): stored answers will not be found after a restart",
                path.display()
            );
        }
        secret
    }

    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Secret(bytes)
    }

    pub fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has random numbers");
        Secret(bytes)
    }
}

fn read(path: &Path) -> io::Result<Option<Secret>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    Ok(fs::read(path)?.try_into().ok().map(Secret))
}

/// Whole or not at all: a name appears only when the bytes are there.
fn write(path: &Path, secret: &Secret) -> io::Result<()> {
    let unfinished = path.with_extension("key.new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(&secret.0)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_stays_the_same_and_differs_between_installations() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = Secret::of(here.path());
        assert_eq!(Secret::of(here.path()).0, secret.0);
        assert_ne!(Secret::of(there.path()).0, secret.0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(here.path().join(FILE_NAME)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_secret_is_replaced_and_an_impossible_place_does_without() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), "short").unwrap();
        let secret = Secret::of(dir.path());
        assert_eq!(Secret::of(dir.path()).0, secret.0);
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        Secret::of(&file);
    }
}
