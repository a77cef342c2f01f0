//! Which jacket: first the number, then length and cut, as a tailor chooses.
//!
//! The number is the one with the highest probability that the chest has the ease aimed at and the
//! shoulders can be worn: those two no tailor alters. Length and cut then maximise the probability
//! that all five zones fit with ordinary alterations, which is the `confidence`; the length of the
//! person's height stays unless another gains ten points. The next size up takes the place of a number
//! whose best jacket fits less than half as often: a stomach that has no room in it.
//!
//! Tried and left: the number by whether chest and shoulder can be worn at all. It fits 0.4 to 1 in a
//! hundred more (3 with a taped chest), because a chest 5 cm off the ease aimed at still counts as
//! wearable; and it answers a man whose tape says 104 cm with a 50 or a 54 in one case of five, for the
//! sake of shoulders nobody measured. All five zones at once fit hardly more, and give heavier bodies
//! smaller numbers where the best cut changes. From height and weight alone this rule moves up with
//! weight always: `tests/it/laws.rs` walks the whole input box.

use super::chart::{Cut, Length, Size};
use super::fit::{DrawnNeeds, Jacket, Needs, Pattern, Zone};
use super::normal::{self, DRAWS};
use super::sample::DrawSet;

/// A length or a cut whose own zones fit fewer than this share of what the best one's do is not
/// drawn: it cannot become the best.
const HOPELESS: f64 = 0.05;

/// The next size up takes the number's place when its best jacket fits this many times as many: a
/// stomach that it has room for.
const FAR_BETTER: u32 = 2;
/// The length of a person's height gives way to another when that fits this share more.
const LENGTH_GAIN: f64 = 0.10;

/// What a quadrature of the chest's density may exceed the area under it by, and more (`fit`: 1e-6).
const QUADRATURE_ERROR: f64 = 1e-5;

/// One jacket with the draws that it fits.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Index into `Block::every_size`, `lengths`, `cuts`.
    pub size: usize,
    pub length: usize,
    pub cut: usize,
    pub fits: DrawSet,
    /// How many those are: counting takes longer than anything that is done with it.
    pub fit_draws: u32,
    /// How far length and waist are from what is needed, cm: decides where no draw does.
    distance_cm: f64,
}

impl Candidate {
    /// Probability that it fits with ordinary alterations.
    pub fn confidence(&self) -> f64 {
        f64::from(self.fit_draws) / DRAWS as f64
    }
}

/// The jackets worth comparing, and the one chosen.
pub struct Decision {
    pub chosen: Candidate,
    /// The chosen number and its neighbours, in all lengths and cuts that are not hopeless.
    pub candidates: Vec<Candidate>,
}

impl Decision {
    /// The best jacket of a number, and optionally of a length.
    pub fn best(&self, size: usize, length: Option<usize>) -> Option<&Candidate> {
        let of_it = |c: &&Candidate| c.size == size && length.is_none_or(|l| l == c.length);
        best_of(self.candidates.iter().filter(of_it))
    }
}

/// Index of the right number, in the chart or beyond it.
pub fn number(needs: &Needs<'_>, pattern: &Pattern<'_>) -> usize {
    let sizes = pattern.block.every_size();
    let probability = |index: usize| {
        let band_cm = pattern.block.band_cm(index, pattern.ease);
        needs.chest_and_shoulder_probability(band_cm, &regular(pattern, index))
    };
    let (mean, sd) = needs.moments(Zone::Chest);
    let start = nearest_by_chest(needs, pattern);
    let mut best = (start, probability(start));
    // The probability has one peak over the sizes (a log-concave density over a moving window).
    for downwards in [true, false] {
        loop {
            let next = if downwards { best.0.checked_sub(1) } else { Some(best.0 + 1) };
            let Some(next) = next.filter(|next| *next < sizes.len()) else { break };
            // No more than its chest alone, which is sixteen times as quick to have.
            if number_probability(mean, sd, pattern, next) + QUADRATURE_ERROR <= best.1 {
                break;
            }
            let there = probability(next);
            if there <= best.1 {
                break;
            }
            best = (next, there);
        }
    }
    best.0
}

