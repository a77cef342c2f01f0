//! What the label of a pair of trousers says of its wearer: the waist at the navel, cm.
//!
//! Men's go by the waist: a number that is half of it plus the drop (EU, IT, DE: the rule that numbers this
//! chart's own trousers, German short and long numbers too), inches (US, UK), or half of it (FR). Women's go by
//! the number of the jacket, and have the waist that the same rule gives that number. `W34` is inches whatever
//! the system and whoever wears it. A length behind it (`34/32`, `W34 L32`, `34R`) is passed over. Japanese
//! labels are not read.

use super::Block;
use crate::sizing::body::{CM_PER_INCH, Sex, Tape};
use crate::sizing::question::{KnownSize, SizeSystem};

/// What a waistband in inches is more than its label: 1.5 in, the lower of two makers' figures (SIZING, section
/// 3; a magazine that measured seven makers' 36 found 1 to 5). With it the inches that a German maker
/// gives for 50 to 60 are in the middle of the German chart's waists for them.
const MORE_THAN_LABELLED_CM: f64 = 1.5 * CM_PER_INCH;

impl Block {
    /// Reads a label of trousers that somebody of this block's `sex` wears.
    pub fn known_trousers(&self, known: &KnownSize, sex: Sex) -> Option<f64> {
        let label = known.label.to_uppercase();
        let label: String = label.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
        let waist_cm = match (label.strip_prefix('W'), known.system, sex) {
            (Some(inches), _, _) => self.inches(inches),
            (None, SizeSystem::JP, _) => None,
            (None, SizeSystem::US | SizeSystem::UK, Sex::Male) => self.inches(&label),
            (None, SizeSystem::FR, Sex::Male) => whole(&label).map(|half| 2.0 * half),
            (None, system, sex) => self.by_number(&label, system, sex),
        }?;
        Tape::Waist.limits().contains(waist_cm).then_some(waist_cm)
    }

    /// Some labels of trousers in `system`, for an error that says what is allowed.
    pub fn example_trousers(&self, system: SizeSystem, sex: Sex) -> Vec<String> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        match (system, sex) {
            (SizeSystem::JP, _) => Vec::new(),
            (SizeSystem::US | SizeSystem::UK, Sex::Male) => texts(&["34", "34/32", "W34"]),
            (SizeSystem::FR, Sex::Male) => texts(&["44"]),
            _ => self.example_labels(system),
        }
    }

    fn inches(&self, text: &str) -> Option<f64> {
        let (inches, length) = text.split_at_checked(2)?;
        let inches = whole(inches)?;
        self.is_length(length).then_some(inches * CM_PER_INCH + MORE_THAN_LABELLED_CM)
    }

    /// Nothing, `R`, or inches as in `/32`, `X32`, `L32`, `W/32L`.
    fn is_length(&self, text: &str) -> bool {
        let text = text.strip_prefix('W').unwrap_or(text);
        if text.is_empty() || self.lengths.iter().any(|length| length.code == text) {
            return true;
        }
        let text = text.strip_prefix(['/', 'X', '\u{d7}', '-']).unwrap_or(text);
        let text = text.strip_prefix('L').unwrap_or(text);
        let text = text.strip_suffix('L').unwrap_or(text);
        text.len() == 2 && whole(text).is_some()
    }

    fn by_number(&self, label: &str, system: SizeSystem, sex: Sex) -> Option<f64> {
        let known = KnownSize { label: label.to_owned(), system };
        let is_half_chest = system == SizeSystem::EU || sex == Sex::Male;
        let half_chest = || {
            let number = whole(label)?;
            let rule = &self.trousers;
            let is_made =
                (f64::from(rule.first_number)..=f64::from(rule.last_number)).contains(&number);
            (is_half_chest && is_made).then_some(2.0 * number)
        };
        // Trousers go on where jackets end.
        let chest_cm = self.known_jacket(&known).map(|jacket| jacket.chest_cm).or_else(half_chest);
        Some(chest_cm? - 2.0 * self.trousers.drop)
    }
}

/// A whole number of one to three digits.
fn whole(text: &str) -> Option<f64> {
    let is_plain = text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use crate::sizing::body::Sex;
    use crate::sizing::chart::{Charts, DEFAULT_CHART};
    use crate::sizing::question::{KnownSize, SizeSystem};

    fn waist_mm(label: &str, system: SizeSystem, sex: Sex) -> Option<i32> {
        let charts = Charts::embedded();
        let block = charts.get(DEFAULT_CHART)?.block(sex)?;
        let known = KnownSize { label: label.to_owned(), system };
        block.known_trousers(&known, sex).map(|cm| (cm * 10.0).round() as i32)
    }

    #[test]
    fn mens_labels_read_as_a_waist() {
        use SizeSystem::{DE, EU, FR, IT, JP, UK, US};
        for (label, system, expected) in [
            ("50", EU, Some(880)),
            ("50R", EU, Some(880)),
            ("51", EU, Some(900)),
            ("74", EU, Some(1360)),
            ("76", EU, None),
            ("34", EU, None),
            ("50", IT, Some(880)),
            ("50", DE, Some(880)),
            ("25", DE, Some(880)),
            ("98", DE, Some(880)),
            ("72", DE, Some(1320)),
            ("34", US, Some(902)),
            ("34", UK, Some(902)),
            ("W34", US, Some(902)),
            ("w34", EU, Some(902)),
            ("W34", JP, Some(902)),
            ("34/32", US, Some(902)),
            ("34x32", US, Some(902)),
            ("34 \u{d7} 32", US, Some(902)),
            ("W34 L32", DE, Some(902)),
            ("34W/32L", US, Some(902)),
            ("34\"", UK, Some(902)),
            ("34L", UK, Some(902)),
            ("34R", US, Some(902)),
            ("66", US, None),
            ("20", US, None),
            ("340", US, None),
            ("34/3", US, None),
            ("34/322", US, None),
            ("34//32", US, None),
            ("3", US, None),
            ("W", US, None),
            ("", US, None),
            ("-4", US, None),
            ("3\u{e4}", US, None),
            ("44", FR, Some(880)),
            ("20", FR, None),
            ("82", JP, None),
            ("50", JP, None),
        ] {
            assert_eq!(waist_mm(label, system, Sex::Male), expected, "{label} {}", system.name());
        }
    }

    #[test]
    fn womens_labels_read_as_their_jackets_do() {
        use SizeSystem::{DE, EU, FR, IT, JP, UK, US};
        for (label, system, expected) in [
            ("44", EU, Some(800)),
            ("66", EU, Some(1240)),
            ("38", DE, Some(800)),
            ("44", IT, Some(800)),
            ("40", FR, Some(800)),
            ("12", UK, Some(800)),
            ("8", US, Some(800)),
            ("W28", US, Some(749)),
            ("W28/30", UK, Some(749)),
            ("29", US, None),
            ("9", JP, None),
        ] {
            assert_eq!(waist_mm(label, system, Sex::Female), expected, "{label} {}", system.name());
        }
    }
}
