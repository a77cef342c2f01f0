//! The likely questions, most likely first: `data/popular.csv`, made by `models/popular.py`.
//!
//! A line is a body as it is told (whole centimetres and kilograms, whole inches and pounds, on the
//! canonical grid) with its share of all shoppers; each is asked in three preferences.

use crate::sizing::body::Sex;
use crate::sizing::question::{Fit, Question};
use std::sync::LazyLock;

const LIST: &str = include_str!("../../data/popular.csv");

/// Regular first: it is what a shopper gets who does not choose (60 %; slim 25, relaxed 15, assumed).
const PREFERENCES: [Fit; 3] = [Fit::Regular, Fit::Slim, Fit::Relaxed];
/// In the order of `PREFERENCES`.
pub const PERCENT_OF_PREFERENCES: [(Fit, u32); 3] =
    [(PREFERENCES[0], 60), (PREFERENCES[1], 25), (PREFERENCES[2], 15)];

/// A body of the list, as it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    pub sex: Sex,
    pub height_cm: f64,
    pub weight_kg: f64,
    /// Of a million shoppers.
    pub share_ppm: u32,
}

/// Every body, most likely first.
pub fn bodies() -> impl Iterator<Item = Body> {
    LIST.lines().skip(1).filter_map(|line| {
        let (sex, height_cm, weight_kg) = body(line)?;
        let share_ppm = line.rsplit(',').next()?.parse().ok()?;
        Some(Body { sex, height_cm, weight_kg, share_ppm })
    })
}

/// Canonical questions, most likely body first, from a position in the list on.
pub fn questions_from(position: usize) -> impl Iterator<Item = Question> {
    // Lines are passed over unread: filling resumes in here hundreds of times.
    let lines = LIST.lines().skip(1 + position / PREFERENCES.len());
    let questions = lines.filter_map(body).flat_map(|(sex, height_cm, weight_kg)| {
        PREFERENCES.map(|fit| Question { sex, fit, ..Question::new(height_cm, weight_kg) })
    });
    questions.skip(position % PREFERENCES.len())
}

/// Of the questions in the list.
pub fn count() -> usize {
    static COUNT: LazyLock<usize> =
        LazyLock::new(|| (LIST.lines().count() - 1) * PREFERENCES.len());
    *COUNT
}

fn body(line: &str) -> Option<(Sex, f64, f64)> {
    let mut fields = line.split(',');
    let sex = fields.next()?;
    let sex = Sex::ALL.into_iter().find(|known| known.name() == sex)?;
    Some((sex, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::Engine;
    use std::collections::HashSet;

    #[test]
    fn every_line_is_a_canonical_question_that_is_asked_once() {
        let questions: Vec<_> = questions_from(0).collect();
        assert_eq!(questions.len(), count());
        for position in [1, 2, 3, 1000, count() - 1, count()] {
            assert_eq!(questions_from(position).next(), questions.get(position).cloned());
        }
        let mut seen = HashSet::new();
        for question in &questions {
            assert_eq!(question.clone().canonical(), *question);
            assert!(seen.insert(format!("{question:?}")), "{question:?} is there twice");
        }
    }

    #[test]
    fn every_body_has_its_share() {
        let bodies: Vec<_> = bodies().collect();
        assert_eq!(bodies.len() * PREFERENCES.len(), count());
        assert!(bodies.is_sorted_by(|a, b| a.share_ppm >= b.share_ppm), "most likely first");
        let all_ppm: u32 = bodies.iter().map(|body| body.share_ppm).sum();
        assert!((900_000..=1_000_000).contains(&all_ppm), "{all_ppm}");
        assert_eq!(PERCENT_OF_PREFERENCES.iter().map(|(_, percent)| percent).sum::<u32>(), 100);
    }

    #[test]
    fn every_listed_question_is_possible() {
        let engine = Engine::embedded().unwrap();
        for question in questions_from(0).step_by(97) {
            engine.recommend(&question).unwrap_or_else(|error| panic!("{question:?}: {error}"));
        }
    }
}
