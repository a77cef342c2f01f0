//! What the figures of a run are about when they are not about the service's speed.

use super::super::measure::{Failure, Percentiles};
use super::super::quantity::{shown_count, shown_ms};
use super::super::report::Run;
use super::super::run::Finished;
use super::super::schedule::Schedule;

/// Below this it is the system's scheduling of a client that shares its cores with the service.
const OWN_LATENESS_MS: f64 = 5.0;
/// Users whom the service's default lets one client connect.
const USERS_OF_ONE_CLIENT: u32 = 512;

/// Sentences with what to do.
pub fn hints(run: &Run) -> Vec<String> {
    let of = &run.finished;
    let hints =
        [limited(of), busy(of, &run.plan.schedule), refused(of), unsent(of), own_lateness(of)];
    hints.into_iter().flatten().collect()
}

fn count(run: &Finished, failure: Failure) -> u64 {
    let of = |failures: &std::collections::BTreeMap<Failure, u64>| failures.get(&failure).copied();
    of(&run.measured.failures).unwrap_or(0) + of(&run.ramp_up.failures).unwrap_or(0)
}

fn limited(run: &Finished) -> Option<String> {
    let limited = count(run, Failure::Status(429));
    (limited > 0).then(|| {
        format!(
            "{} requests were over the service's rate limit: a load test is one client. Start the service with \
             SUITSIZE_RATE_LIMIT=off (or a higher rate) to measure it, and without to see the limit work.",
            shown_count(limited)
        )
    })
}

fn busy(run: &Finished, schedule: &Schedule) -> Option<String> {
    let closed = if schedule.users > USERS_OF_ONE_CLIENT { count(run, Failure::Closed) } else { 0 };
    let turned_away = count(run, Failure::Status(503)) + closed;
    (turned_away > 0).then(|| {
        format!(
            "{} requests were turned away: more questions at once than the service computes, or more connections \
             than one client may have, a quarter of SUITSIZE_MAX_CONNECTIONS (its default lets one have {}).",
            shown_count(turned_away),
            USERS_OF_ONE_CLIENT
        )
    })
}

fn refused(run: &Finished) -> Option<String> {
    run.first_refusal.as_ref().map(|text| format!("The first refusal said: {text}"))
}

fn unsent(run: &Finished) -> Option<String> {
    let unsent = run.measured.unsent;
    // Some are always on their way when it ends.
    (unsent * 100 > run.measured.requests() + unsent).then(|| {
        format!(
            "{} requests were due and never sent, because their users still waited: the service does not keep up \
             with the rate. They count in the latency with as long as they had waited, and not in the errors.",
            shown_count(unsent)
        )
    })
}

fn own_lateness(run: &Finished) -> Option<String> {
    let own = Percentiles::of(&run.measured.own_lateness)?.p99_ms;
    let all = Percentiles::of(&run.measured.from_due)?.p99_ms;
    (own > OWN_LATENESS_MS && own > all / 4.0).then(|| {
        format!(
            "This client was late by itself, by {} at p99: the machine is too busy for both it and the service, and \
             the latency from due is no better than that. Run it elsewhere, or ask for less.",
            shown_ms(own)
        )
    })
}
