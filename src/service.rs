//! The way of a request, from a question to the finished bytes of its answer.
//!
//! The answer is computed from the canonical question, so that the same body asked in inches or
//! centimetres, now or later from a cache, gets the same bytes.

mod batch;
mod gather;
mod judge;
mod operate;
mod performance;
mod popular;

pub use crate::cache::{CacheStatus, Tier};
pub use crate::store::Status as StoreStatus;
pub use batch::{Abandoned, Outcome};
pub use judge::Score;
pub use operate::{
    CHUNK as FILL_CHUNK, Cleared, OperateError, Optimized, Progress, Recorded, Warmed,
};
pub use performance::Performance;

use crate::VERSION;
use crate::cache::{Busy, Cache, CacheOptions};
use crate::clock::Clock;
use crate::sizing::question::{Fit, Question};
use crate::sizing::recommendation::Recommendation;
use crate::sizing::{Engine, RecommendError};
use crate::store::{Packer, Secret, Store, StoreOptions};
use crate::telemetry::alerts::{Alerts, Rule, Target, Webhook};
use crate::telemetry::{Telemetry, Window};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// A recommendation as JSON, encoded once.
pub struct Answer {
    pub recommendation: Arc<[u8]>,
    pub tier: Tier,
}

/// Why a question got no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// Too many others wait.
    Busy,
    Failed(Arc<RecommendError>),
}

impl From<Busy> for Unanswered {
    fn from(Busy: Busy) -> Self {
        Unanswered::Busy
    }
}

impl From<Arc<RecommendError>> for Unanswered {
    fn from(error: Arc<RecommendError>) -> Self {
        Unanswered::Failed(error)
    }
}

/// What the service keeps, where and for how long.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    pub data_dir: PathBuf,
    /// Zero: no such tier.
    pub memory_ttl: Duration,
    /// Zero: answers are not kept in the store.
    pub store_ttl: Duration,
    /// How long figures of performance are kept.
    pub history: Duration,
    pub store_max_bytes: u64,
    /// Whether the tiers fill themselves.
    pub warm: bool,
    /// What the process should not go beyond: alerts are by parts of it.
    pub memory_budget_bytes: u64,
    pub alert_rules: Vec<Rule>,
    /// Who is told when an alert fires or resolves.
    pub webhook: Option<Target>,
}

/// Answers questions. Cheap to clone: one for each worker.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

struct Parts {
    engine: Engine,
    cache: Cache,
    store: Arc<Store>,
    clock: Clock,
    warm: bool,
    telemetry: Arc<Telemetry>,
    window: Mutex<Window>,
    alerts: Alerts,
    webhook: Option<Webhook>,
    memory_budget_bytes: f64,
    /// Whether the likely answers are all kept ahead.
    filled: AtomicBool,
    /// Held while an operator has something done: one thing at a time, on one thread that may block.
    operating: Mutex<()>,
}

impl Service {
    /// Starts the store's thread; what is wrong with the store is in its status, not here.
    pub fn new(
        engine: Engine,
        options: &ServiceOptions,
        telemetry: Arc<Telemetry>,
        clock: Clock,
    ) -> Self {
        let packer = Arc::new(Packer::new(&samples(&engine)));
        // A row of no time to live would be expired when it is written; the file is also for what is durable.
        let use_store = !options.store_ttl.is_zero();
        let store_options = StoreOptions {
            dir: options.data_dir.clone(),
            ttl: options.store_ttl,
            history: options.history,
            max_bytes: options.store_max_bytes,
            packer: Arc::clone(&packer),
        };
        let store = Arc::new(Store::start(store_options, clock.clone()));
        let cache_options = CacheOptions {
            memory_ttl: options.memory_ttl,
            use_store,
            scope: scope(&engine).into(),
            secret: Secret::of(&options.data_dir),
            packer,
            // A computation needs a session; one of them is for filling ahead.
            at_once: engine.model().sessions().saturating_sub(1),
        };
        let cache = Cache::new(cache_options, Arc::clone(&store), clock.clone());
        let webhook = options.webhook.clone().and_then(|target| {
            let started = Webhook::start(target, clock.clone());
            started.map_err(|error| log::error!("nobody is told of alerts: {error}")).ok()
        });
        Service(Arc::new(Parts {
            engine,
            cache,
            store,
            clock,
            warm: options.warm,
            telemetry,
            window: Mutex::default(),
            alerts: Alerts::new(options.alert_rules.clone()),
            webhook,
            memory_budget_bytes: options.memory_budget_bytes as f64,
            filled: AtomicBool::new(false),
            operating: Mutex::default(),
        }))
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }

    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.0.telemetry
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Who is told of alerts.
    pub fn webhook(&self) -> Option<&Webhook> {
        self.0.webhook.as_ref()
    }

    /// Whether answers are computed that a healthy store might have had.
    pub fn lacks_its_store(&self) -> bool {
        self.0.store.is_faulty()
    }

    /// Whether the likely answers are kept ahead: `off`, `filling` or `done`.
    pub fn warmth(&self) -> &'static str {
        match self.0.warm && self.0.cache.keeps_ahead() {
            false => "off",
            true if self.0.filled.load(Relaxed) => "done",
            true => "filling",
        }
    }

    /// Whether the tiers are to fill themselves.
    pub fn warms(&self) -> bool {
        self.0.warm
    }

    /// # Errors
    /// # Errors
    /// As `Engine::recommend`, or because too many others wait.
    pub async fn recommend(&self, question: Question) -> Result<Answer, Unanswered> {
        let canonical = question.canonical();
        let answered = self.0.cache.answer(&canonical, |question| self.compute(question)).await;
        let (recommendation, tier) = answered??;
        Ok(Answer { recommendation, tier })
    }

    fn compute(&self, question: &Question) -> Result<Vec<u8>, RecommendError> {
        let Parts { engine, telemetry, .. } = &*self.0;
        Telemetry::timed(&telemetry.computations, || encoded(engine, question))
    }
}

/// The recommendation for a canonical question, as JSON.
fn encoded(engine: &Engine, question: &Question) -> Result<Vec<u8>, RecommendError> {
    engine.recommend(question).map(|recommendation| encode(&recommendation))
}

fn encode(recommendation: &Recommendation) -> Vec<u8> {
    serde_json::to_vec(recommendation).expect("a recommendation holds text and finite numbers only")
}

/// Everything that an answer follows from beside its question: program, model, charts. As text, since
/// an operator clears by it.
fn scope(engine: &Engine) -> String {
    let charts: Vec<_> = engine.charts().identities().collect();
    let mut scope = format!("{VERSION}/{}/{}", engine.model_version(), charts[0]);
    if charts.len() > 1 {
        let hash = Sha256::digest(charts.join(" "));
        scope.push_str(&format!("+{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
    }
    scope
}

/// Typical answers, the same in every run: what others are packed against.
fn samples(engine: &Engine) -> Vec<Vec<u8>> {
    use crate::sizing::body::Sex;
    let questions = [
        Question { sex: Sex::Female, ..Question::new(165.0, 65.0) },
        Question::new(190.0, 110.0),
        Question { fit: Fit::Slim, ..Question::new(170.0, 66.0) },
        Question::new(178.0, 82.0),
    ];
    // A shop's chart may have no sizes for one of them.
    questions.iter().filter_map(|question| encoded(engine, question).ok()).collect()
}
