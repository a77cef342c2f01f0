//! From a question to an answer: the story of `sizing`. What is done with the posterior is `answer`.

use super::answer::{Answer, Known};
use super::body::{Measure, Sex};
use super::chart::{Block, Chart, ChartError, Charts, DEFAULT_CHART};
use super::fit::Pattern;
use super::know;
use super::model::{Around, Backend, Joint, Model, ModelError, ModelInput, StatementError};
use super::parse;
use super::plausible;
use super::posterior::{Posterior, TrueHeight};
use super::question::Question;
use super::recommendation::Recommendation;
use super::refusal::{Code, FieldError, Refusal};
use super::wording::{WordingError, Wordings};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// How to build an `Engine`. The default needs no file: everything is in the binary.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// A directory with `manifest.json` and its models instead of the embedded ones.
    pub models: Option<PathBuf>,
    /// A directory of charts beside the embedded one.
    pub charts: Option<PathBuf>,
    /// A directory of texts in the place of embedded ones.
    pub wording: Option<PathBuf>,
    pub backend: Backend,
    /// Inferences that may run at once.
    pub sessions: usize,
    /// Sees every inference.
    pub around: Around,
    /// Widens the spread to civilians; off to evaluate on the survey itself.
    pub population_variance: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        EngineOptions {
            models: None,
            charts: None,
            wording: None,
            backend: Backend::Embedded,
            sessions: 1,
            around: Around::default(),
            population_variance: true,
        }
    }
}

