//! Everything that is counted anywhere, in Prometheus' words. Read when somebody asks, from numbers that
//! are there already: no file is touched but `/proc`, so it may be asked every second.
//!
//! Units are Prometheus' own: seconds and bytes. Labels have a fixed set of values each.

use super::{Service, StoreStatus};
use crate::cache::CacheStatus;
use crate::telemetry::{Connections, Exposition, process};
use crate::{API_VERSION, VERSION};
use std::sync::atomic::Ordering::Relaxed;

const STATES: [&str; 4] = ["opening", "open", "paused", "closed"];

impl Service {
    /// The whole text of `GET /metrics`: some 15 kB.
    pub fn metrics(&self) -> String {
        let mut text = Exposition::default();
        self.build_info(&mut text);
        self.http(&mut text);
        self.connections(&mut text);
        cache(&mut text, &self.edition().cache().status());
        store(&mut text, &self.store().status());
        self.model(&mut text);
        self.upkeep(&mut text);
        self.history(&mut text);
        self.alerting(&mut text);
        self.process(&mut text);
        text.into_text()
    }

    fn build_info(&self, text: &mut Exposition) {
        let edition = self.edition();
        let labels = [
            ("version", VERSION),
            ("api_version", API_VERSION),
            ("model_version", edition.engine().model_version()),
            ("chart_version", &edition.charts().join(" ")),
        ];
        text.gauge("suitsize_build_info", "What runs: always 1.").sample(&labels, 1.0);
    }

    fn http(&self, text: &mut Exposition) {
        let requests = &self.telemetry().requests;
        let kinds = requests.read();
        let labelled: Vec<_> = kinds
            .iter()
            .map(|(kind, figures)| {
                let labels = [
                    ("route", kind.route.as_str()),
                    ("status", kind.class.name()),
                    ("tier", kind.tier.name()),
                ];
                (labels, figures)
            })
            .collect();
        let mut total = text.counter(
            "suitsize_http_requests_total",
            "Requests answered, by route, class of status and tier of the answer.",
        );
        for (labels, figures) in &labelled {
            total.sample(labels, figures.count() as f64);
        }
        let mut durations = text.histogram(
            "suitsize_http_request_duration_seconds",
            "From a request that is complete to its answer.",
        );
        for (labels, figures) in &labelled {
            durations.durations(labels, figures);
        }
        let mut bytes =
            text.counter("suitsize_http_response_bytes_total", "Bytes of the bodies of answers.");
        for (labels, figures) in &labelled {
            bytes.sample(labels, figures.bytes as f64);
        }
        text.gauge("suitsize_http_requests_in_flight", "Requests that are being answered.")
            .is(requests.in_flight() as f64);
        text.counter(
            "suitsize_http_requests_abandoned_total",
            "Requests whose caller went before the answer.",
        )
        .is(requests.abandoned() as f64);
    }

    fn connections(&self, text: &mut Exposition) {
        let Connections { open, refused, overdue } = &self.telemetry().connections;
        text.gauge("suitsize_http_connections", "Connections that are open.")
            .is(open.load(Relaxed) as f64);
        let mut ended = text.counter(
            "suitsize_http_connections_ended_total",
            "Connections ended by the service: refused for want of a place, or overdue.",
        );
        ended.sample(&[("reason", "refused")], refused.load(Relaxed) as f64);
        ended.sample(&[("reason", "overdue")], overdue.load(Relaxed) as f64);
    }

    fn model(&self, text: &mut Exposition) {
        let telemetry = self.telemetry();
        text.histogram(
            "suitsize_compute_duration_seconds",
            "A computed answer: its share of the time of those computed with it, up to sixteen.",
        )
        .durations(&[], &telemetry.computations.read());
        text.histogram(
            "suitsize_model_inference_duration_seconds",
            "A run of the model, for up to thirty-two questions; those for answers kept ahead too.",
        )
        .durations(&[], &telemetry.inferences.read());
        text.gauge("suitsize_model_sessions", "Inferences that may run at once, for each sex.")
            .is(self.edition().engine().model().sessions() as f64);
    }

