//! From the posterior to the recommendation: the jacket chosen, its neighbours, and all that is said
//! of them.

use super::advice;
use super::ask;
use super::body::{CM_PER_INCH, Measure, Tape};
use super::decide::{self, Candidate, Decision, Wanted};
use super::fit::{self, Jacket, Needs, Pattern, Zone};
use super::model::SexManifest;
use super::normal::Z90;
use super::posterior::{HEIGHT, Posterior};
use super::question::{Question, SizeSystem};
use super::rationale::{self, Facts};
use super::recommendation::{
    Alteration, Alternative, AlternativeKind, BodyType, Chances, ConfidenceLevel, Details,
    Distribution, Measurement, Moments, Ordered, Recommendation, Source, Trousers, Verdict,
    permille, tenth,
};
use super::warnings;
use super::wording::Texts;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Below this no jacket of the chart is offered: one body in twenty would fit.
const FITS_NOBODY: f64 = 0.05;
/// A neighbouring length is worth naming from one chance in twenty.
const WORTH_NAMING: f64 = 0.05;

/// Everything that an answer is made from.
pub struct Known<'a> {
    pub question: &'a Question,
    pub posterior: &'a Posterior,
    pub pattern: Pattern<'a>,
    /// Fields whose answers are far from what the rest suggests.
    pub surprising: &'a [&'static str],
    pub model_version: &'a str,
    pub manifest: &'a SexManifest,
    /// In the language of the question.
    pub texts: &'a Texts,
}

/// One answer in the making.
pub struct Answer<'a> {
    known: Known<'a>,
    needs: Needs<'a>,
}

impl<'a> Answer<'a> {
    pub fn new(known: Known<'a>) -> Self {
        let needs = Needs::new(known.posterior, known.pattern);
        Answer { known, needs }
    }

    pub fn recommendation(&self) -> Recommendation {
        let wanted = decide::number(&self.needs, &self.known.pattern);
        let nearest = self.nearest_in_chart(wanted);
        let drawn = self.needs.drawn();
        let wanted_jacket = Wanted {
            size: nearest,
            length: self.length_by_height(),
            shape_told: self.known.question.tells_more_than_height_and_weight(),
        };
        let decision = decide::jacket(&self.needs, &drawn, &self.known.pattern, wanted_jacket);
        if decision.chosen.confidence() < FITS_NOBODY {
            let reason = self.reason(wanted, nearest, &decision);
            return self.no_size(&decision, reason);
        }
        let chosen = &decision.chosen;
        let jacket = self.jacket(chosen);
        let alternatives = self.alternatives(&decision);
        let further_questions =
            ask::open(self.known.question, &self.needs, &drawn, &decision.candidates, chosen);
        let mut alterations =
            advice::alterations(&self.needs, &self.known.pattern, &jacket, self.known.texts);
        let trousers = self.trousers();
        alterations.extend(trousers.as_ref().and_then(|(_, alteration)| alteration.clone()));
        let zones = Zone::ALL.into_iter().map(|zone| {
            let excess_cm = advice::excess_cm(&self.needs, &self.known.pattern, zone, &jacket);
            (zone.name(), advice::zone_word(&self.known.pattern, zone, excess_cm))
        });
        let (label, size_system) = self.label_and_system(chosen);
        let number = chosen.size;
        let probability = self.number_probability(number);
        let confidence = permille(chosen.confidence());
        let facts = Facts {
            size: Some((&label, self.known.pattern.block.band_cm(number, self.known.pattern.ease))),
            probability,
            confidence,
            runner_up: alternatives.first(),
            ..self.facts()
        };
        let rationale = rationale::sentences(&facts);
        let mut of_the_body = self.without_size();
        if wanted != nearest {
            let end = self.known.pattern.block.every_size()[nearest].number;
            of_the_body.warnings.push(warnings::chart_end(end, &self.known.texts.warnings));
        }
        Recommendation {
            size: Some(label),
            size_system: Some(size_system),
            confidence,
            confidence_level: ConfidenceLevel::of(confidence),
            cut: jacket.cut.id.clone(),
            rationale,
            alterations: alterations
                .iter()
                .filter(|a| advice::is_ordinary(a))
                .map(|a| a.code)
                .collect(),
            verdict: Verdict::of(
                Chances { probability: permille(probability), confidence },
                &numbers_of(&alternatives),
            ),
            alternatives,
            probability: permille(probability),
            sizes: self.labels(&jacket),
            zones: zones.collect(),
            trousers: trousers.map(|(trousers, _)| trousers),
            alteration_details: alterations,
            next_question: further_questions.first().cloned(),
            further_questions,
            details: self.details(Some(&jacket)),
            ..of_the_body
        }
    }

