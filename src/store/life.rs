//! The life of the file: open, in use, in doubt, set aside, open again.
//!
//! Once a second the writer looks whether the file at the path is still the one it has, whether a reader
//! met damage, and how much of the disk is free. Whatever goes wrong ends in one of three states: `Open`;
//! `Paused`, which reads and does not store; `Closed`, which is tried again after a while that doubles to
//! 15 s. Nobody waits for any of this: rows are dropped and look-ups refused at once.

use super::fault::{Fault, StoreError};
use super::identity::{Footprint, Moved};
use super::jobs::{self, How, Job};
use super::lookup::Ticket;
use super::readers::Readers;
use super::space::Disk;
use super::status::UNKNOWN;
use super::writer::{Alarms, Opened, WATCH_EVERY, Writer};
use super::{Digest, State, answers, audit, facts, identity, open, quarantine};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// A file is set aside only when it was bad so many times in a row, and the disk could read it each
/// time: a single failing read says the same as damage.
const LOOKS: u32 = 3;
/// How often it is tried whether the file can be written, if nothing else is.
const PROBE_EVERY: Duration = Duration::from_secs(60);
/// A sound file that is doubted more often than this in `ALARM_WINDOW` is left alone for a while.
const MOST_ALARMS: u32 = 3;
const ALARM_WINDOW: Duration = Duration::from_secs(600);

impl Writer {
    pub(super) fn open(&mut self) {
        match self.try_open(false) {
            Ok(()) => self.opened(),
            Err(error) if error.fault == Fault::Corrupt => self.heal(&error),
            Err(error) => self.close(&error),
        }
    }

    /// `doubtful`: its structure is checked first, as after a stop that was not orderly.
    fn try_open(&mut self, doubtful: bool) -> Result<(), StoreError> {
        let shared = &self.shared;
        let path = &shared.path;
        fs::create_dir_all(&shared.options.dir)?;
        let lock = match self.lock.take().filter(|lock| identity::is_locked_by(lock, path)) {
            Some(lock) => lock,
            None => identity::lock(path)?,
        };
        let lock = self.lock.insert(lock);
        let connection = open::writer(path, shared.options.max_bytes)?;
        if doubtful || facts::is_set(&connection, facts::IN_USE_SINCE_MS)? {
            jobs::quick_check(&connection)?;
        }
        facts::set(&connection, facts::IN_USE_SINCE_MS, shared.clock.unix_ms())?;
        shared.presence.set_complete(false);
        answers::for_each_digest(&connection, |digest| shared.presence.add(digest))?;
        shared.presence.set_complete(true);
        let footprint = Footprint::of(path, lock)?;
        *shared.readers.write() = Some(Readers::open(path, footprint.database()));
        self.file = Some(Opened { connection, footprint });
        Ok(())
    }

    fn opened(&mut self) {
        self.backoff.succeeded();
        self.shared.breaker.succeeded();
        self.shared.doubted.store(false, Relaxed);
        self.shared.counters.opened.fetch_add(1, Relaxed);
        self.took();
        self.paused = None;
        self.shared.set_state(State::Open);
        self.look_at_the_disk();
        if let Err(error) = self.salvage_quarantined() {
            self.failed(&error);
        }
    }

    fn release(&mut self) {
        let readers = self.shared.readers.write().take(); // closed outside of the lock
        if let Some(readers) = readers {
            readers.give_up();
        }
        self.file = None;
    }

    pub(super) fn close(&mut self, error: &StoreError) {
        self.release();
        self.retry_at = self.shared.clock.monotonic() + self.backoff.failed();
        if self.shared.set_state(State::Closed(error.fault.clone())) {
            log::warn!("the store is not used: {error}; answers come from memory and model");
        }
    }

    /// The file seems damaged: looked at again from the start.
    pub(super) fn heal(&mut self, first: &StoreError) {
        let mut finding = None;
        for _ in 0..LOOKS {
            self.release();
            match self.try_open(true) {
                Ok(()) => return self.was_sound(first),
                Err(error) if error.fault == Fault::Corrupt => finding = Some(error),
                Err(error) => return self.close(&error),
            }
            self.release();
            if let Err(disk) = quarantine::read_through(&self.shared.path) {
                return self.close(&StoreError::new(Fault::Io, disk));
            }
        }
        match quarantine::set_aside(&self.shared.path, self.shared.clock.unix_ms()) {
            Ok(aside) => self.start_anew(&aside, finding.as_ref().unwrap_or(first)),
            Err(disk) => self.close(&StoreError::new(Fault::Corrupt, disk)),
        }
    }

