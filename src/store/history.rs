//! The table `request_history`: closed minutes and hours.
//!
//! Rows are in order of time, so a stretch is read, and the oldest deleted, without a search. A row that is
//! written again is the same or knows more, so it takes the other's place. Minutes stay for two days and
//! are in their hours from the beginning: deleting them loses nothing but detail.

use crate::telemetry::{Figures, HOUR_MS, Histogram, Kind, MINUTE_MS, Span, StatusClass, Tier};
use rusqlite::{Connection, Row, TransactionBehavior, params};
use std::collections::BTreeMap;

/// How long minutes are kept.
const MINUTES_KEPT_MS: i64 = 48 * HOUR_MS;
/// Of the file's limit, this part may be history.
const MOST_PART: u64 = 4;
/// What a row takes beside its histogram, with its share of the pages.
const ROW_BYTES: i64 = 130;
/// Rows of one deletion.
const DELETE_ROWS: i64 = 500;

/// Writes spans in one transaction: all or none.
///
/// # Errors
/// As SQLite's.
pub fn record(connection: &mut Connection, spans: &[impl AsRef<Span>]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for span in spans {
        let span = span.as_ref();
        for (kind, figures) in &span.kinds {
            put(&transaction, span, kind, figures)?;
        }
    }
    transaction.commit()
}

fn put(
    connection: &Connection,
    span: &Span,
    kind: &Kind,
    figures: &Figures,
) -> rusqlite::Result<()> {
    let histogram = figures.histogram.encode();
    let numbers = Numbers {
        requests: saturated(figures.count()),
        sum_ns: saturated(figures.sum_ns),
        min_ns: saturated(figures.min_ns),
        max_ns: saturated(figures.max_ns),
        bytes: saturated(figures.bytes),
    };
    let Numbers { requests, sum_ns, min_ns, max_ns, bytes } = numbers;
    let checksum = checksum(span, kind, &numbers, &histogram);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO request_history (span_ms, start_ms, run_ms, route, status_class,
               tier, requests, sum_ns, min_ns, max_ns, bytes, histogram, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            span.length_ms,
            span.start_ms,
            span.run_ms,
            kind.route,
            kind.class.digit(),
            kind.tier.name(),
            requests,
            sum_ns,
            min_ns,
            max_ns,
            bytes,
            histogram,
            checksum
        ])?;
    Ok(())
}

/// Gives out spans of `length_ms` that begin in a stretch, oldest first and one after the other; says how
/// many rows were damaged and are left out.
///
/// # Errors
/// As SQLite's.
pub fn read(
    connection: &Connection,
    length_ms: i64,
    from_ms: i64,
    to_ms: i64,
    with: &mut dyn FnMut(&Span),
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(
        "SELECT start_ms, run_ms, route, status_class, tier, requests, sum_ns, min_ns, max_ns, bytes,
                histogram, checksum
           FROM request_history
          WHERE span_ms = ?1 AND start_ms BETWEEN ?2 AND ?3
          ORDER BY start_ms, run_ms",
    )?;
    let mut rows = statement.query(params![length_ms, from_ms, to_ms])?;
    let mut present: Option<Span> = None;
    let mut damaged = 0;
    while let Some(row) = rows.next()? {
        // A flipped bit can make a column of another type: that row is damaged, not the file.
        match entry(row, length_ms).ok().flatten() {
            Some((span, kind, figures)) => {
                if let Some(over) = present.take_if(|present| !present.is_same_stretch(&span)) {
                    with(&over);
                }
                present.get_or_insert(span).kinds.insert(kind, figures);
            }
            None => damaged += 1,
        }
    }
    present.iter().for_each(with);
    Ok(damaged)
}