    /// The index of the length class of the person's height, as it would be stated.
    fn length_by_height(&self) -> usize {
        let question = self.known.question;
        let overstated = self.known.manifest.stated.height.log_bias.exp();
        let stated_cm = question.height_cm * if question.measured { overstated } else { 1.0 };
        let lengths = &self.known.pattern.block.lengths;
        lengths.iter().rposition(|length| length.from_height_cm <= stated_cm).unwrap_or(0)
    }

    /// The index of the chart's number nearest to one that may lie beyond its ends.
    fn nearest_in_chart(&self, wanted: usize) -> usize {
        let sizes = self.known.pattern.block.every_size();
        let in_chart = |i: &usize| sizes[*i].in_chart;
        (0..sizes.len()).filter(in_chart).min_by_key(|i| i.abs_diff(wanted)).unwrap_or(wanted)
    }

    /// Why nothing fits: the chart ends before this body, or a zone of the nearest jacket cannot be worn.
    fn reason(&self, wanted: usize, nearest: usize, decision: &Decision) -> String {
        let end = self.known.pattern.block.every_size()[nearest].number;
        let texts = &self.known.texts.no_size;
        let what = match wanted.cmp(&nearest) {
            Ordering::Greater => texts.chart_ends.fill(&[("size", &end)]),
            Ordering::Less => texts.chart_begins.fill(&[("size", &end)]),
            Ordering::Equal => self.worst_zone(&self.jacket(&decision.chosen)),
        };
        format!("{what} {}", texts.ask)
    }

    fn worst_zone(&self, jacket: &Jacket<'_>) -> String {
        let chance = |zone: &Zone| self.needs.zone_probability(*zone, jacket);
        let [first, rest @ ..] = Zone::ALL;
        let worst =
            rest.into_iter().fold(first, |w, z| if chance(&z) < chance(&w) { z } else { w });
        let excess_cm = advice::excess_cm(&self.needs, &self.known.pattern, worst, jacket);
        let texts = &self.known.texts.no_size;
        let sentence = if excess_cm > 0.0 { &texts.too_large } else { &texts.too_small };
        sentence.fill(&[("zone", &texts.zone(worst.name()))])
    }

    fn no_size(&self, decision: &Decision, reason: String) -> Recommendation {
        let mut recommendation = self.without_size();
        let nearest = &decision.chosen;
        recommendation.alternatives = {
            let probability = self.number_probability(nearest.size);
            let why = &self.known.texts.alternatives.nearest;
            vec![self.alternative(nearest, AlternativeKind::Number, probability, why)]
        };
        recommendation.cut = self.jacket(nearest).cut.id.clone();
        recommendation.rationale =
            rationale::sentences(&Facts { reason: Some(&reason), ..self.facts() });
        recommendation.warnings.push(warnings::no_size(&reason));
        recommendation.reason = Some(reason);
        recommendation.details = self.details(None);
        recommendation.trousers = self.trousers().map(|(trousers, _)| trousers);
        recommendation
    }

    /// What is true of the body whatever the size.
    fn without_size(&self) -> Recommendation {
        let chest = self.known.posterior.median_cm(Measure::Chest.index());
        let waist = self.known.posterior.median_cm(Measure::Waist.index());
        let no_labels = SizeSystem::ALL.map(|system| (system, None));
        Recommendation {
            size: None,
            size_system: None,
            confidence: 0.0,
            confidence_level: ConfidenceLevel::Low,
            body_type: BodyType::of_drop_cm(chest - waist),
            cut: String::new(),
            rationale: String::new(),
            alterations: Vec::new(),
            alternatives: Vec::new(),
            probability: 0.0,
            verdict: Verdict::AskStaff,
            sizes: no_labels.into(),
            zones: Ordered(Vec::new()),
            trousers: None,
            measurements: Tape::ALL.into_iter().map(|t| (t.name(), self.measurement(t))).collect(),
            alteration_details: Vec::<Alteration>::new(),
            next_question: None,
            further_questions: Vec::new(),
            warnings: warnings::of(
                self.known.question,
                self.known.manifest,
                self.known.surprising,
                &self.known.texts.warnings,
            ),
            reason: None,
            model_version: self.known.model_version.to_owned(),
            chart_version: self.known.pattern.chart.identity(),
            details: None,
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            texts: &self.known.texts.rationale,
            question: self.known.question,
            chest: self.measurement(Tape::Chest),
            waist: self.measurement(Tape::Waist),
            size: None,
            probability: 0.0,
            confidence: 0.0,
            runner_up: None,
            reason: None,
        }
    }

