//! The least that an actix-web server does for `POST /api/recommend`: read the question, give the answer's
//! bytes.
//!
//! `suitsize-limit PORT WORKERS ANSWER_FILE`. The question is a serde struct with the fields of the contract, by the
//! framework's own `web::Json`; the answer is what the file holds, whatever was asked. Nothing is counted, logged, limited,
//! kept or looked up, and `content-type` is the only header beside the framework's `content-length` and `date`. The service's
//! keep-alive, backlog and number of workers, so that a connection lives as long here as there.

use actix_web::web::{Bytes, Data, Json, JsonConfig};
use actix_web::{App, HttpResponse, HttpServer, post};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

/// As in the service's `http/server.rs`.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const BACKLOG: u32 = 1_024;
/// As the service allows.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// A length may be text: `5'10"`.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "reading it is what is measured")]
enum Length {
    Number(f64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "reading it is what is measured")]
struct Question {
    height: Length,
    weight: Option<f64>,
    fit_preference: Option<String>,
    unit: Option<String>,
    age: Option<f64>,
    sex: Option<String>,
    chest: Option<f64>,
    waist: Option<f64>,
    hip: Option<f64>,
    neck: Option<f64>,
    shoulder: Option<f64>,
    sleeve: Option<f64>,
    inseam: Option<f64>,
    build: Option<BTreeMap<String, String>>,
    known_size: Option<BTreeMap<String, String>>,
    known_trousers: Option<BTreeMap<String, String>>,
    measured: Option<bool>,
    tape: Option<String>,
    size_system: Option<String>,
    chart: Option<String>,
    details: Option<bool>,
    lang: Option<String>,
}

#[post("/api/recommend")]
async fn recommend(question: Json<Question>, answer: Data<Bytes>) -> HttpResponse {
    black_box(&question.0);
    HttpResponse::Ok().content_type("application/json").body(Bytes::clone(&answer))
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, workers, file] = arguments.as_slice() else { return Err(usage("three are needed")) };
    let port: u16 = port.parse().map_err(|_| usage("PORT is 0 to 65535"))?;
    let workers: usize = workers.parse().map_err(|_| usage("WORKERS is a whole number"))?;
    let answer = Data::new(Bytes::from(std::fs::read(file)?));
    HttpServer::new(move || {
        App::new()
            .app_data(answer.clone())
            .app_data(JsonConfig::default().limit(MAX_BODY_BYTES))
            .service(recommend)
    })
    .workers(workers)
    .keep_alive(KEEP_ALIVE)
    .backlog(BACKLOG)
    .bind(("127.0.0.1", port))?
    .run()
    .await
}

fn usage(what: &str) -> std::io::Error {
    std::io::Error::other(format!("{what}: suitsize-limit PORT WORKERS ANSWER_FILE"))
}
