//! The disk: how much is free, what kind it is, and the ballast.
//!
//! SQLite needs room to delete: on a full disk `DELETE`, a checkpoint and `VACUUM` all fail, so a full
//! disk cannot be left by the means of a database. Two things keep us from there. Below the low-water
//! mark nothing more is stored. And a ballast file, thrown off when the disk is full after all (someone
//! else filled it), leaves the room in which rows are deleted and the file shrinks.

use rustix::fs::{FallocateFlags, fallocate, statfs, statvfs};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FILE_NAME: &str = "suitsize.ballast";
const MIB: u64 = 1024 * 1024;
/// Room for a batch of deletions and the checkpoint after it.
const MAX_BALLAST_BYTES: u64 = 8 * MIB;
const MAX_LOW_WATER_BYTES: u64 = 64 * MIB;
/// On a small disk both marks are this part of it.
const PART_OF_A_SMALL_DISK: u64 = 16;

/// NFS, SMB, CIFS, SMB2, Coda, AFS, 9P, Ceph (`statfs`(2)): POSIX locks there are slow, or lie.
const NETWORK_FILESYSTEMS: [u64; 8] =
    [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x7375_7245, 0x5346_414F, 0x0102_1997, 0x00C3_6400];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

impl Disk {
    pub fn of(dir: &Path) -> io::Result<Disk> {
        let stat = statvfs(dir)?;
        Ok(Disk {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    /// Below it nothing more is stored.
    pub fn low_water_bytes(self) -> u64 {
        MAX_LOW_WATER_BYTES.min(self.total_bytes / PART_OF_A_SMALL_DISK)
    }

    pub fn ballast_bytes(self) -> u64 {
        MAX_BALLAST_BYTES.min(self.total_bytes / PART_OF_A_SMALL_DISK)
    }

    pub fn is_low(self) -> bool {
        self.free_bytes < self.low_water_bytes()
    }

    /// Is there room to take ballast in again and still be above the mark?
    pub fn has_recovered(self) -> bool {
        self.free_bytes > self.low_water_bytes() + self.ballast_bytes()
    }
}

pub fn is_network_filesystem(dir: &Path) -> io::Result<bool> {
    // The kernel's field is signed on some machines; its low 32 bits are the magic number.
    let kind = statfs(dir)?.f_type as u64 & 0xFFFF_FFFF;
    Ok(NETWORK_FILESYSTEMS.contains(&kind))
}

pub struct Ballast {
    path: PathBuf,
}

impl Ballast {
    pub fn new(dir: &Path) -> Self {
        Ballast { path: dir.join(FILE_NAME) }
    }

    pub fn bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// Reserves `bytes`, unless that much is reserved already.
    pub fn take_in(&self, bytes: u64) -> io::Result<()> {
        if self.bytes() >= bytes {
            return Ok(());
        }
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).open(&self.path)?;
        // Blocks, not a length: a sparse file would reserve nothing. Where the filesystem cannot
        // reserve, it is written.
        let reserved = match fallocate(&file, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => Ok(()),
            Err(_) => write_all(&mut file, bytes),
        };
        if reserved.is_err() {
            self.throw_off();
        }
        reserved
    }

    /// Frees what was reserved. True if there was something.
    pub fn throw_off(&self) -> bool {
        fs::remove_file(&self.path).is_ok()
    }
}

fn write_all(file: &mut fs::File, bytes: u64) -> io::Result<()> {
    let block = vec![0xA5; 64 * 1024];
    let mut left = bytes;
    while left > 0 {
        let part = left.min(block.len() as u64);
        file.write_all(&block[..part as usize])?;
        left -= part;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_follow_the_size_of_the_disk() {
        let rows = [
            // MiB: total, free; low?, recovered?
            (100_000, 50_000, false, true),
            (100_000, 70, false, false),
            (100_000, 60, true, false),
            (8, 7, false, true),
            (8, 0, true, false),
        ];
        for (total, free, low, recovered) in rows {
            let disk = Disk { free_bytes: free * MIB, total_bytes: total * MIB };
            assert_eq!((disk.is_low(), disk.has_recovered()), (low, recovered), "{disk:?}");
        }
    }

    #[test]
    fn ballast_takes_real_blocks_and_gives_them_back() {
        let dir = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(dir.path());
        ballast.take_in(MIB).unwrap();
        ballast.take_in(MIB).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let blocks = fs::metadata(dir.path().join(FILE_NAME)).unwrap().blocks();
            assert!(blocks * 512 >= MIB, "{blocks} blocks");
        }
        assert!(ballast.throw_off() && !ballast.throw_off());
    }

    #[test]
    fn a_local_directory_is_not_a_network_filesystem() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!is_network_filesystem(dir.path()).unwrap());
        assert!(Disk::of(dir.path()).unwrap().free_bytes > 0);
    }
}
