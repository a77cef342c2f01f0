//! The store and its file: what it keeps, what it refuses, how it comes back, how it stays small.

use crate::running::Running;
use rusqlite::Connection;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use suitsize::clock::Clock;
use suitsize::service::{Service, ServiceOptions, Sources};
use suitsize::sizing::Engine;
use suitsize::store::{
    AuditRow, Digest, Fault, How, Job, Lookup, Packer, State, Store, StoreOptions,
};
use suitsize::telemetry::Telemetry;
use suitsize::upkeep::Upkeep;

const NOON_MS: i64 = 1_790_000_000_000;
const MIB: u64 = 1024 * 1024;

/// What happens to a file.
type Change = fn(&Fixture);

struct Fixture {
    dir: tempfile::TempDir,
    clock: Clock,
}

impl Fixture {
    fn new() -> Self {
        Fixture { dir: tempfile::tempdir().unwrap(), clock: Clock::manual(NOON_MS) }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("suitsize.db")
    }

    /// A store that has tried to open its file.
    fn store(&self) -> Store {
        self.store_of(64 * MIB)
    }

    fn store_of(&self, max_bytes: u64) -> Store {
        store_in(self.dir.path(), max_bytes, &self.clock)
    }

    /// What is in the file, seen past the store.
    fn number(&self, sql: &str) -> i64 {
        Connection::open(self.path()).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn execute(&self, sql: &str) {
        Connection::open(self.path()).unwrap().execute_batch(sql).unwrap();
    }
}

fn store_in(dir: &Path, max_bytes: u64, clock: &Clock) -> Store {
    let options = StoreOptions {
        dir: dir.to_owned(),
        ttl: Duration::from_secs(300),
        history: Duration::from_secs(30 * 86_400),
        max_bytes,
        packer: Arc::new(Packer::new(&[])),
    };
    let store = Store::start(options, clock.clone());
    store.flush();
    store
}

fn digest(n: u64) -> Digest {
    let spread = u128::from(n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    Digest(spread.to_le_bytes())
}

/// As large as a packed answer, and not to be packed further.
fn answer(n: u64) -> Vec<u8> {
    (0..32_u64).flat_map(|part| digest(n * 32 + part).0).collect()
}

fn put(store: &Store, n: u64) -> bool {
    store.put(digest(n), &"model/chart".into(), &answer(n))
}

fn look_up(store: &Store, n: u64) -> Lookup {
    store.ticket().map_or(Lookup::Unavailable, |ticket| ticket.look_up(&digest(n)))
}

fn has(store: &Store, n: u64) -> bool {
    match look_up(store, n) {
        Lookup::Hit { answer: found, .. } => {
            assert_eq!(*found, *answer(n), "a wrong answer is worse than none");
            true
        }
        Lookup::Miss | Lookup::Unavailable => false,
    }
}

fn audit_row(n: i64) -> AuditRow {
    AuditRow {
        at_ms: NOON_MS,
        action: "optimize".into(),
        parameters: "{}".into(),
        outcome: "done".into(),
        request_id: format!("request-{n}"),
    }
}

#[test]
fn rows_outlive_the_process_until_their_time_is_over() {
    let fixture = Fixture::new();
    let store = fixture.store();
    assert!((0..100).all(|n| put(&store, n)));
    store.flush();
    assert!((0..100).all(|n| has(&store, n)) && !has(&store, 100));
    drop(store);
    let store = fixture.store();
    fixture.clock.advance(Duration::from_secs(299));
    assert!((0..100).all(|n| has(&store, n) && store.may_hold(&digest(n))));
    assert!(!store.may_hold(&digest(100)), "known to be nowhere without a look");
    fixture.clock.advance(Duration::from_secs(1));
    assert!(!(0..100).any(|n| has(&store, n)));
}

#[test]
fn many_keys_are_looked_up_at_once_each_for_itself() {
    let fixture = Fixture::new();
    let store = fixture.store();
    assert!((0..4).all(|n| put(&store, n)));
    store.flush();
    fixture.execute(&format!(
        "UPDATE cached_answer SET checksum = checksum + 1 WHERE hex(digest) = upper('{}')",
        digest(1)
    ));
    let ask = |keys: &[u64]| {
        let digests: Vec<_> = keys.iter().map(|n| digest(*n)).collect();
        let lookups = store.ticket().unwrap().look_up_all(&digests);
        assert_eq!(lookups.len(), keys.len());
        let hits = keys.iter().zip(lookups).filter_map(|(n, lookup)| match lookup {
            Lookup::Hit { answer: found, .. } => Some((*n, *found == *answer(*n))),
            _ => None,
        });
        hits.collect::<Vec<_>>()
    };
    let before = store.status().lookups;
    assert_eq!(ask(&[]), []);
    assert_eq!(ask(&[3]), [(3, true)]);
    assert_eq!(ask(&[2, 9, 1, 0, 2]), [(2, true), (0, true), (2, true)]);
    let status = store.status();
    assert_eq!((status.lookups - before, status.damaged, status.breaker_open), (6, 1, false));
}

#[test]
fn a_visit_that_takes_long_brings_what_it_has_found() {
    let fixture = Fixture::new();
    let store = fixture.store();
    assert!((0..3).all(|n| put(&store, n)));
    store.flush();
    let check = |took_ms, expected_hits, expected_failures| {
        let ticket = store.ticket().unwrap();
        fixture.clock.advance(Duration::from_millis(took_ms));
        let lookups = ticket.look_up_all(&[0, 1, 2].map(digest));
        let hits = lookups.iter().filter(|l| matches!(l, Lookup::Hit { .. })).count();
        let failures = store.status().lookup_failures;
        assert_eq!((hits, failures, lookups.len()), (expected_hits, expected_failures, 3));
    };
    check(9, 3, 0);
    check(11, 1, 0);
    check(51, 1, 1);
    check(0, 3, 1);
}

#[test]
fn a_row_that_is_not_what_was_written_is_a_miss() {
    let rows = [
        "UPDATE cached_answer SET answer = zeroblob(length(answer))",
        "UPDATE cached_answer SET answer = substr(answer, 1, 20)",
        "UPDATE cached_answer SET checksum = checksum + 1",
        "UPDATE cached_answer SET expires_at_ms = expires_at_ms - 1",
        // An index that leads to another row.
        "UPDATE cached_answer SET digest = randomblob(16) WHERE id = 1;
         UPDATE cached_answer SET digest = (SELECT unhex('DIGEST')) WHERE id = 2",
        // Written by a clock that was years ahead.
        "UPDATE cached_answer SET expires_at_ms = expires_at_ms + 400000000000",
    ];
    for sql in rows {
        let fixture = Fixture::new();
        let store = fixture.store();
        (0..3).for_each(|n| assert!(put(&store, n)));
        drop(store);
        fixture.execute(&sql.replace("DIGEST", &digest(0).to_string()));
        let store = fixture.store();
        assert!(!has(&store, 0), "{sql}");
        put(&store, 0);
        store.flush();
        assert!(has(&store, 0), "what is stored again is good again: {sql}");
    }
}

#[test]
fn a_file_that_is_not_ours_to_change_is_left_as_it_is() {
    let rows: [(&str, &str, Change); 3] = [
        ("a newer program's", "newer_schema", |fixture| {
            drop(fixture.store());
            fixture.execute("PRAGMA user_version = 99");
        }),
        ("another program's", "foreign_database", |fixture| {
            fixture.execute("CREATE TABLE theirs (x); PRAGMA application_id = 7");
        }),
        ("one without a mark", "foreign_database", |fixture| {
            fixture.execute("CREATE TABLE theirs (x)");
        }),
    ];
    for (what, code, make) in rows {
        let fixture = Fixture::new();
        make(&fixture);
        let before = fs::read(fixture.path()).unwrap();
        let store = fixture.store();
        assert_eq!(store.status().fault, Some(code), "{what}");
        assert!(!has(&store, 0));
        put(&store, 0);
        drop(store);
        assert!(fs::read(fixture.path()).unwrap() == before, "{what} was changed");
    }
}

fn garbage(fixture: &Fixture, at: usize, count: usize) {
    let mut bytes = fs::read(fixture.path()).unwrap();
    bytes[at..at + count].fill(0xA5);
    fs::write(fixture.path(), bytes).unwrap();
}

#[test]
fn a_damaged_file_is_set_aside_and_what_is_durable_is_saved() {
    let rows: [(&str, bool, Change); 4] = [
        ("no header", false, |f| garbage(f, 0, 100)),
        ("no database at all", false, |f| fs::write(f.path(), "x".repeat(9000)).unwrap()),
        ("a cut end", true, |f| {
            let bytes = fs::read(f.path()).unwrap();
            fs::write(f.path(), &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("a damaged page of answers", true, |f| {
            let half = fs::read(f.path()).unwrap().len() / 2;
            garbage(f, half / 4096 * 4096, 4096);
        }),
    ];
    for (what, saves_audit, damage) in rows {
        let fixture = Fixture::new();
        let store = fixture.store();
        assert!(store.audit(audit_row(1)));
        (0..200).for_each(|n| assert!(put(&store, n)));
        drop(store);
        // As after a kill: only then the structure is looked at before the file is used.
        fixture.execute("INSERT INTO store_fact VALUES ('in_use_since_ms', 1)");
        damage(&fixture);
        let store = fixture.store();
        let status = store.status();
        assert_eq!((status.state, status.quarantined), ("open", 1), "{what}");
        assert!(!has(&store, 0));
        put(&store, 0);
        store.flush();
        assert!(has(&store, 0), "{what}");
        drop(store);
        let audited = fixture.number("SELECT count(*) FROM admin_audit");
        assert_eq!(audited, i64::from(saves_audit), "{what}");
    }
}

#[test]
fn a_second_instance_does_without_and_takes_over_when_the_first_ends() {
    let fixture = Fixture::new();
    let (first, second) = (fixture.store(), fixture.store());
    assert_eq!(second.state(), State::Closed(Fault::InUse));
    assert!(put(&first, 0));
    first.flush();
    assert!(has(&first, 0) && look_up(&second, 0) == Lookup::Unavailable);
    drop(first);
    fixture.clock.advance(Duration::from_secs(15));
    second.watch();
    assert!(has(&second, 0));
}

#[test]
fn a_file_that_goes_or_changes_underfoot_is_noticed() {
    let rows: [(&str, Change); 3] = [
        ("deleted", |f| fs::remove_file(f.path()).unwrap()),
        ("all deleted", |f| {
            for name in ["suitsize.db", "suitsize.db-wal", "suitsize.db-shm"] {
                let _ = fs::remove_file(f.dir.path().join(name));
            }
        }),
        ("replaced", |f| {
            let other = Fixture::new();
            drop(other.store());
            fs::copy(other.path(), f.dir.path().join("new")).unwrap();
            fs::rename(f.dir.path().join("new"), f.path()).unwrap();
        }),
    ];
    for (what, change) in rows {
        let fixture = Fixture::new();
        let store = fixture.store();
        assert!(put(&store, 0));
        store.flush();
        change(&fixture);
        store.watch();
        assert_eq!(store.state(), State::Open, "{what}");
        assert!(put(&store, 1));
        store.flush();
        assert!(has(&store, 1), "{what}");
        drop(store);
        assert!(fixture.number("SELECT count(*) FROM cached_answer") > 0);
        assert!(has(&fixture.store(), 1), "{what}: it is in the file that is there now");
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_tried_again() {
    let fixture = Fixture::new();
    let dir = fixture.dir.path().join("data");
    fs::write(&dir, "a file in its place").unwrap();
    let store = store_in(&dir, MIB, &fixture.clock);
    assert!(matches!(store.state(), State::Closed(_)), "{:?}", store.state());
    fs::remove_file(&dir).unwrap();
    store.watch();
    assert!(matches!(store.state(), State::Closed(_)), "not before its time");
    fixture.clock.advance(Duration::from_secs(15));
    store.watch();
    assert_eq!(store.state(), State::Open);
}

#[test]
fn a_full_file_makes_room_for_newer_answers() {
    let fixture = Fixture::new();
    let store = fixture.store_of(8 * MIB);
    for n in 0..40_000 {
        while !put(&store, n) {
            store.flush();
        }
    }
    store.watch();
    let status = store.status();
    assert!(status.file_bytes <= 8 * MIB, "{status:?}");
    assert_eq!((status.state, status.write_failures), ("open", 0));
    assert!((39_000..40_000).all(|n| has(&store, n)), "the youngest are there");
    assert!(!has(&store, 0), "the oldest made room");
}

/// An hour in which nobody asks, driven by the clock.
#[test]
fn an_idle_hour_makes_a_large_file_small_again() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::manual(NOON_MS);
    let options = ServiceOptions {
        data_dir: dir.path().to_owned(),
        sources: Sources::default(),
        memory_ttl: Duration::from_secs(30),
        store_ttl: Duration::from_secs(300),
        history: Duration::from_secs(30 * 86_400),
        store_max_bytes: 32 * MIB,
        warm: false,
        memory_budget_bytes: 128 * MIB,
        alert_rules: Vec::new(),
        webhook: None,
    };
    let telemetry = Arc::new(Telemetry::new(&["unmatched"], 1, NOON_MS));
    let engine = Engine::embedded().unwrap();
    let service = Service::new(engine, &options, telemetry, clock.clone());
    let store = service.store();
    for n in 0..50_000 {
        while !put(store, n) {
            store.flush();
        }
    }
    store.flush();
    let full = store.figures().unwrap();
    assert!(full.file_bytes > 20 * MIB, "{full:?}");
    let mut upkeep = Upkeep::new(service.clone());
    for _ in 0..3_600 {
        clock.advance(Duration::from_secs(1));
        upkeep.tick();
    }
    let idle = store.figures().unwrap();
    assert_eq!(idle.cached_answers, 0);
    assert!(idle.file_bytes < MIB && idle.wal_bytes < MIB, "{idle:?}");
}

#[test]
fn each_job_says_what_it_would_do_and_then_does_it() {
    let fixture = Fixture::new();
    let store = fixture.store();
    (0..2_000).for_each(|n| assert!(put(&store, n)));
    store.flush();
    fixture.clock.advance(Duration::from_secs(301));
    let dry = How { dry_run: true, ..How::THOROUGH };
    let before = store.figures().unwrap();
    let would: Vec<_> = Job::ALL.map(|job| store.job(job, dry).unwrap()).into();
    assert_eq!(store.figures().unwrap().cached_answers, before.cached_answers);
    assert_eq!(would[0].count, 2_000, "{}", would[0].did);

    let few = How { steps: Some(1), ..How::THOROUGH };
    let one = store.job(Job::Expire, few).unwrap();
    assert_eq!((one.count, one.more), (500, true), "in batches");
    assert_eq!(store.job(Job::Expire, How::THOROUGH).unwrap().count, 1_500);
    let one = store.job(Job::Vacuum, few).unwrap();
    assert!(one.count > 1 && !one.more || one.count == 500, "more than one page: {}", one.did);
    store.job(Job::Vacuum, How::THOROUGH).unwrap();
    for job in Job::ALL {
        let report = store.job(job, How { insist: true, ..How::THOROUGH }).unwrap();
        assert!(!report.did.is_empty(), "{}", job.name());
    }
    let after = store.figures().unwrap();
    assert_eq!((after.cached_answers, after.free_pages, after.wal_bytes), (0, 0, 0));
    assert!(after.pages < 12 && before.pages > 250, "{before:?} {after:?}");
}

#[test]
fn a_copy_is_whole_and_consistent_while_rows_are_written() {
    let fixture = Fixture::new();
    let store = fixture.store();
    let target = fixture.dir.path().join("copy.db");
    (0..3_000).for_each(|n| assert!(put(&store, n)));
    store.flush();
    assert!(store.audit(audit_row(1)));
    (3_000..6_000).for_each(|n| assert!(put(&store, n)));
    let bytes = suitsize::store::backup(&fixture.path(), &target).unwrap();
    assert_eq!(fs::metadata(&target).unwrap().len(), bytes);
    let copy = Connection::open(&target).unwrap();
    let check: String = copy.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let number = |sql: &str| copy.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(number("SELECT count(*) FROM admin_audit"), 1);
    assert!(number("SELECT count(*) FROM cached_answer") >= 3_000);
    let error = suitsize::store::backup(&fixture.path(), &target).unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");
    let nowhere = fixture.dir.path().join("none.db");
    assert!(suitsize::store::backup(&nowhere, &fixture.dir.path().join("x")).is_err());
}

/// A copy of the files while they are in use is what a kill leaves. (A power cut: tests/faults.)
#[test]
fn what_was_acknowledged_is_there_after_the_process_is_gone() {
    let fixture = Fixture::new();
    let store = fixture.store();
    (0..20).for_each(|n| assert!(store.audit(audit_row(n))));
    let image = Fixture::new();
    for name in ["suitsize.db", "suitsize.db-wal"] {
        fs::copy(fixture.dir.path().join(name), image.dir.path().join(name)).unwrap();
    }
    assert_eq!(image.number("SELECT count(*) FROM admin_audit"), 20);
    assert_eq!(image.store().state(), State::Open, "it opens after an unorderly stop");
}

#[test]
fn many_audit_rows_outlive_a_damaged_file_and_a_kill_in_between() {
    let fixture = Fixture::new();
    let store = fixture.store();
    (0..1_999).for_each(|n| assert!(store.audit(audit_row(n))));
    let damaged = AuditRow { parameters: r#"{"prefix":"damaged"}"#.into(), ..audit_row(1_999) };
    assert!(store.audit(damaged));
    (0..200).for_each(|n| assert!(put(&store, n)));
    drop(store);
    // A letter of a row that is to be taken over.
    let text = fs::read(fixture.path()).unwrap();
    let at = text.windows(10).position(|window| window == b"{\"prefix\":").unwrap();
    let mut text = text;
    text[at] = b'[';
    fs::write(fixture.path(), text).unwrap();
    // As it is when the process was killed between setting the file aside and making a new one.
    let aside = fixture.dir.path().join(format!("suitsize.db.corrupt-{NOON_MS}"));
    fs::rename(fixture.path(), aside).unwrap();
    let store = fixture.store();
    assert!(store.audit(audit_row(5_000)), "what comes later is not behind it");
    drop(store);
    assert_eq!(fixture.number("SELECT count(*) FROM admin_audit"), 2_001);
    drop(fixture.store());
    assert_eq!(fixture.number("SELECT count(*) FROM admin_audit"), 2_001, "taken over once");
}

#[test]
fn a_directory_that_goes_while_the_store_is_closed_is_used_again() {
    let fixture = Fixture::new();
    let dir = fixture.dir.path().join("data");
    fs::create_dir(&dir).unwrap();
    fs::create_dir(dir.join("suitsize.db")).unwrap();
    let store = store_in(&dir, 16 * MIB, &fixture.clock);
    assert_eq!(store.state(), State::Closed(Fault::CannotOpen));
    fs::remove_dir_all(&dir).unwrap();
    fixture.clock.advance(Duration::from_secs(15));
    store.watch();
    assert_eq!(store.state(), State::Open);
    let second = store_in(&dir, 16 * MIB, &fixture.clock);
    assert_eq!(second.state(), State::Closed(Fault::InUse), "the lock is the one others meet");
}

#[test]
fn look_ups_that_fail_are_stopped_and_resumed_without_a_shopper() {
    let fixture = Fixture::new();
    let store = fixture.store();
    assert!(put(&store, 0));
    store.flush();
    (0..3).for_each(|_| drop(store.ticket())); // drawn, and nothing came of it
    assert!(store.ticket().is_none() && store.is_faulty());
    assert_eq!(store.status().fault, Some("slow"));
    fixture.clock.advance(Duration::from_secs(1));
    store.watch();
    assert_eq!((store.status().fault, store.is_faulty()), (None, false));
    assert!(has(&store, 0));
}

#[test]
fn an_audit_row_waits_for_a_file() {
    let fixture = Fixture::new();
    let first = fixture.store();
    let second = fixture.store();
    assert!(!second.audit(audit_row(1)), "not recorded: another instance has the file");
    drop(first);
    fixture.clock.advance(Duration::from_secs(15));
    second.watch();
    drop(second);
    assert_eq!(fixture.number("SELECT count(*) FROM admin_audit"), 1);
}

#[test]
fn nothing_that_a_shopper_typed_is_in_the_file() {
    let service = Running::start(|_| ());
    let question = json!({"height": 173.17, "weight": 81.29, "waist": 94.31});
    assert_eq!(service.ask(&question).status, 200);
    let dir = service.stop();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for typed in ["173.17", "81.29", "94.31"] {
            assert!(!text.contains(typed), "{typed} is in {}", path.display());
        }
    }
    // Not for want of a row.
    let file = Connection::open(dir.path().join("suitsize.db")).unwrap();
    let rows: i64 =
        file.query_row("SELECT count(*) FROM cached_answer", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1);
}