    fn upkeep(&self, text: &mut Exposition) {
        let duties = self.telemetry().duties.status();
        let mut runs =
            text.counter("suitsize_upkeep_runs_total", "Runs of a duty, by how they went.");
        for duty in &duties {
            runs.sample(&[("duty", duty.name), ("result", "done")], duty.done as f64);
            runs.sample(&[("duty", duty.name), ("result", "failed")], duty.failed as f64);
        }
        let mut at = text.gauge(
            "suitsize_upkeep_last_run_timestamp_seconds",
            "When a duty was last done or tried.",
        );
        for duty in &duties {
            at.sample(&[("duty", duty.name)], duty.last_at_ms as f64 / 1e3);
        }
        let mut took =
            text.gauge("suitsize_upkeep_last_duration_seconds", "How long its last run took.");
        for duty in &duties {
            took.sample(&[("duty", duty.name)], duty.last_duration_ms / 1e3);
        }
        let mut went =
            text.gauge("suitsize_upkeep_last_success", "Whether its last run went well.");
        for duty in &duties {
            went.sample(&[("duty", duty.name)], f64::from(u8::from(duty.last_succeeded)));
        }
    }

    fn history(&self, text: &mut Exposition) {
        let backlog = self.telemetry().history.backlog();
        text.counter("suitsize_history_records_written_total", "Minutes of figures in the store.")
            .is(backlog.minutes_written as f64);
        text.counter(
            "suitsize_history_records_lost_total",
            "Minutes of figures that the store could not take for too long.",
        )
        .is(backlog.minutes_lost as f64);
    }

    fn alerting(&self, text: &mut Exposition) {
        let status = self.alerts_status();
        let mut firing = text.gauge("suitsize_alert_firing", "1 while an alert fires.");
        for rule in status.rules.iter().filter(|rule| rule.enabled) {
            let is = status.firing.iter().any(|alert| alert.name == rule.name);
            let labels = [("alert", rule.name.as_str()), ("severity", rule.severity.name())];
            firing.sample(&labels, f64::from(u8::from(is)));
        }
        if let Some(webhook) = self.webhook() {
            let status = webhook.status();
            text.counter("suitsize_webhook_deliveries_total", "What became of alerts to be told.")
                .sample(&[("result", "delivered")], status.delivered as f64)
                .sample(&[("result", "failed")], status.failed as f64)
                .sample(&[("result", "dropped")], status.dropped as f64);
        }
    }

    fn process(&self, text: &mut Exposition) {
        text.gauge("suitsize_uptime_seconds", "Since the service was started.")
            .is(self.uptime().as_secs_f64());
        text.gauge("process_start_time_seconds", "When the service was started, since 1970.")
            .is(self.telemetry().started_ms as f64 / 1e3);
        let figures = process::figures();
        if let Some(seconds) = figures.cpu_seconds {
            text.counter("process_cpu_seconds_total", "User and system time.").is(seconds);
        }
        let gauges = [
            (
                "process_resident_memory_bytes",
                "Memory that is really there.",
                figures.resident_bytes,
            ),
            ("process_threads", "Threads.", figures.threads),
            ("process_open_fds", "Open files and connections.", figures.open_files),
            ("process_max_fds", "How many may be open.", figures.most_open_files),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                text.gauge(name, help).is(value as f64);
            }
        }
    }
}