/// A row as an empty span and what belongs into it; `None` when it is not what was written.
fn entry(row: &Row<'_>, length_ms: i64) -> rusqlite::Result<Option<(Span, Kind, Figures)>> {
    let span =
        Span { length_ms, start_ms: row.get(0)?, run_ms: row.get(1)?, kinds: BTreeMap::new() };
    let tier = row.get_ref(4)?.as_str().ok().and_then(Tier::named);
    let (Some(tier), class) = (tier, row.get::<_, u16>(3)?) else { return Ok(None) };
    let kind = Kind { route: row.get(2)?, class: StatusClass::of(class * 100), tier };
    let numbers = Numbers {
        requests: row.get(5)?,
        sum_ns: row.get(6)?,
        min_ns: row.get(7)?,
        max_ns: row.get(8)?,
        bytes: row.get(9)?,
    };
    let Ok(encoded) = row.get_ref(10)?.as_blob() else { return Ok(None) };
    if row.get::<_, u32>(11)? != checksum(&span, &kind, &numbers, encoded) {
        return Ok(None);
    }
    Ok(Histogram::decode(encoded).map(|histogram| (span, kind, numbers.figures(histogram))))
}

/// The numbers of a row, as SQLite has them.
struct Numbers {
    requests: i64,
    sum_ns: i64,
    min_ns: i64,
    max_ns: i64,
    bytes: i64,
}

impl Numbers {
    fn figures(&self, histogram: Histogram) -> Figures {
        Figures {
            histogram,
            sum_ns: self.sum_ns.unsigned_abs(),
            bytes: self.bytes.unsigned_abs(),
            min_ns: self.min_ns.unsigned_abs(),
            max_ns: self.max_ns.unsigned_abs(),
        }
    }
}

fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn checksum(span: &Span, kind: &Kind, numbers: &Numbers, histogram: &[u8]) -> u32 {
    let Numbers { requests, sum_ns, min_ns, max_ns, bytes } = *numbers;
    let class = i64::from(kind.class.digit());
    let mut hasher = crc32fast::Hasher::new();
    for number in
        [span.length_ms, span.start_ms, span.run_ms, class, requests, sum_ns, min_ns, max_ns, bytes]
    {
        hasher.update(&number.to_le_bytes());
    }
    hasher.update(kind.route.as_bytes());
    hasher.update(kind.tier.name().as_bytes());
    hasher.update(histogram);
    hasher.finalize()
}

/// What is out of date: minutes after two days, hours after `kept_ms`. What is from the future stays: a clock
/// that is behind must not delete what was counted while it was right.
const OUTDATED: &str = "span_ms = ?1 AND start_ms < ?2";

/// Length of a span, and the time before which it is out of date.
fn limits(now_ms: i64, kept_ms: i64) -> [(i64, i64); 2] {
    [(MINUTE_MS, now_ms - MINUTES_KEPT_MS.min(kept_ms)), (HOUR_MS, now_ms - kept_ms)]
}

/// Whether so many of all are to go at once that the clock is more likely wrong than they are old. What is
/// really old goes when there is as much that is new, and the file's part is bounded whatever the clock says.
fn is_suspicious(outdated: i64, all: i64) -> bool {
    outdated * 2 > all
}

/// How many rows `delete_outdated` would delete for their age.
///
/// # Errors
/// As SQLite's.
pub fn count_outdated(connection: &Connection, now_ms: i64, kept_ms: i64) -> rusqlite::Result<i64> {
    limits(now_ms, kept_ms).into_iter().map(|(span, before)| due(connection, span, before)).sum()
}

/// How many rows of a length are to go for their age: none, if that seems to be the clock's fault.
fn due(connection: &Connection, span_ms: i64, before_ms: i64) -> rusqlite::Result<i64> {
    let number = |condition: &str, parameters: &[i64]| {
        let sql = format!("SELECT count(*) FROM request_history WHERE {condition}");
        let parameters = rusqlite::params_from_iter(parameters);
        connection.prepare_cached(&sql)?.query_row(parameters, |row| row.get::<_, i64>(0))
    };
    let outdated = number(OUTDATED, &[span_ms, before_ms])?;
    let all = number("span_ms = ?1", &[span_ms])?;
    Ok(if is_suspicious(outdated, all) { 0 } else { outdated })
}

/// Deletes what is out of date, and of the rest the oldest while it takes more than its part of
/// `max_bytes`; says how many rows.
///
/// # Errors
/// As SQLite's.
pub fn delete_outdated(
    connection: &Connection,
    now_ms: i64,
    kept_ms: i64,
    max_bytes: u64,
) -> rusqlite::Result<usize> {
    let sql = format!("DELETE FROM request_history WHERE {OUTDATED}");
    let mut deleted = 0;
    for (span_ms, before_ms) in limits(now_ms, kept_ms) {
        if due(connection, span_ms, before_ms)? > 0 {
            deleted += connection.prepare_cached(&sql)?.execute([span_ms, before_ms])?;
        }
    }
    Ok(deleted + delete_excess(connection, max_bytes / MOST_PART)?)
}