    fn jacket(&self, candidate: &Candidate) -> Jacket<'a> {
        let block = self.known.pattern.block;
        Jacket {
            size: &block.every_size()[candidate.size],
            cut: &block.cuts[candidate.cut],
            length: &block.lengths[candidate.length],
        }
    }

    /// Neighbouring numbers, the likelier first, then neighbouring lengths: their probabilities answer
    /// different questions.
    fn alternatives(&self, decision: &Decision) -> Vec<Alternative> {
        let Candidate { size, length, .. } = decision.chosen;
        let texts = &self.known.texts.alternatives;
        let numbers = [(size.checked_add(1), &texts.roomier), (size.checked_sub(1), &texts.closer)];
        let lengths =
            [(length.checked_add(1), &texts.longer), (length.checked_sub(1), &texts.shorter)];
        let of_number = |(size, why): (Option<usize>, &String)| {
            let size = size?;
            let same_length = decision.best(size, Some(length));
            let candidate = same_length.or_else(|| decision.best(size, None))?;
            let probability = self.number_probability(size);
            Some(self.alternative(candidate, AlternativeKind::Number, probability, why))
        };
        let of_length = |(length, why): (Option<usize>, &String)| {
            let candidate = decision.best(size, Some(length?))?;
            let probability = self.length_probability(candidate);
            let alternative =
                self.alternative(candidate, AlternativeKind::Length, probability, why);
            (alternative.probability >= WORTH_NAMING).then_some(alternative)
        };
        let likelier_first = |mut some: Vec<Alternative>| {
            some.sort_by(|a, b| b.probability.total_cmp(&a.probability));
            some
        };
        let mut found = likelier_first(numbers.into_iter().filter_map(of_number).collect());
        found.extend(likelier_first(lengths.into_iter().filter_map(of_length).collect()));
        // Some systems have one label for two sizes: it is not offered as another.
        let mut labels = BTreeSet::from([self.label(&decision.chosen)]);
        found.retain(|alternative| labels.insert(alternative.size.clone()));
        found
    }

    /// `probability` is that its number, or its length, is right.
    fn alternative(
        &self,
        candidate: &Candidate,
        kind: AlternativeKind,
        probability: f64,
        why: &str,
    ) -> Alternative {
        Alternative {
            size: self.label(candidate),
            kind,
            probability: permille(probability),
            why: why.to_owned(),
            cut: self.jacket(candidate).cut.id.clone(),
            confidence: permille(candidate.confidence()),
        }
    }

    fn number_probability(&self, index: usize) -> f64 {
        let (mean, sd) = self.needs.moments(Zone::Chest);
        decide::number_probability(mean, sd, &self.known.pattern, index)
    }

    /// Probability that a length is the one nearest to what is needed.
    fn length_probability(&self, candidate: &Candidate) -> f64 {
        let lengths = &self.known.pattern.block.lengths;
        let made_for = |length: usize| {
            let jacket = Jacket { length: &lengths[length], ..self.jacket(candidate) };
            self.known.pattern.made_for_cm(Zone::Length, &jacket)
        };
        let here = made_for(candidate.length);
        let from = match candidate.length.checked_sub(1) {
            Some(shorter) => (here + made_for(shorter)) / 2.0,
            None => f64::NEG_INFINITY,
        };
        let to = if candidate.length + 1 < lengths.len() {
            (here + made_for(candidate.length + 1)) / 2.0
        } else {
            f64::INFINITY
        };
        self.needs.probability_between_cm(Zone::Length, from, to)
    }

    /// In the system asked for; marked as EU where that system has no label for such a size.
    fn label(&self, candidate: &Candidate) -> String {
        self.label_and_system(candidate).0
    }

    fn label_and_system(&self, candidate: &Candidate) -> (String, SizeSystem) {
        let jacket = self.jacket(candidate);
        let label = |system| {
            self.known.pattern.block.label(system, jacket.size, jacket.cut.drop, jacket.length)
        };
        let own = || format!("{}{}", jacket.size.number, jacket.length.code);
        let asked = self.known.question.size_system;
        match label(asked) {
            Some(label) => (label, asked),
            None => {
                let elsewhere = label(SizeSystem::EU).unwrap_or_else(own);
                (format!("EU {elsewhere}"), SizeSystem::EU)
            }
        }
    }

    fn labels(&self, jacket: &Jacket<'_>) -> BTreeMap<SizeSystem, Option<String>> {
        let block = self.known.pattern.block;
        let label = |system| block.label(system, jacket.size, jacket.cut.drop, jacket.length);
        SizeSystem::ALL.map(|system| (system, label(system))).into()
    }

    fn trousers(&self) -> Option<(Trousers, Option<Alteration>)> {
        let pattern = &self.known.pattern.block.trousers;
        let waist_cm = self.known.posterior.median_cm(Measure::Waist.index());
        let even = ((waist_cm / 2.0 + pattern.drop) / 2.0 + 0.5).floor() as i32 * 2;
        if even < pattern.first_number || even > pattern.last_number {
            return None;
        }
        let made_for_cm = 2.0 * (f64::from(even) - pattern.drop);
        let trousers = Trousers {
            eu: even.to_string(),
            waist_cm: tenth(waist_cm),
            waist_in: (waist_cm / CM_PER_INCH).round() as u32,
            inseam_cm: tenth(self.known.posterior.median_cm(Measure::Inseam.index())),
        };
        Some((trousers, advice::trouser_alteration(made_for_cm - waist_cm, self.known.texts)))
    }

    fn measurement(&self, tape: Tape) -> Measurement {
        let (estimate, low, high) = match tape.measure() {
            Some(measure) => {
                let (low, high) = self.known.posterior.interval_cm(measure.index());
                (self.known.posterior.median_cm(measure.index()), low, high)
            }
            None => {
                let weights = fit::shoulder_weights(self.known.posterior, self.known.pattern.block);
                let half = Z90 * self.known.posterior.variance_of(&weights).max(0.0).sqrt();
                let centre = fit::shoulder_cm(self.known.posterior, self.known.pattern.block);
                (centre, centre - half, centre + half)
            }
        };
        let source = match self.known.question.tape_cm(tape) {
            Some(_) => Source::Taped,
            None => Source::Estimated,
        };
        Measurement { estimate: tenth(estimate), low: tenth(low), high: tenth(high), source }
    }

    fn details(&self, jacket: Option<&Jacket<'_>>) -> Option<Details> {
        self.known.question.details.then(|| Details {
            size_probabilities: self.size_probabilities(),
            posterior: Measure::ALL
                .into_iter()
                .map(|measure| {
                    let (mean, sd) = self.known.posterior.mean_sd_cm(measure.index());
                    (measure.name(), Moments { mean, sd })
                })
                .collect(),
            distribution: self.distribution(),
            zone_probabilities: Zone::ALL
                .into_iter()
                .filter_map(|zone| Some((zone.name(), self.needs.zone_probability(zone, jacket?))))
                .collect(),
        })
    }

    fn size_probabilities(&self) -> Ordered<f64> {
        /// Less likely numbers are left out of the list.
        const NEGLIGIBLE: f64 = 1e-9;
        let sizes = self.known.pattern.block.every_size();
        let likely: Vec<(String, f64)> = (0..sizes.len())
            .map(|i| (sizes[i].number.to_string(), self.number_probability(i)))
            .filter(|(_, probability)| *probability > NEGLIGIBLE)
            .collect();
        let total: f64 = likely.iter().map(|(_, probability)| probability).sum();
        debug_assert!((total - 1.0).abs() < 1e-6, "the bands leave a gap or overlap: {total}");
        likely.into_iter().map(|(number, p)| (number, p / total)).collect()
    }

    fn distribution(&self) -> Distribution {
        let index = 0..=HEIGHT;
        Distribution {
            measures: Measure::ALL.map(Measure::name).into_iter().chain(["height"]).collect(),
            log_mean: self.known.posterior.mean.to_vec(),
            log_covariance: index
                .map(|i| self.known.posterior.covariance.row(i).to_vec())
                .collect(),
        }
    }
}

/// The other numbers that are offered.
fn numbers_of(alternatives: &[Alternative]) -> Vec<Chances> {
    let numbers = alternatives.iter().filter(|other| other.kind == AlternativeKind::Number);
    let chances = |Alternative { probability, confidence, .. }: &Alternative| Chances {
        probability: *probability,
        confidence: *confidence,
    };
    numbers.map(chances).collect()
}
