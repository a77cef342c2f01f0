//! Which questions are worth asking next: those whose answers are expected to raise the confidence, the
//! one that raises it most first.
//!
//! The fixed draws are bodies that could be the shopper's. Each would answer a question in its own
//! way (give or take the noise of the answer), and the answers sort the draws into groups; within a
//! group the best jacket is right for a larger share than one jacket is for all. The gain is that
//! difference, for each question as if it were the only one. Four groups of equal size stand for all answers of a tape; a build has three. The
//! first half of the draws is enough: a gain is told to the percentage point.
//!
//! Only answers that bear on the jacket are considered. An age moves the chest by less than 1 % over
//! a lifetime and is never worth a question; hip, neck and inseam are for trousers and shirt.

use super::body::Tape;
use super::decide::Candidate;
use super::fit::{DrawnNeeds, Needs, Zone};
use super::know;
use super::normal;
use super::question::{Question, TapeBy};
use super::sample::{Answers, DrawSet, MOST_EDGES};
use serde::Serialize;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// A field to ask for, and what its answer alone is expected to add to `confidence`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NextQuestion {
    pub field: &'static str,
    pub gain: f64,
}

/// Below this a question is a nuisance: it would change one answer in a hundred.
const WORTHWHILE: f64 = 0.01;
/// Draws that are asked.
const ASKED: usize = normal::DRAWS / 2;
/// A jacket that fits fewer draws than this share of the best one's cannot win a group.
const CONTENDER: f64 = 0.3;

/// Between the answers that a build has.
static THIRDS: LazyLock<Edges> = LazyLock::new(|| edges(3));
/// Between those that stand for all answers of a label or a tape.
static QUARTERS: LazyLock<Edges> = LazyLock::new(|| edges(4));

struct Asking {
    field: &'static str,
    zone: Zone,
    /// Standard deviation of the answer's error, on the zone's scale.
    noise: f64,
    /// Where a standard normal is cut into groups of equal size.
    edges: &'static Edges,
}

/// Infinity for one that there is not.
type Edges = [f64; MOST_EDGES];

/// The useful questions that `question` leaves open, best first; of equals the easiest to answer.
pub fn open(
    question: &Question,
    needs: &Needs<'_>,
    drawn: &DrawnNeeds<'_, '_>,
    candidates: &[Candidate],
    best: &Candidate,
) -> Vec<NextQuestion> {
    let most = best.fit_draws;
    let contenders: Vec<&DrawSet> = candidates
        .iter()
        .filter(|c| f64::from(c.fit_draws) >= CONTENDER * f64::from(most))
        .map(|c| &c.fits)
        .collect();
    if contenders.is_empty() {
        return Vec::new();
    }
    let uninformed = contenders.iter().map(|fits| fits.count_first(ASKED)).max().unwrap_or(0);
    let mut worthwhile: Vec<NextQuestion> = unanswered(question, needs)
        .into_iter()
        .map(|asking| {
            let informed = informed(&asking, needs, drawn, &contenders);
            let gain = f64::from(informed - uninformed) / ASKED as f64;
            NextQuestion { field: asking.field, gain: (gain * 100.0).round() / 100.0 }
        })
        .filter(|next| next.gain >= WORTHWHILE)
        .collect();
    worthwhile.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    worthwhile
}

/// The easiest to answer first: a look, a label, a tape.
fn unanswered(question: &Question, needs: &Needs<'_>) -> Vec<Asking> {
    let mut open = Vec::with_capacity(8);
    let taped = |tape| question.tape_cm(tape).is_some();
    let builds = [
        ("build.stomach", Zone::Waist, question.build.stomach.is_some() || taped(Tape::Waist)),
        ("build.chest", Zone::Chest, question.build.chest.is_some() || taped(Tape::Chest)),
    ];
    for (field, zone, answered) in builds {
        if !answered {
            let noise = needs.moments(zone).1 * know::BUILD_NOISE_SDS;
            open.push(Asking { field, zone, noise, edges: &THIRDS });
        }
    }
    if question.known_size.is_none() && !taped(Tape::Chest) {
        let noise = needs.noise_of_cm(Zone::Chest, know::KNOWN_SIZE_SD_CM);
        open.push(Asking { field: "knownSize", zone: Zone::Chest, noise, edges: &QUARTERS });
    }
    if question.known_trousers.is_none() && !taped(Tape::Waist) {
        let noise = needs.noise_of_cm(Zone::Waist, know::KNOWN_TROUSERS_SD_CM);
        open.push(Asking { field: "knownTrousers", zone: Zone::Waist, noise, edges: &QUARTERS });
    }
    let tapes = [
        (Tape::Sleeve, Zone::Sleeve),
        (Tape::Shoulder, Zone::Shoulder),
        (Tape::Waist, Zone::Waist),
        (Tape::Chest, Zone::Chest),
    ];
    for (tape, zone) in tapes {
        if !taped(tape) {
            let cm = know::tape_noise_cm(tape, TapeBy::Home);
            let noise = needs.noise_of_cm(zone, cm);
            open.push(Asking { field: tape.name(), zone, noise, edges: &QUARTERS });
        }
    }
    open
}

/// How many draws have a jacket that fits once they have answered.
fn informed(
    asking: &Asking,
    needs: &Needs<'_>,
    drawn: &DrawnNeeds<'_, '_>,
    contenders: &[&DrawSet],
) -> u32 {
    let (mean, sd) = needs.moments(asking.zone);
    let total_sd = sd.hypot(asking.noise);
    let edges = asking.edges.map(|edge| (mean + total_sd * edge) as f32);
    let answers = Answers {
        values: drawn.values(asking.zone),
        errors: &normal::draws()[Zone::COUNT],
        noise: asking.noise as f32,
    };
    answers.held_by_group(ASKED, &edges, contenders)
}

/// Where a standard normal is cut into so many groups of equal size.
fn edges(groups: u32) -> Edges {
    let mut edges = [f64::INFINITY; MOST_EDGES];
    for (edge, group) in edges.iter_mut().zip(1..groups) {
        *edge = normal::quantile(f64::from(group) / f64::from(groups));
    }
    edges
}