fn delete_excess(connection: &Connection, most_bytes: u64) -> rusqlite::Result<usize> {
    let size = "SELECT coalesce(sum(length(histogram)), 0) + ?1 * count(*) FROM request_history";
    // Minutes before hours, which say the same for longer.
    let oldest = "DELETE FROM request_history
                   WHERE (span_ms, start_ms, run_ms, route, status_class, tier) IN
                         (SELECT span_ms, start_ms, run_ms, route, status_class, tier
                            FROM request_history ORDER BY span_ms, start_ms LIMIT ?1)";
    let mut deleted = 0;
    loop {
        let bytes: i64 =
            connection.prepare_cached(size)?.query_row([ROW_BYTES], |row| row.get(0))?;
        if bytes.unsigned_abs() <= most_bytes {
            return Ok(deleted);
        }
        match connection.prepare_cached(oldest)?.execute([DELETE_ROWS])? {
            0 => return Ok(deleted),
            count => deleted += count,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Recorder;
    use std::sync::Arc;

    const NOW_MS: i64 = 20_000 * 24 * HOUR_MS;

    fn file() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../schema.sql")).unwrap();
        connection
    }

    fn span(length_ms: i64, start_ms: i64, run_ms: i64, requests: u64) -> Arc<Span> {
        let recorder = Recorder::default();
        (0..requests).for_each(|n| recorder.record(20_000 + n * 977, 2_000));
        let kind = |route: &str, status, tier| Kind {
            route: route.to_owned(),
            class: StatusClass::of(status),
            tier,
        };
        let kinds = [kind("/a", 200, Tier::Memory), kind("/b", 404, Tier::None)];
        let kinds = kinds.map(|kind| (kind, recorder.read())).into();
        Arc::new(Span { length_ms, start_ms, run_ms, kinds })
    }

    fn all(connection: &Connection, length_ms: i64) -> Vec<Span> {
        let (spans, damaged) = all_and_damaged(connection, length_ms);
        assert_eq!(damaged, 0);
        spans
    }

    fn all_and_damaged(connection: &Connection, length_ms: i64) -> (Vec<Span>, u64) {
        let mut spans = Vec::new();
        let mut take = |span: &Span| spans.push(span.clone());
        let damaged = read(connection, length_ms, 0, i64::MAX, &mut take).unwrap();
        (spans, damaged)
    }

    #[test]
    fn what_is_written_is_read_and_written_twice_is_the_same() {
        let mut connection = file();
        let spans = [
            span(MINUTE_MS, NOW_MS, 1, 5),
            span(MINUTE_MS, NOW_MS, 2, 7),
            span(HOUR_MS, NOW_MS, 1, 5),
        ];
        for _ in 0..2 {
            record(&mut connection, &spans).unwrap();
            assert_eq!(all(&connection, MINUTE_MS), [(*spans[0]).clone(), (*spans[1]).clone()]);
            assert_eq!(all(&connection, HOUR_MS), [(*spans[2]).clone()]);
        }
        // The hour has come further.
        let hour = span(HOUR_MS, NOW_MS, 1, 50);
        record(&mut connection, std::slice::from_ref(&hour)).unwrap();
        assert_eq!(all(&connection, HOUR_MS), [(*hour).clone()]);
    }

    #[test]
    fn a_row_that_was_changed_is_left_out_and_counted() {
        let changes = [
            "requests = requests + 1",
            "max_ns = 1",
            "bytes = 0",
            "route = '/c'",
            "tier = 'store'",
            "tier = 'no tier'",
            "status_class = 5",
            "start_ms = start_ms + 60000",
            "histogram = x'01'",
            "histogram = substr(histogram, 2)",
            "checksum = checksum + 1",
            "checksum = -1",
        ];
        for change in changes {
            let mut connection = file();
            record(&mut connection, &[span(MINUTE_MS, NOW_MS, 1, 5)]).unwrap();
            let sql = format!("UPDATE request_history SET {change} WHERE route = '/a'");
            connection.execute_batch(&sql).unwrap();
            let (spans, damaged) = all_and_damaged(&connection, MINUTE_MS);
            let left: Vec<_> =
                spans.iter().flat_map(|s| s.kinds.keys()).map(|k| &k.route).collect();
            assert_eq!((left, damaged), (vec![&"/b".to_owned()], 1), "{change}");
        }
    }

    #[test]
    fn minutes_go_after_two_days_and_hours_when_they_are_told_to() {
        const DAY_MS: i64 = 24 * HOUR_MS;
        // Written while the clock was two days ahead, and today.
        let new = [-2 * DAY_MS, 0, HOUR_MS, DAY_MS];
        let ages = [new.as_slice(), &[3 * DAY_MS, 29 * DAY_MS, 31 * DAY_MS]].concat();
        let rows: [(i64, i64, &[i64]); 4] = [
            (30, MINUTE_MS, &[]),
            (30, HOUR_MS, &[3 * DAY_MS, 29 * DAY_MS]),
            (2, HOUR_MS, &[]),
            (1, MINUTE_MS, &[]),
        ];
        for (days, length_ms, older) in rows {
            let expected = [new.as_slice(), older].concat();
            let mut connection = file();
            let spans: Vec<_> =
                ages.iter().map(|age_ms| span(length_ms, NOW_MS - age_ms, 1, 1)).collect();
            record(&mut connection, &spans).unwrap();
            let outdated = count_outdated(&connection, NOW_MS, days * DAY_MS).unwrap();
            let deleted = delete_outdated(&connection, NOW_MS, days * DAY_MS, 1 << 30).unwrap();
            let mut left: Vec<_> =
                all(&connection, length_ms).iter().map(|span| NOW_MS - span.start_ms).collect();
            left.reverse();
            assert_eq!(left, expected, "{days} days, {length_ms}");
            assert_eq!(outdated, deleted as i64);
            assert_eq!(deleted, 2 * (ages.len() - expected.len()));
        }
    }

    /// A kiosk whose battery is empty starts in 1970, or in a year to come.
    #[test]
    fn a_clock_that_is_wrong_deletes_nothing() {
        const DAY_MS: i64 = 24 * HOUR_MS;
        for wrong_by_days in [-20_000, -3, 3, 400, 20_000] {
            let mut connection = file();
            let hours = (0..720).map(|n| span(HOUR_MS, NOW_MS - n * HOUR_MS, 1, 1));
            let minutes = (0..2_880).map(|n| span(MINUTE_MS, NOW_MS - n * MINUTE_MS, 1, 1));
            let now_ms = NOW_MS + wrong_by_days * DAY_MS;
            // And counts on.
            let since = (0..60).map(|n| span(MINUTE_MS, now_ms + n * MINUTE_MS, 2, 1));
            let spans: Vec<_> = hours.chain(minutes).chain(since).collect();
            record(&mut connection, &spans).unwrap();
            let deleted = delete_outdated(&connection, now_ms, 30 * DAY_MS, 1 << 30).unwrap();
            // Three days on, a tenth of the hours is really due, if that is what the time is.
            let most = if wrong_by_days == 3 { 2 * 73 } else { 0 };
            assert!(deleted <= most, "{wrong_by_days} days: {deleted}");
        }
    }

    #[test]
    fn it_never_takes_more_than_its_part_of_the_file() {
        let mut connection = file();
        let minutes = (0..2_000).map(|n| span(MINUTE_MS, NOW_MS - n * MINUTE_MS, 1, 20));
        let hours = (0..30).map(|n| span(HOUR_MS, NOW_MS - n * HOUR_MS, 1, 20));
        let spans: Vec<_> = minutes.chain(hours).collect();
        record(&mut connection, &spans).unwrap();
        let deleted = delete_outdated(&connection, NOW_MS, 30 * 24 * HOUR_MS, 1 << 20).unwrap();
        assert!(deleted > 1_000, "{deleted}");
        let sql = "SELECT sum(length(histogram)) FROM request_history";
        let bytes: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert!(bytes < 1 << 18, "{bytes}");
        assert_eq!(all(&connection, HOUR_MS).len(), 30, "the oldest minutes went");
        assert_eq!(all(&connection, MINUTE_MS).last().unwrap().start_ms, NOW_MS);
    }
}