fn cache(text: &mut Exposition, cache: &CacheStatus) {
    let below_memory = cache.store_hits + cache.computed + cache.failed;
    let rows = [
        ("memory", "hit", cache.memory_hits),
        ("memory", "miss", below_memory),
        ("memory", "refresh", cache.refreshed),
        ("store", "hit", cache.store_hits),
        ("store", "miss", cache.store_misses),
        ("store", "skip", cache.lookups_skipped),
    ];
    text.counter(
        "suitsize_questions_turned_away_total",
        "Questions that were answered 503 because too many waited to be computed.",
    )
    .is(cache.turned_away as f64);
    let mut operations = text.counter(
        "suitsize_cache_operations_total",
        "What a tier was asked for, and did. A skip: the store was not to be asked just then.",
    );
    for (tier, operation, count) in rows {
        operations.sample(&[("tier", tier), ("operation", operation)], count as f64);
    }
    let memory = [("tier", "memory")];
    let ahead = [("tier", "ahead")];
    text.gauge("suitsize_cache_entries", "Answers in memory: asked for, and kept ahead.")
        .sample(&memory, cache.memory_entries as f64)
        .sample(&ahead, cache.ahead_entries as f64);
    text.gauge("suitsize_cache_bytes", "What they take.")
        .sample(&memory, cache.memory_bytes as f64)
        .sample(&ahead, cache.ahead_bytes as f64);
    text.gauge("suitsize_cache_capacity_bytes", "What answers asked for may take in memory.")
        .is(cache.memory_capacity_bytes as f64);
    text.counter("suitsize_cache_checked_total", "Answers kept ahead that were computed again.")
        .is(cache.checked as f64);
    text.counter("suitsize_cache_differed_total", "Of them, those that came out differently.")
        .is(cache.differed as f64);
}

fn store(text: &mut Exposition, store: &StoreStatus) {
    let mut state = text.gauge("suitsize_store_state", "1 for the state that the store is in.");
    for name in STATES {
        state.sample(&[("state", name)], f64::from(u8::from(store.state == name)));
    }
    text.gauge("suitsize_store_pool_connections", "Connections that read: open, and idle of them.")
        .sample(&[("state", "open")], f64::from(store.readers))
        .sample(&[("state", "idle")], f64::from(store.idle_readers));
    text.counter("suitsize_store_rows_dropped_total", "Answers that were not stored.")
        .sample(&[("reason", "queue_full")], store.dropped_queue_full as f64)
        .sample(&[("reason", "unavailable")], store.dropped_unavailable as f64);
    text.counter("suitsize_store_checkpoints_total", "Times that the log was moved by upkeep.")
        .sample(&[("result", "complete")], store.checkpoints_complete as f64)
        .sample(&[("result", "busy")], store.checkpoints_busy as f64)
        .sample(&[("result", "failed")], store.checkpoints_failed as f64);
    let flag = |is: bool| u64::from(is);
    let gauges = [
        (
            "suitsize_store_degraded",
            "1 when something is wrong with the store.",
            flag(store.fault.is_some()),
        ),
        (
            "suitsize_store_breaker_open",
            "1 while look-ups are kept away.",
            flag(store.breaker_open),
        ),
        (
            "suitsize_store_queue_rows",
            "Answers that wait to be written.",
            store.rows_waiting as u64,
        ),
        (
            "suitsize_store_queue_capacity_rows",
            "How many may wait.",
            store.most_rows_waiting as u64,
        ),
        ("suitsize_store_file_bytes", "Size of the file.", store.file_bytes),
        ("suitsize_store_wal_bytes", "Size of its write-ahead log.", store.wal_bytes),
        ("suitsize_store_pages", "Pages of the file.", store.pages),
        ("suitsize_store_free_pages", "Of them, free.", store.free_pages),
    ];
    for (name, help, value) in gauges {
        text.gauge(name, help).is(value as f64);
    }
    if let Some(bytes) = store.disk_free_bytes {
        text.gauge("suitsize_store_disk_free_bytes", "Free on its disk.").is(bytes as f64);
    }
    let counters = [
        ("suitsize_store_rows_written_total", "Answers written.", store.written),
        ("suitsize_store_write_batches_total", "Transactions that wrote them.", store.batches),
        ("suitsize_store_write_failures_total", "Writes that failed.", store.write_failures),
        ("suitsize_store_lookups_total", "Look-ups.", store.lookups),
        (
            "suitsize_store_lookup_failures_total",
            "Look-ups that failed or took too long.",
            store.lookup_failures,
        ),
        ("suitsize_store_damaged_rows_total", "Rows whose checksum was wrong.", store.damaged),
        ("suitsize_store_opened_total", "Times that the file was opened.", store.opened),
        ("suitsize_store_quarantined_total", "Damaged files set aside.", store.quarantined),
    ];
    for (name, help, value) in counters {
        text.counter(name, help).is(value as f64);
    }
}
