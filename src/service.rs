//! The way of a request, from a question to the finished bytes of its answer.
//!
//! The answer is computed from the canonical question, so that the same body asked in inches or
//! centimetres, now or later from a cache, gets the same bytes.

mod batch;
mod edition;
mod gather;
mod judge;
mod operate;
mod performance;
pub mod popular;
mod reload;

pub use crate::cache::{CacheStatus, Tier};
pub use crate::store::Status as StoreStatus;
pub use batch::{Abandoned, Outcome};
pub use edition::Edition;
pub use judge::Score;
pub use operate::{
    CHUNK as FILL_CHUNK, Cleared, OperateError, Optimized, Progress, Recorded, Warmed,
};
pub use performance::Performance;
pub use reload::{Change, ReloadError, Reloaded, Sources};

use crate::cache::{Busy, COMPUTED_TOGETHER, Cache, CacheOptions, Computed};
use crate::clock::Clock;
use crate::sizing::question::Question;
use crate::sizing::recommendation::Recommendation;
use crate::sizing::{Engine, RecommendError};
use crate::store::{Packer, Secret, Store, StoreOptions};
use crate::telemetry::alerts::{Alerts, Rule, Target, Webhook};
use crate::telemetry::{Telemetry, Window};
use parking_lot::{Mutex, RwLock};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

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
    /// Where charts and texts are read again from; what the engine was built with came from there too.
    pub sources: Sources,
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

/// A service that may have ended.
#[derive(Clone)]
pub struct WeakService(Weak<Parts>);

impl WeakService {
    pub fn upgrade(&self) -> Option<Service> {
        self.0.upgrade().map(Service)
    }
}

struct Parts {
    /// What is in force for who asks now. Who has asked already finishes with the one he took.
    edition: RwLock<Arc<Edition>>,
    sources: Sources,
    /// How often they were read again. Held meanwhile: the last to read is in force.
    reloading: Mutex<u64>,
    store: Arc<Store>,
    clock: Clock,
    warm: bool,
    telemetry: Arc<Telemetry>,
    window: Mutex<Window>,
    alerts: Alerts,
    webhook: Option<Webhook>,
    memory_budget_bytes: f64,
    /// The generation of what is kept ahead of which all likely answers are there, plus one; zero: none.
    filled: AtomicU64,
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
        let packer = Arc::new(Packer::new(&edition::samples(&engine)));
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
            scope: edition::scope(&engine),
            secret: Secret::of(&options.data_dir),
            packer,
            // A computation needs a session; one of them is for filling ahead.
            at_once: engine.model().sessions().saturating_sub(1),
            together: if engine.model().batches() { COMPUTED_TOGETHER } else { 1 },
        };
        let cache = Cache::new(cache_options, Arc::clone(&store), clock.clone());
        let webhook = options.webhook.clone().and_then(|target| {
            let started = Webhook::start(target, clock.clone());
            started.map_err(|error| log::error!("nobody is told of alerts: {error}")).ok()
        });
        Service(Arc::new(Parts {
            edition: RwLock::new(Arc::new(Edition::new(engine, cache))),
            sources: options.sources.clone(),
            reloading: Mutex::default(),
            store,
            clock,
            warm: options.warm,
            telemetry,
            window: Mutex::default(),
            alerts: Alerts::new(options.alert_rules.clone()),
            webhook,
            memory_budget_bytes: options.memory_budget_bytes as f64,
            filled: AtomicU64::new(0),
            operating: Mutex::default(),
        }))
    }

    /// What is in force now. Taken once for a request: a reload in its middle does not concern it.
    pub fn edition(&self) -> Arc<Edition> {
        Arc::clone(&self.0.edition.read())
    }

    /// The same service for who must not keep it from ending.
    pub fn downgrade(&self) -> WeakService {
        WeakService(Arc::downgrade(&self.0))
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
        let edition = self.edition();
        let filled = edition.cache().ahead_generation() + 1;
        match self.0.warm && edition.cache().keeps_ahead() {
            false => "off",
            true if self.0.filled.load(Relaxed) == filled => "done",
            true => "filling",
        }
    }

    /// Whether the tiers are to fill themselves.
    pub fn warms(&self) -> bool {
        self.0.warm
    }

    /// # Errors
    /// As `Engine::recommend`, or because too many others wait.
    pub async fn recommend(
        &self,
        edition: &Edition,
        question: Question,
    ) -> Result<Answer, Unanswered> {
        let canonical = question.canonical();
        let compute = |questions: &[&Question]| self.compute(edition, questions);
        let (recommendation, tier) = edition.cache().answer(&canonical, compute).await??;
        Ok(Answer { recommendation, tier })
    }

    /// Counted as as many computations, each of its share of the time.
    fn compute(&self, edition: &Edition, questions: &[&Question]) -> Vec<Computed> {
        let began = Instant::now();
        let recommendations = edition.engine().recommend_all(questions).into_iter();
        let computed: Vec<Computed> = recommendations.map(|r| r.map(|r| encode(&r))).collect();
        let nanos = began.elapsed().as_nanos() as u64 / questions.len().max(1) as u64;
        questions.iter().for_each(|_| self.0.telemetry.computations.record(nanos, 0));
        computed
    }
}

/// An answer has 2 kB: one that grows into its place is copied five times.
const TYPICAL_BYTES: usize = 4096;

/// The recommendation for a canonical question, as JSON.
fn encoded(engine: &Engine, question: &Question) -> Result<Vec<u8>, RecommendError> {
    engine.recommend(question).map(|recommendation| encode(&recommendation))
}

fn encode(recommendation: &Recommendation) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(TYPICAL_BYTES);
    serde_json::to_writer(&mut encoded, recommendation)
        .expect("a recommendation holds text and finite numbers only");
    encoded
}