/// What speaks for a jacket before length and cut are compared.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Index of the number, in the chart.
    pub size: usize,
    /// Index of the length whose class the person's height is in.
    pub length: usize,
    /// Was more told than height, weight and age?
    pub shape_told: bool,
}

/// The jacket for a body: of the number wanted, or, where its shape was told, of a larger one that
/// fits far better.
///
/// From height and weight alone the number stays: a neighbour is hardly ever better by far, and the
/// number would not always rise with weight.
pub fn jacket(
    needs: &Needs<'_>,
    drawn: &DrawnNeeds<'_, '_>,
    pattern: &Pattern<'_>,
    wanted: Wanted,
) -> Decision {
    let mut decision = compare(needs, drawn, pattern, wanted);
    if !wanted.shape_told {
        return decision;
    }
    // Each step at least doubles a count of at most a thousand: ten at the most.
    loop {
        let fits = decision.chosen.fit_draws;
        let best = best_of(decision.candidates.iter()).map(|best| (best.size, best.fit_draws));
        match best {
            Some((size, most)) if size > decision.chosen.size && most > FAR_BETTER * fits => {
                decision = compare(needs, drawn, pattern, Wanted { size, ..wanted });
            }
            _ => return decision,
        }
    }
}

/// Chooses length and cut for the number wanted, and sets its neighbours beside it.
fn compare(
    needs: &Needs<'_>,
    drawn: &DrawnNeeds<'_, '_>,
    pattern: &Pattern<'_>,
    Wanted { size, length, .. }: Wanted,
) -> Decision {
    let sizes = pattern.block.every_size();
    let mut candidates = Vec::with_capacity(32);
    let neighbours = size.saturating_sub(1)..=(size + 1).min(sizes.len() - 1);
    for index in neighbours.filter(|index| sizes[*index].in_chart) {
        let base = regular(pattern, index);
        let fixed = drawn.wearable(Zone::Chest, &base).and(&drawn.wearable(Zone::Shoulder, &base));
        let lengths = promising_lengths(needs, pattern, &base);
        let by_length: Vec<_> = lengths
            .into_iter()
            .map(|length| {
                let jacket = Jacket { length: &pattern.block.lengths[length], ..base };
                let sleeve = drawn.wearable(Zone::Sleeve, &jacket);
                (length, fixed.and(&sleeve).and(&drawn.wearable(Zone::Length, &jacket)))
            })
            .collect();
        for (cut, made) in pattern.block.cuts.iter().enumerate() {
            let waist = drawn.wearable(Zone::Waist, &Jacket { cut: made, ..base });
            candidates.extend(by_length.iter().map(|(length, rest)| {
                let jacket = Jacket { length: &pattern.block.lengths[*length], cut: made, ..base };
                let away =
                    |zone| (pattern.made_for_cm(zone, &jacket) - needs.median_cm(zone)).abs();
                let fits = rest.and(&waist);
                Candidate {
                    size: index,
                    length: *length,
                    cut,
                    fits,
                    fit_draws: fits.count(),
                    distance_cm: away(Zone::Waist) + away(Zone::Length),
                }
            }));
        }
    }
    let of_number = || candidates.iter().filter(|c| c.size == size);
    let by_fit = best_of(of_number()).expect("a chart's block has a length and a cut");
    let chosen = match best_of(of_number().filter(|c| c.length == length)) {
        Some(by_height) if by_height.confidence() + LENGTH_GAIN >= by_fit.confidence() => by_height,
        _ => by_fit,
    };
    Decision { chosen: *chosen, candidates }
}

/// Probability that `every_size()[index]` is the exact number: the one whose chest ease comes nearest to
/// the ease wanted.
pub fn number_probability(mean: f64, sd: f64, pattern: &Pattern<'_>, index: usize) -> f64 {
    let (from, to) = pattern.block.band_cm(index, pattern.ease);
    let standard = |cm: f64| (cm.max(1.0).ln() - mean) / sd;
    normal::cdf(standard(to)) - normal::cdf(standard(from))
}

