//! What is asked: an endless stream of bodies that all users draw from, in one order.
//!
//! `population` is who comes to a shop: the likely bodies by their shares, in the preferences as they are
//! assumed, and now and then one who tells an age, which no list holds; other people in every run, or the store
//! would know them. They are drawn from the very list by which the service computes ahead, so its hits are 97 in
//! 100 by construction: it is a load, and no measure of the list (`benches/limit` and `benches/service.rs` draw
//! people). `distinct` never asks the same twice, and goes on where a run of some hours ago cannot have
//! been: its place follows from the clock, faster than anybody asks, and the store forgets within minutes.

use crate::clock::Clock;
use crate::json::{self, Mistake};
use crate::service::popular::{self, Body, PERCENT_OF_PREFERENCES};
use crate::sizing::question::{Fit, SizeSystem};
use crate::sizing::wording::Language;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Which stream, as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    One,
    Population,
    Distinct,
    File(PathBuf),
}

impl Kind {
    pub const ALLOWED: &str =
        "one, population, distinct, or a file of recorded questions, FILE.ndjson";

    /// # Errors
    /// What is allowed.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "one" => Ok(Kind::One),
            "population" => Ok(Kind::Population),
            "distinct" => Ok(Kind::Distinct),
            file if file.contains(['.', '/', '\\']) => Ok(Kind::File(file.into())),
            _ => Err(Self::ALLOWED.to_owned()),
        }
    }

    pub fn name(&self) -> String {
        match self {
            Kind::One => "one".to_owned(),
            Kind::Population => "population".to_owned(),
            Kind::Distinct => "distinct".to_owned(),
            // Only its name: where it lies is this machine's.
            Kind::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }
}

/// The stream. Shared by all users.
pub struct Mix {
    source: Source,
    asked: AtomicU64,
}

enum Source {
    Recorded(Vec<String>),
    Population { bodies: Vec<Body>, up_to_ppm: Vec<u64>, seed: u64 },
    Distinct { start: u64 },
}

/// Of a hundred shoppers, those who tell an age: as in `models/popular.py`.
const TELL_AN_AGE: f64 = 0.03;

impl Mix {
    /// `question`: the one, where it is one.
    ///
    /// # Errors
    /// Why a file cannot be asked from: it cannot be read, is empty, or which line is no question.
    pub fn new(kind: &Kind, question: &str) -> Result<Self, String> {
        let now_ms = u64::try_from(Clock::system().unix_ms()).unwrap_or(0);
        Self::beginning_at(now_ms, kind, question)
    }

    fn beginning_at(now_ms: u64, kind: &Kind, question: &str) -> Result<Self, String> {
        let source = match kind {
            Kind::One => Source::Recorded(vec![question.to_owned()]),
            Kind::Population => population(now_ms),
            Kind::Distinct => {
                Source::Distinct { start: now_ms.wrapping_mul(DISTINCT_A_MILLISECOND) }
            }
            Kind::File(path) => Source::Recorded(recorded(path)?),
        };
        Ok(Mix { source, asked: AtomicU64::new(0) })
    }

    /// The next body.
    pub fn next(&self) -> String {
        let n = self.asked.fetch_add(1, Relaxed);
        match &self.source {
            Source::Recorded(lines) => lines[(n % lines.len() as u64) as usize].clone(),
            Source::Population { bodies, up_to_ppm, seed } => shopper(bodies, up_to_ppm, seed ^ n),
            Source::Distinct { start } => distinct(start.wrapping_add(n)),
        }
    }
}

/// One JSON object.
///
/// # Errors
/// Why it is none.
pub fn object(bytes: &[u8]) -> Result<String, String> {
    match json::read(bytes) {
        Ok(Value::Object(_)) => {
            let text = String::from_utf8_lossy(bytes);
            Ok(text.trim_start_matches('\u{feff}').trim().to_owned())
        }
        Ok(_) => Err("this is JSON, but not an object".to_owned()),
        Err(Mistake::Syntax(what)) => Err(what),
        Err(Mistake::Repeated(names)) => Err(format!("given more than once: {}", names.join(", "))),
    }
}

/// Empty lines are passed over, and counted: a mistake is told by the line that an editor shows.
fn recorded(path: &Path) -> Result<Vec<String>, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("{shown}: {error}"))?;
    let mut lines = Vec::new();
    for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if !line.trim_ascii().is_empty() {
            let line = object(line).map_err(|why| format!("{shown}, line {}: {why}", at + 1))?;
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return Err(format!("{shown}: no questions in it; one JSON object a line is wanted"));
    }
    Ok(lines)
}