/// Why an engine could not be built.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error(transparent)]
    Wording(#[from] WordingError),
}

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum RecommendError {
    /// The question is at fault.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine is at fault.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// The sizing engine: model, charts, texts and settings. Share one between threads.
pub struct Engine {
    model: Arc<Model>,
    charts: Charts,
    wordings: Wordings,
    /// Log standard deviation that civilians add, by measure.
    population: [f64; Measure::COUNT],
    model_version: String,
}

impl Engine {
    /// The engine with nothing but what is in the binary.
    ///
    /// # Errors
    /// When the process already runs another inference runtime.
    pub fn embedded() -> Result<Self, EngineError> {
        Self::new(&EngineOptions::default())
    }

    /// # Errors
    /// When a model, a chart or a text cannot be read, contradicts itself or its manifest, or the runtime
    /// cannot be had.
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        let charts = match &options.charts {
            Some(dir) => Charts::load(dir)?,
            None => Charts::embedded(),
        };
        let wordings = match &options.wording {
            Some(dir) => Wordings::load(dir)?,
            None => Wordings::embedded(),
        };
        let EngineOptions { backend, sessions, around, .. } = options.clone();
        let model = match &options.models {
            Some(dir) => Model::load(dir, backend, sessions, around)?,
            None => Model::embedded(backend, sessions, around)?,
        };
        let manifest = model.manifest();
        let population = if options.population_variance {
            Measure::ALL.map(|m| manifest.population_log_sd.get(m.name()).copied().unwrap_or(0.0))
        } else {
            [0.0; Measure::COUNT]
        };
        let mut model_version = manifest.identity();
        if options.backend != Backend::Embedded {
            model_version.push_str("-native");
        }
        if !options.population_variance {
            model_version.push_str("-survey");
        }
        Ok(Engine { charts, wordings, population, model_version, model: Arc::new(model) })
    }

    /// The same model with other charts and texts. Costs nothing: a model's sessions are shared.
    #[must_use]
    pub fn with(&self, charts: Charts, wordings: Wordings) -> Self {
        let Engine { model, charts: _, wordings: _, population, model_version } = self;
        Engine {
            model: Arc::clone(model),
            charts,
            wordings,
            population: *population,
            model_version: model_version.clone(),
        }
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    pub fn charts(&self) -> &Charts {
        &self.charts
    }

    pub fn wordings(&self) -> &Wordings {
        &self.wordings
    }

    /// Version of the model and its settings: with it and the chart's, an answer can be repeated.
    pub fn model_version(&self) -> &str {
        &self.model_version
    }

    /// A question from the contract's JSON, checked as far as can be without asking the model.
    ///
    /// # Errors
    /// Every mistake in it at once, the chart's too.
    pub fn question(&self, value: &Value) -> Result<Question, Refusal> {
        let (question, mut errors) = parse::read(value);
        match self.chart_for(&question) {
            Err(refusal) => errors.extend(refusal.errors),
            Ok((_, block)) => errors.extend(know::unknown_labels(&question, block)),
        }
        if errors.is_empty() { Ok(question) } else { Err(Refusal { errors }) }
    }

    /// The size for `question`. The same question gets the same answer, to the bit.
    ///
    /// # Errors
    /// `Refused` when the question is impossible, with every mistake in it; `Model` when inference fails.
    pub fn recommend(&self, question: &Question) -> Result<Recommendation, RecommendError> {
        self.check(question)?;
        let input = self.features(question);
        let joint = self.model.infer(question.sex, &input)?;
        self.judge(question, &input, &joint)
    }

    /// As `recommend` for each, to the bit: with one inference for many of a sex.
    pub fn recommend_all(
        &self,
        questions: &[&Question],
    ) -> Vec<Result<Recommendation, RecommendError>> {
        if let [question] = questions {
            return vec![self.recommend(question)];
        }
        let checked: Vec<_> = questions.iter().map(|question| self.check(question)).collect();
        let inputs: Vec<_> = questions.iter().map(|question| self.features(question)).collect();
        let mut joints: Vec<Option<_>> = questions.iter().map(|_| None).collect();
        for sex in Sex::ALL {
            let of_sex = |at: &usize| questions[*at].sex == sex && checked[*at].is_ok();
            let places: Vec<usize> = (0..questions.len()).filter(of_sex).collect();
            let inputs: Vec<_> = places.iter().map(|at| inputs[*at]).collect();
            for (at, joint) in places.into_iter().zip(self.model.infer_all(sex, &inputs)) {
                joints[at] = Some(joint);
            }
        }
        let of_each = checked.into_iter().zip(joints).zip(questions.iter().zip(&inputs));
        of_each
            .map(|((checked, joint), (question, input))| {
                checked?;
                let joint = joint.unwrap_or(Err(ModelError::Run))?;
                self.judge(question, input, &joint)
            })
            .collect()
    }

    fn check(&self, question: &Question) -> Result<(), Refusal> {
        let errors = plausible::check(question);
        if errors.is_empty() { self.chart_for(question).map(drop) } else { Err(Refusal { errors }) }
    }

    /// From what the model says of a body to the jacket for it.
    fn judge(
        &self,
        question: &Question,
        input: &ModelInput,
        joint: &Joint,
    ) -> Result<Recommendation, RecommendError> {
        let (posterior, surprising) = self.posterior(question, input, joint)?;
        Ok(self.decision(question, &posterior, &surprising)?)
    }

    /// What is known of a body when everything that `question` tells is taken in, and the fields whose answers are
    /// far from what the rest suggests.
    ///
    /// # Errors
    /// What contradicts the rest, and a chart or a size that there is not.
    pub fn posterior(
        &self,
        question: &Question,
        input: &ModelInput,
        joint: &Joint,
    ) -> Result<(Posterior, Vec<&'static str>), Refusal> {
        let (_, block) = self.chart_for(question)?;
        let mut posterior = self.untold(question.sex, input, joint);
        let surprising =
            know::take_in(&mut posterior, question, block).map_err(|errors| Refusal { errors })?;
        Ok((posterior, surprising))
    }

    /// The jacket for a body, with all that is said of it.
    ///
    /// # Errors
    /// A chart that there is not.
    pub fn decision(
        &self,
        question: &Question,
        posterior: &Posterior,
        surprising: &[&'static str],
    ) -> Result<Recommendation, Refusal> {
        let (chart, block) = self.chart_for(question)?;
        let known = Known {
            question,
            posterior,
            pattern: Pattern { chart, block, ease: chart.ease(question.fit) },
            surprising,
            model_version: &self.model_version,
            manifest: self.model.manifest().sex(question.sex),
            texts: &self.wordings.get(question.language.unwrap_or_default()).answer,
        };
        Ok(Answer::new(known).recommendation())
    }

    fn chart_for(&self, question: &Question) -> Result<(&Chart, &Block), Refusal> {
        let id = question.chart.as_deref().unwrap_or(DEFAULT_CHART);
        let refuse = |field: &'static str, message: String| Refusal {
            errors: vec![FieldError::new(field, Code::UnknownChart, message)],
        };
        let chart = self.charts.get(id).ok_or_else(|| {
            let ids: Vec<_> = self.charts.ids().collect();
            refuse("chart", format!("there is no such chart; there are {}", ids.join(", ")))
        })?;
        let block = chart.block(question.sex).ok_or_else(|| {
            let message = format!("this chart has no sizes for sex \"{}\"", question.sex.name());
            refuse("sex", message)
        })?;
        Ok((chart, block))
    }

    /// The body before anything but height, weight, age and sex is known.
    fn untold(&self, sex: Sex, input: &ModelInput, joint: &Joint) -> Posterior {
        let manifest = self.model.manifest().sex(sex);
        let height = TrueHeight {
            log: input.body[0].ln(),
            variance: input.log_variance[0],
            exponents: Measure::ALL.map(|measure| manifest.exponents(measure)[0]),
        };
        Posterior::new(joint, &height, &self.population)
    }

    /// What the model is asked: what was told, less its usual error.
    pub fn features(&self, question: &Question) -> ModelInput {
        let manifest = self.model.manifest();
        let of_sex = manifest.sex(question.sex);
        let stated = &of_sex.stated;
        let unknown = &manifest.unknown_age;
        let (age, age_variance) = match question.age_years {
            Some(years) => (years, 0.0),
            None => (unknown.years, unknown.log_variance),
        };
        let told = |value: f64, error: &StatementError| match question.measured {
            true => (value, 0.0),
            false => (value * (-error.log_bias).exp(), error.log_variance),
        };
        let (height_cm, height_variance) = told(question.height_cm, &stated.height);
        let (weight_kg, weight_variance) = match question.weight_kg {
            Some(kg) => told(kg, &stated.weight),
            None => of_sex.unknown_weight(height_cm),
        };
        ModelInput {
            body: [height_cm, weight_kg, age],
            log_variance: [height_variance, weight_variance, age_variance],
        }
    }
}