/// The jacket of a number whose cut and length do not matter to the question.
pub fn regular<'c>(pattern: &Pattern<'c>, index: usize) -> Jacket<'c> {
    let block = pattern.block;
    let size: &Size = &block.every_size()[index];
    let cut: &Cut = &block.cuts[0];
    let length: &Length = &block.lengths[0];
    Jacket { size, cut, length }
}

/// The one that fits most draws; of equals the one nearest to the body.
fn best_of<'c>(candidates: impl Iterator<Item = &'c Candidate>) -> Option<&'c Candidate> {
    candidates.max_by(|a, b| {
        let by_draws = a.fit_draws.cmp(&b.fit_draws);
        by_draws.then(b.distance_cm.total_cmp(&a.distance_cm))
    })
}

fn promising_lengths(needs: &Needs<'_>, pattern: &Pattern<'_>, base: &Jacket<'_>) -> Vec<usize> {
    let chances: Vec<f64> = pattern
        .block
        .lengths
        .iter()
        .map(|length| {
            let jacket = Jacket { length, ..*base };
            needs.zone_probability(Zone::Sleeve, &jacket)
                * needs.zone_probability(Zone::Length, &jacket)
        })
        .collect();
    let most = chances.iter().copied().fold(0.0, f64::max);
    (0..chances.len()).filter(|i| chances[*i] >= HOPELESS * most).collect()
}

fn nearest_by_chest(needs: &Needs<'_>, pattern: &Pattern<'_>) -> usize {
    let chest_cm = needs.median_cm(Zone::Chest);
    let sizes = pattern.block.every_size();
    let above = sizes.partition_point(|size| size.chest_cm - pattern.ease.chest_cm <= chest_cm);
    let distance = |index: usize| (sizes[index].chest_cm - pattern.ease.chest_cm - chest_cm).abs();
    let above = above.min(sizes.len() - 1);
    if above > 0 && distance(above - 1) < distance(above) { above - 1 } else { above }
}

#[cfg(test)]
mod tests {
    use super::super::Engine;
    use super::super::body::Sex;
    use super::super::chart::DEFAULT_CHART;
    use super::super::question::{Fit, Question};
    use super::*;

    /// Sizes are left out of the search only where they could not have been found.
    #[test]
    fn the_number_is_the_likeliest_of_all_sizes() {
        let engine = Engine::embedded().unwrap();
        let chart = engine.charts().get(DEFAULT_CHART).unwrap();
        for (sex, first_cm) in [(Sex::Male, 155), (Sex::Female, 145)] {
            let block = chart.block(sex).unwrap();
            for (height_cm, bmi) in (first_cm..first_cm + 50)
                .step_by(5)
                .flat_map(|height| (17..45).step_by(2).map(move |bmi| (height, bmi)))
            {
                let height_cm = f64::from(height_cm);
                let weight_kg = f64::from(bmi) * (height_cm / 100.0).powi(2);
                let question =
                    Question { sex, fit: Fit::Slim, ..Question::new(height_cm, weight_kg) };
                let input = engine.features(&question);
                let joint = engine.model().infer(sex, &input).unwrap();
                let (posterior, _) = engine.posterior(&question, &input, &joint).unwrap();
                let pattern = Pattern { chart, block, ease: chart.ease(question.fit) };
                let needs = Needs::new(&posterior, pattern);
                let probability = |index: &usize| {
                    let band_cm = block.band_cm(*index, pattern.ease);
                    needs.chest_and_shoulder_probability(band_cm, &regular(&pattern, *index))
                };
                let sizes = 0..block.every_size().len();
                let likeliest =
                    sizes.max_by(|a, b| probability(a).total_cmp(&probability(b))).unwrap();
                assert_eq!(number(&needs, &pattern), likeliest, "{height_cm} cm, {weight_kg} kg");
            }
        }
    }
}