fn population(now_ms: u64) -> Source {
    let bodies: Vec<Body> = popular::bodies().collect();
    let mut sum_ppm = 0;
    let up_to_ppm = bodies
        .iter()
        .map(|body| {
            sum_ppm += u64::from(body.share_ppm);
            sum_ppm
        })
        .collect();
    // Runs of other moments share no number of their streams.
    Source::Population { bodies, up_to_ppm, seed: now_ms << 32 }
}

fn shopper(bodies: &[Body], up_to_ppm: &[u64], n: u64) -> String {
    let draw = |kind: u64| unit(n.wrapping_mul(4).wrapping_add(kind));
    let all_ppm = up_to_ppm.last().copied().unwrap_or_default();
    let at = up_to_ppm.partition_point(|up_to| *up_to as f64 <= draw(0) * all_ppm as f64);
    let Body { sex, height_cm, weight_kg, .. } = bodies[at.min(bodies.len() - 1)];
    let mut body = format!(
        r#"{{"height":{height_cm},"weight":{weight_kg},"sex":"{}","fitPreference":"{}""#,
        sex.name(),
        fit_name(preference(draw(1) * 100.0)),
    );
    if draw(2) < TELL_AN_AGE {
        let age_years = 18 + (draw(3) * 60.0) as u32;
        write!(body, r#","age":{age_years}"#).expect("a string takes what is written to it");
    }
    body.push('}');
    body
}

fn preference(mut percent: f64) -> Fit {
    for (fit, share) in PERCENT_OF_PREFERENCES {
        percent -= f64::from(share);
        if percent < 0.0 {
            return fit;
        }
    }
    Fit::default()
}

fn fit_name(fit: Fit) -> &'static str {
    match fit {
        Fit::Slim => "slim",
        Fit::Regular => "regular",
        Fit::Relaxed => "relaxed",
    }
}

/// How many different questions there are before the first comes again.
const DISTINCT: u64 = 100 * 100 * 60 * 3 * 7 * 5 * 2 * 2;
/// So many questions further with each millisecond of the clock: a run that asks more slowly is never where
/// one that begins later will be, until all are through, three and a half hours on.
const DISTINCT_A_MILLISECOND: u64 = 20;

/// Question `n`: ordinary adults, on the grid on which the service answers.
fn distinct(n: u64) -> String {
    let mut rest = n % DISTINCT;
    let mut digit = |base: u64| {
        let digit = rest % base;
        rest /= base;
        digit as usize
    };
    let height_cm = 160.0 + digit(100) as f64 * 0.5;
    let weight_kg = 60.0 + digit(100) as f64 * 0.5;
    let age_years = 18 + digit(60);
    let fit = fit_name(PERCENT_OF_PREFERENCES[digit(3)].0);
    let system = SizeSystem::ALL[digit(7)].name();
    let language = Language::ALL[digit(5)].tag();
    let sex = ["male", "female"][digit(2)];
    let measured = digit(2) == 1;
    format!(
        r#"{{"height":{height_cm},"weight":{weight_kg},"age":{age_years},"fitPreference":"{fit}","sizeSystem":"{system}","lang":"{language}","sex":"{sex}","measured":{measured}}}"#
    )
}