    fn was_sound(&mut self, first: &StoreError) {
        let now = self.shared.clock.monotonic();
        if now > self.alarms.since + ALARM_WINDOW {
            self.alarms = Alarms { count: 0, since: now };
        }
        self.alarms.count += 1;
        if self.alarms.count > MOST_ALARMS {
            let finding = format!("the file is sound, and still: {first}");
            return self.close(&StoreError::new(Fault::Io, finding));
        }
        log::warn!("the store seemed damaged ({first}) and is sound");
        self.opened();
    }

    fn start_anew(&mut self, aside: &Path, error: &StoreError) {
        log::error!("the store was damaged ({error}) and is set aside as {}", file_name(aside));
        self.shared.counters.quarantined.fetch_add(1, Relaxed);
        match self.try_open(false) {
            Ok(()) => self.opened(),
            Err(error) => self.close(&error),
        }
        for outdated in quarantine::outdated(&self.shared.path, self.shared.clock.unix_ms()) {
            if let Err(error) = quarantine::delete(&outdated) {
                log::warn!("a quarantined file cannot be deleted: {error}");
            }
        }
    }

    /// Takes over what is durable of files that were set aside. At every opening and not when one is set
    /// aside: a kill in between must not lose it. What was taken over is marked; taking it twice changes
    /// nothing.
    fn salvage_quarantined(&mut self) -> Result<(), StoreError> {
        let mut taken = Vec::new();
        for (_, aside) in quarantine::list(&self.shared.path) {
            let Some(Opened { connection, .. }) = &self.file else { return Ok(()) };
            let fact = facts::salvaged(&file_name(&aside));
            if facts::is_set(connection, &fact)? {
                continue;
            }
            let saved = match salvage(&aside) {
                Ok(saved) => saved,
                Err(error) => {
                    log::warn!("{} cannot be read now: {error}", file_name(&aside));
                    continue;
                }
            };
            log::info!("{} audit rows of {} are taken over", saved.len(), file_name(&aside));
            self.pending_audit.splice(0..0, saved);
            taken.push(fact);
        }
        self.write_pending_audit();
        let now_ms = self.shared.clock.unix_ms();
        if let Some(Opened { connection, .. }) = &self.file
            && self.pending_audit.is_empty()
        {
            for fact in taken {
                facts::set(connection, &fact, now_ms)?;
            }
        }
        Ok(())
    }

    pub(super) fn watch_now_and_then(&mut self) {
        let now = self.shared.clock.monotonic();
        if now < self.watched_at + WATCH_EVERY && !self.shared.doubted.load(Relaxed) {
            return;
        }
        self.watched_at = now;
        self.watch();
    }

    /// Looks at the file and the disk, and does what that asks for.
    pub fn watch(&mut self) {
        let Some(file) = &mut self.file else {
            self.measure_disk();
            if self.shared.clock.monotonic() >= self.retry_at {
                self.open();
            }
            return;
        };
        if let Some(moved) = file.footprint.moved(&self.shared.path) {
            return self.follow(moved);
        }
        if self.shared.doubted.swap(false, Relaxed) {
            let doubt = StoreError::new(Fault::Corrupt, "a reader met damage");
            return self.heal(&doubt);
        }
        self.look_at_the_disk();
        self.write_pending_audit();
        self.probe();
        // Nobody may ask for what is stored, so nobody else would find out that it can be read again.
        if self.shared.breaker.is_open()
            && let Some(ticket) = Ticket::draw(&self.shared)
        {
            ticket.look_up(&Digest([0; 16]));
        }
    }

    /// Somebody took a file away or put another in its place: what is there now is opened.
    fn follow(&mut self, moved: Moved) {
        log::warn!("{moved}: opening what is there now");
        let Some(Opened { connection, footprint }) = &self.file else { return };
        let footprint = footprint.clone();
        let mut salvaged = Vec::new();
        if moved == Moved::Log {
            // What is in the log is in our hands only.
            let whole = How { insist: true, ..How::THOROUGH };
            if jobs::run(Job::Checkpoint, connection, &self.shared.place(), whole).is_err() {
                salvaged = audit::salvage(connection);
            }
        }
        // Removed, not replaced: what is durable is still in our hands.
        if !self.shared.path.exists() {
            salvaged = audit::salvage(connection);
        }
        self.pending_audit.splice(0..0, salvaged);
        self.release();
        if !footprint.database().is_still_at(&self.shared.path) {
            // SQLite leaves the log of a file that was moved where it is, and would read it into the
            // new one.
            footprint.remove_log(&self.shared.path);
        }
        self.open();
    }

