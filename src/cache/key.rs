//! What an answer is kept under: a keyed digest of everything that it follows from.
//!
//! 128 bits of SipHash-2-4 under a secret of the installation, over the versions in force and the
//! canonical question. The secret is in a file of its own, so that neither a memory dump's keys nor the
//! store's file is a table of bodies; two questions meet in one digest with a probability below 1e-20
//! for a billion rows, and nobody without the secret can make two meet. Chosen over an HMAC because it
//! is made for short inputs (tenths of a microsecond) and over a faster hash because those change
//! between versions or can be steered.

use crate::sizing::question::{Build, Fit, KnownSize, Question, SizeSystem, TapeBy, Third};
use crate::sizing::wording::Language;
use crate::store::{Digest, Secret};
use siphasher::sip128::{Hasher128, SipHasher24};
use std::hash::Hasher;

/// Makes digests for one scope: the versions that an answer follows from.
pub struct Keys {
    /// Has taken in the scope; a question continues a copy.
    hasher: SipHasher24,
}

impl Keys {
    pub fn new(secret: &Secret, scope: &str) -> Self {
        let mut hasher = SipHasher24::new_with_key(secret.bytes());
        hasher.write(&length(scope).to_le_bytes());
        hasher.write(scope.as_bytes());
        Keys { hasher }
    }

    /// The key of a canonical question (`Question::canonical`).
    pub fn digest(&self, question: &Question) -> Digest {
        let mut hasher = self.hasher;
        encode(question, &mut hasher);
        Digest(hasher.finish128().as_bytes())
    }
}

/// Every field but `unit`, which only words a refusal. Destructured, so that a field added to the
/// question cannot be forgotten here.
fn encode(question: &Question, hasher: &mut SipHasher24) {
    let Question {
        height_cm,
        weight_kg,
        age_years,
        sex,
        fit,
        tapes_cm,
        build: Build { chest, stomach },
        known_size,
        known_trousers,
        measured,
        tape_by: _, // as resolved by `Question::tape_by`
        size_system,
        chart,
        details,
        language,
        unit: _,
    } = question;

    let mut fixed = [0_u8; 40];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        fixed[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&halves(Some(*height_cm)));
    put(&halves(*weight_kg));
    put(&halves(*age_years));
    for tape in tapes_cm {
        put(&halves(*tape));
    }
    put(&[
        *sex as u8,
        fit_code(*fit),
        third_code(*chest),
        third_code(*stomach),
        u8::from(*measured),
        u8::from(question.tape_by() == TapeBy::Fitter),
        system_code(*size_system),
        u8::from(*details),
    ]);
    hasher.write(&fixed);

    if let Some(KnownSize { label, system }) = known_size {
        hasher.write(&[1, system_code(*system)]);
        text(label, hasher);
    }
    if let Some(id) = chart {
        hasher.write(&[2]);
        text(id, hasher);
    }
    let language = language.unwrap_or_default();
    if language != Language::default() {
        hasher.write(&[3, language as u8]);
    }
    if let Some(KnownSize { label, system }) = known_trousers {
        hasher.write(&[4, system_code(*system)]);
        text(label, hasher);
    }
}

/// A grid value in halves of its unit; `MAX` for what was not told. Values are below 1,000.
fn halves(value: Option<f64>) -> [u8; 2] {
    value.map_or(u16::MAX, |value| (value * 2.0).round() as u16).to_le_bytes()
}

fn text(text: &str, hasher: &mut SipHasher24) {
    hasher.write(&length(text).to_le_bytes());
    hasher.write(text.as_bytes());
}

fn length(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn fit_code(fit: Fit) -> u8 {
    fit as u8
}

fn third_code(third: Option<Third>) -> u8 {
    third.map_or(0, |third| third as u8 + 1)
}

fn system_code(system: SizeSystem) -> u8 {
    system as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::body::{Sex, Tape, Unit};

    fn keys(scope: &str) -> Keys {
        Keys::new(&Secret::from_bytes([7; 16]), scope)
    }

    fn digest(question: Question) -> Digest {
        keys("model/chart").digest(&question.canonical())
    }

    #[test]
    fn every_field_that_can_change_an_answer_changes_the_key() {
        let plain = || Question::new(175.0, 75.0);
        let known = |label: &str, system| KnownSize { label: label.to_owned(), system };
        let mut questions = vec![
            plain(),
            Question::new(175.5, 75.0),
            Question::new(175.0, 75.5),
            Question::new(75.0, 175.0),
            Question { weight_kg: None, ..plain() },
            Question { age_years: Some(40.0), ..plain() },
            Question { sex: Sex::Female, ..plain() },
            Question { fit: Fit::Slim, ..plain() },
            Question { fit: Fit::Relaxed, ..plain() },
            Question { measured: true, ..plain() },
            Question { tape_by: Some(TapeBy::Fitter), ..plain() },
            Question { size_system: SizeSystem::US, ..plain() },
            Question { chart: Some("shop".into()), ..plain() },
            Question { known_size: Some(known("shop", SizeSystem::EU)), ..plain() },
            Question { known_size: Some(known("50R", SizeSystem::EU)), ..plain() },
            Question { known_size: Some(known("50R", SizeSystem::US)), ..plain() },
            Question { known_trousers: Some(known("50R", SizeSystem::EU)), ..plain() },
            Question { known_trousers: Some(known("50R", SizeSystem::US)), ..plain() },
            Question { known_trousers: Some(known("shop", SizeSystem::EU)), ..plain() },
            Question {
                known_size: Some(known("50R", SizeSystem::EU)),
                known_trousers: Some(known("50R", SizeSystem::EU)),
                ..plain()
            },
            Question { details: true, ..plain() },
            Question { language: Some(Language::De), ..plain() },
            Question { language: Some(Language::It), ..plain() },
            Question { build: Build { chest: Some(Third::Lower), stomach: None }, ..plain() },
            Question { build: Build { chest: None, stomach: Some(Third::Lower) }, ..plain() },
            Question { build: Build { chest: None, stomach: Some(Third::Upper) }, ..plain() },
        ];
        questions.extend(Tape::ALL.map(|tape| plain().with_tape(tape, 90.0)));
        let mut digests: Vec<_> = questions.iter().cloned().map(|q| digest(q).0).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), questions.len());
    }

    #[test]
    fn what_cannot_change_an_answer_does_not_change_the_key() {
        let plain = digest(Question::new(175.0, 75.0));
        let same = [
            Question::new(175.2, 74.8),
            Question { unit: Unit::Imperial, ..Question::new(175.0, 75.0) },
            Question { tape_by: Some(TapeBy::Home), ..Question::new(175.0, 75.0) },
            Question { language: Some(Language::En), ..Question::new(175.0, 75.0) },
        ];
        for question in same {
            assert_eq!(digest(question.clone()), plain, "{question:?}");
        }
    }

    #[test]
    fn another_version_or_another_secret_is_another_key() {
        let question = Question::new(175.0, 75.0);
        let ours = keys("model/chart").digest(&question);
        assert_ne!(keys("model/chart2").digest(&question), ours);
        let other = Keys::new(&Secret::from_bytes([8; 16]), "model/chart");
        assert_ne!(other.digest(&question), ours);
    }

    #[test]
    fn the_key_is_the_same_in_every_build() {
        // The store outlives the program: a change here empties every installation's second tier.
        let digest = keys("model/chart").digest(&Question::new(175.0, 75.0));
        assert_eq!(digest.to_string(), "90f63f06961310f39b824d631ceb62f6");
    }
}