/// A number from 0 to 1 that follows from `n` alone: splitmix64, public domain.
fn unit(n: u64) -> f64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::Engine;
    use std::collections::{HashMap, HashSet};

    fn mix(kind: &Kind) -> Mix {
        Mix::beginning_at(1_795_000_000_000, kind, r#"{"height":178,"weight":82}"#).unwrap()
    }

    #[test]
    fn distinct_questions_are_distinct_and_possible() {
        let engine = Engine::embedded().unwrap();
        let mut seen = HashSet::new();
        for n in (0..DISTINCT).step_by(997_001).chain(0..5_000).chain(DISTINCT - 50..DISTINCT) {
            let body = distinct(n);
            let question = engine.question(&serde_json::from_str(&body).unwrap()).unwrap();
            assert_eq!(question.clone().canonical(), question, "{body}");
            let again = !seen.insert(format!("{question:?}"));
            assert!(!again || n % 997_001 == 0, "{body}");
        }
        for n in (0..DISTINCT).step_by(4_999_999) {
            let question = engine.question(&serde_json::from_str(&distinct(n)).unwrap()).unwrap();
            engine.recommend(&question).unwrap_or_else(|error| panic!("{question:?}: {error}"));
        }
        assert_eq!(distinct(0), distinct(DISTINCT));
    }

    #[test]
    fn a_later_run_asks_what_an_earlier_did_not() {
        let start = |now_ms| match Mix::beginning_at(now_ms, &Kind::Distinct, "").unwrap().source {
            Source::Distinct { start } => start,
            _ => panic!("this is another source"),
        };
        let (first, second) = (start(1_795_000_000_000), start(1_795_000_000_003));
        let apart = second.wrapping_sub(first);
        assert!((DISTINCT_A_MILLISECOND..DISTINCT).contains(&apart), "{apart}");
    }

    #[test]
    fn the_population_is_other_people_at_another_time() {
        let first_ten = |now_ms| -> Vec<String> {
            let mix = Mix::beginning_at(now_ms, &Kind::Population, "").unwrap();
            (0..10).map(|_| mix.next()).collect()
        };
        assert_eq!(first_ten(1), first_ten(1));
        assert_ne!(first_ten(1), first_ten(2));
    }

    #[test]
    fn the_population_follows_its_shares() {
        const DRAWS: usize = 40_000;
        let mix = mix(&Kind::Population);
        let mut bodies: HashMap<(String, String, String), usize> = HashMap::new();
        let (mut slim, mut aged) = (0, 0);
        for _ in 0..DRAWS {
            let value: Value = serde_json::from_str(&mix.next()).unwrap();
            let field = |name: &str| value[name].to_string();
            *bodies.entry((field("sex"), field("height"), field("weight"))).or_default() += 1;
            slim += usize::from(value["fitPreference"] == "slim");
            aged += usize::from(value["age"].is_number());
        }
        let share = |count: usize| count as f64 / DRAWS as f64;
        assert!((share(slim) - 0.25).abs() < 0.01, "{slim}");
        assert!((share(aged) - TELL_AN_AGE).abs() < 0.004, "{aged}");
        // The most likely thousand bodies together, and the least likely ten thousand.
        let listed: Vec<Body> = popular::bodies().collect();
        let drawn = |bodies_of: &[Body]| -> usize {
            let key = |b: &Body| {
                let number = |value: f64| Value::from(value).to_string();
                let whole = |value: f64| number(value).trim_end_matches(".0").to_owned();
                (format!("\"{}\"", b.sex.name()), whole(b.height_cm), whole(b.weight_kg))
            };
            bodies_of.iter().map(|b| bodies.get(&key(b)).copied().unwrap_or(0)).sum()
        };
        let all_ppm: u32 = listed.iter().map(|b| b.share_ppm).sum();
        for part in [&listed[..1_000], &listed[10_000..]] {
            let ppm: u32 = part.iter().map(|b| b.share_ppm).sum();
            let expected = f64::from(ppm) / f64::from(all_ppm);
            assert!((share(drawn(part)) - expected).abs() < 0.012, "{expected}");
        }
    }

    #[test]
    fn recorded_questions_come_in_order_and_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("asked.ndjson");
        std::fs::write(&path, "\u{feff}{\"height\":175}\r\n\n{\"height\":180}\n").unwrap();
        let mix = mix(&Kind::File(path.clone()));
        let asked: Vec<_> = (0..3).map(|_| mix.next()).collect();
        assert_eq!(asked, [r#"{"height":175}"#, r#"{"height":180}"#, r#"{"height":175}"#]);
        for (text, expected) in [
            ("{\"height\":175}\n\n{\"height\":\n", "line 3"),
            ("{\"height\":175}\n[1]\n", "line 2: this is JSON, but not an object"),
            ("{\"a\":1,\"a\":2}\n", "line 1: given more than once: a"),
            ("\n", "no questions in it"),
        ] {
            std::fs::write(&path, text).unwrap();
            let why = Mix::new(&Kind::File(path.clone()), "").err().unwrap();
            assert!(why.contains(expected), "{why}");
        }
    }

    #[test]
    fn a_mix_is_known_or_refused() {
        assert_eq!(Kind::parse("population"), Ok(Kind::Population));
        assert_eq!(Kind::parse("day.ndjson"), Ok(Kind::File("day.ndjson".into())));
        assert!(Kind::parse("populaton").is_err());
    }
}