    /// Writes a fact when nothing else was written for a while: a disk that takes nothing any more is
    /// to be found out before somebody needs it. A page of the log, once a minute.
    fn probe(&mut self) {
        let shared = &self.shared;
        let took_at = Duration::from_millis(shared.counters.took_at_ms.load(Relaxed));
        let is_due = shared.clock.monotonic() >= took_at + PROBE_EVERY;
        let Some(Opened { connection, .. }) = &self.file else { return };
        if !is_due || self.paused.is_some() {
            return;
        }
        match facts::set(connection, facts::PROBED_AT_MS, shared.clock.unix_ms()) {
            Ok(()) => self.took(),
            Err(error) => self.failed(&error.into()),
        }
    }

    fn look_at_the_disk(&mut self) {
        let disk = match Disk::of(&self.shared.options.dir) {
            Ok(disk) => disk,
            Err(error) => return self.close(&error.into()),
        };
        self.measure(disk);
        if disk.is_low() {
            return self.pause(&Fault::Full);
        }
        let may_resume = match &self.paused {
            None => true,
            Some(Fault::Full) => disk.has_recovered(),
            Some(_) => self.can_write(),
        };
        if !may_resume {
            return;
        }
        if disk.has_recovered() {
            // Failing to reserve is no reason not to store: the mark above is the first line.
            let _ = self.ballast.take_in(disk.ballast_bytes());
        }
        if self.paused.take().is_some() {
            self.shared.set_state(State::Open);
        }
    }

    /// How much is free, also while there is no file.
    fn measure_disk(&self) {
        let free = Disk::of(&self.shared.options.dir).map_or(UNKNOWN, |disk| disk.free_bytes);
        self.shared.counters.disk_free_bytes.store(free, Relaxed);
    }

    fn measure(&self, disk: Disk) {
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
        let (path, counters) = (&self.shared.path, &self.shared.counters);
        counters.file_bytes.store(bytes(path), Relaxed);
        counters.wal_bytes.store(bytes(&quarantine::beside(path, "-wal")), Relaxed);
        counters.disk_free_bytes.store(disk.free_bytes, Relaxed);
        if let Some(Opened { connection, .. }) = &self.file
            && let Ok((pages, free)) = jobs::pages(connection)
        {
            counters.pages.store(pages.unsigned_abs(), Relaxed);
            counters.free_pages.store(free.unsigned_abs(), Relaxed);
        }
    }

    /// Whether somebody else's lock is gone, without waiting for it.
    fn can_write(&mut self) -> bool {
        let Some(Opened { connection, .. }) = &mut self.file else { return false };
        let tried = connection
            .busy_timeout(Duration::ZERO)
            .and_then(|()| connection.transaction_with_behavior(TransactionBehavior::Immediate))
            .and_then(rusqlite::Transaction::rollback);
        let restored = connection.busy_timeout(open::WRITER_BUSY);
        tried.and(restored).is_ok()
    }

    pub(super) fn pause(&mut self, fault: &Fault) {
        if self.paused.as_ref() != Some(fault) {
            log::warn!("{fault}: nothing is stored until that has passed");
            self.paused = Some(fault.clone());
            self.shared.set_state(State::Paused(fault.clone()));
        }
    }

    /// In order: what was put is written, the log is moved, the mark of being in use is taken away.
    pub(super) fn finish(&mut self) {
        self.write_pending_audit();
        if !self.pending_audit.is_empty() {
            let count = self.pending_audit.len();
            log::error!("{count} audit rows are lost: there was no file for them until the end");
        }
        let file = self.file.take();
        self.release();
        if let Some(Opened { connection, .. }) = file
            && let Err(error) = self.close_in_order(connection)
        {
            log::warn!("the store was not closed in order: {error}");
        }
    }

    fn close_in_order(&self, connection: Connection) -> Result<(), StoreError> {
        facts::clear(&connection, facts::IN_USE_SINCE_MS)?;
        // Asked for and not left to closing: a reader that was just being made may be the last to close.
        let whole = How { insist: true, ..How::THOROUGH };
        jobs::run(Job::Checkpoint, &connection, &self.shared.place(), whole)?;
        Ok(connection.close().map_err(|(_, error)| error)?)
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// What is durable of a file that was set aside, as far as it can be read.
fn salvage(aside: &Path) -> Result<Vec<audit::AuditRow>, StoreError> {
    let open = || -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(aside, flags)?;
        // Without it a file that lost its end is refused as a whole.
        connection.pragma_update(None, "writable_schema", true)?;
        Ok(connection)
    };
    match open().map_err(StoreError::from) {
        Ok(connection) => Ok(audit::salvage(&connection)),
        Err(error) if error.fault == Fault::Corrupt => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
