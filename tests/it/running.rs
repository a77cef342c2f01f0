//! A service that runs in the test's own process, on a free port and a data directory of its own.

use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use suitsize::app::{App, Reloader};
use suitsize::config::{
    DataSettings, EngineSettings, LimitSettings, RateLimit, ServeSettings, Switch, WatchSettings,
};
use suitsize::service::{ReloadError, Reloaded};
use tokio::sync::oneshot;

pub const JSON: (&str, &str) = ("content-type", "application/json");

/// Stops when it is dropped.
pub struct Running {
    pub port: u16,
    pub dir: tempfile::TempDir,
    reloader: Reloader,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Nothing is filled ahead unless `change` says so: a test that counts wants to be alone.
    pub fn start(change: impl FnOnce(&mut ServeSettings)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), change)
    }

    pub fn start_in(dir: tempfile::TempDir, change: impl FnOnce(&mut ServeSettings)) -> Self {
        let mut settings = settings(dir.path());
        change(&mut settings);
        let (started, is_started) = channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = App::build(&settings).expect("the service starts");
                started.send((app.port(), app.reloader())).unwrap();
                app.run_until(async { drop(stopped.await) }).await.unwrap();
            });
        });
        let (port, reloader) = is_started.recv().unwrap();
        Running { port, dir, reloader, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops in order and gives the data directory back.
    pub fn stop(mut self) -> tempfile::TempDir {
        let empty = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.dir, empty)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        send(self.port, method, path, headers, body)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"")
    }

    pub fn ask(&self, question: &Value) -> Reply {
        self.send("POST", "/api/recommend", &[JSON], question.to_string().as_bytes())
    }

    /// What SIGHUP does to the program.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        self.reloader.reload().expect("it runs")
    }

    pub fn health(&self) -> Value {
        self.get("/api/health").json()
    }
}

pub fn send(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut request = ureq::http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:{}{path}", port));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut response = agent.run(request.body(body).unwrap()).unwrap();
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.body_mut().read_to_string().unwrap(),
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn settings(dir: &Path) -> ServeSettings {
    ServeSettings {
        host: Some("127.0.0.1".to_owned()),
        port: Some(0),
        workers: Some(2),
        data: DataSettings {
            data_dir: dir.to_owned(),
            store_ttl_seconds: 300,
            store_max_mb: 128,
            history_days: 30,
        },
        memory_ttl_seconds: 30,
        warm: Switch::Off,
        admin_token: None,
        admin_token_file: None,
        // Tests ask as fast as they can, all from one address.
        limits: LimitSettings { rate_limit: RateLimit(None), ..LimitSettings::default() },
        watch: WatchSettings::default(),
        engine: EngineSettings::default(),
        in_force: Vec::new(),
    }
}

pub struct Reply {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The recommendation's own bytes, as they were sent.
    pub fn recommendation(&self) -> &str {
        let (_, rest) = self.text.split_once("{\"recommendation\":").unwrap();
        rest.split_once(",\"performance_metadata\"").unwrap().0
    }
}

/// The built program, on a free port and a data directory of its own. Killed when it is dropped.
pub struct Served {
    pub child: Child,
    pub port: u16,
    pub greeting: String,
    /// What it logs.
    log: std::path::PathBuf,
    _dir: tempfile::TempDir,
}

impl Served {
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let log = File::create(dir.path().join("log")).unwrap();
        Self::logging_to(log.into(), dir, environment)
    }

    /// Its log goes into a pipe, `child.stderr`, which the caller reads or not.
    pub fn with_piped_log(environment: &[(&str, &str)]) -> Self {
        Self::logging_to(Stdio::piped(), tempfile::tempdir().unwrap(), environment)
    }

    fn logging_to(stderr: Stdio, dir: tempfile::TempDir, environment: &[(&str, &str)]) -> Self {
        let log = dir.path().join("log");
        // Another build of it, for what takes long.
        let binary = std::env::var("SUITSIZE_TEST_BINARY");
        let binary = binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_suitsize"));
        let mut child = Command::new(binary)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(dir.path())
            .env_remove("PORT")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let greeting: String = (0..3).map(|_| lines.next().unwrap().unwrap() + "\n").collect();
        let address = greeting.split("http://").nth(1).unwrap().lines().next().unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        Served { child, port, greeting, log, _dir: dir }
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
