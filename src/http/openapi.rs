//! The published contract (`OpenAPI` 3.1), made from the answers' own types, the handlers, and the tables that
//! a question is read by.
//!
//! What is served is `docs/openapi.json`, as it was committed: a test makes it anew from here and compares.
//! So none of this runs in a service. What the derives cannot say is put in as JSON: the question
//! (`question`), what every answer has in common and everything that can go wrong (`common`), and examples.

mod batch;
mod common;
pub mod examples;
mod headers;
mod mistakes;
mod question;
pub(super) mod shapes;

use super::{admin, alerts, documents, health, metrics, performance, recommend, status};
use examples::Ask;
use serde_json::{Value, json};
use utoipa::OpenApi;

/// To add a route: `#[utoipa::path]` on its handler, its name here, and a row in `common::RULES`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "SuitSize",
        description = "A suit size from height and weight, and how sure it is. Mistakes are answered with \
            RFC 9457 problem documents. The pages for people (`/`, `/dashboard`, and what they load from \
            `/pages/`) are not in here. Any other path that is not here is answered with 404, a method that is not \
            here with 405 and `Allow`; HEAD is taken wherever GET is. What is no whole request, or finds no \
            place, is answered with 408, 431 or 503 and a problem, without a request's headers, and its connection \
            is closed. Answers from 1 kB on come packed to who accepts it, but for the one to a question. Fields may be added to answers, and \
            words to a text that is not an enumeration; none is renamed.",
        license(name = "MIT", identifier = "MIT"),
    ),
    servers((url = "/", description = "The service that this document came from")),
    tags(
        (name = "sizing", description = "Questions and answers"),
        (name = "health", description = "How the service is; read from numbers that are there already"),
        (name = "performance", description = "How the service was"),
        (name = "operating", description = "For who has the operator's token"),
        (name = "contract", description = "This document, and a page to try it on"),
    ),
    paths(
        recommend::recommend,
        super::batch::batch,
        health::health,
        health::live,
        health::ready,
        health::detailed,
        health::cache,
        health::database,
        health::performance,
        performance::performance,
        metrics::metrics,
        alerts::alerts,
        status::status,
        admin::optimize,
        admin::clear,
        admin::warm,
        documents::contract,
        documents::page,
        documents::part,
    ),
    components(schemas(
        documents::PartName,
        crate::problem::Problem,
        crate::sizing::recommendation::Details,
        crate::sizing::question::SizeSystem,
    ))
)]
struct Contract;

/// The contract as a document. `ask` asks a running service: examples are what is really answered.
#[must_use]
pub fn document(ask: &Ask) -> Value {
    let made = Contract::openapi().to_pretty_json().expect("a document is JSON");
    let mut document: Value = serde_json::from_str(&made).expect("a document is JSON");
    add_details(&mut document);
    question::add(&mut document);
    batch::add(&mut document);
    say_what_derives_cannot(&mut document);
    common::add(&mut document);
    examples::add(&mut document, ask);
    document
}

/// The fields that `details` adds, which the derive cannot flatten: they may be absent.
fn add_details(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    let details = schemas["Details"]["properties"].clone();
    let recommendation = schemas["Recommendation"]["properties"].as_object_mut();
    let recommendation = recommendation.expect("a recommendation has fields");
    for (name, field) in details.as_object().expect("details have fields") {
        recommendation.insert(name.clone(), field.clone());
    }
    schemas.as_object_mut().expect("there are schemas").remove("Details");
}

fn say_what_derives_cannot(document: &mut Value) {
    document["components"]["schemas"]["OptimizeRequest"]["additionalProperties"] = json!(false);
    document["paths"]["/api/optimize"]["post"]["requestBody"]["required"] = json!(false);
    let parameters = document["paths"]["/api/performance"]["get"]["parameters"].as_array_mut();
    for parameter in parameters.expect("performance has parameters") {
        // Absent or right: there is no way to write null in a query.
        let kind = if parameter["name"] == "route" { "string" } else { "integer" };
        parameter["schema"]["type"] = json!(kind);
        if parameter["name"] == "route" {
            parameter["schema"]["enum"] = json!(super::ROUTES);
        }
    }
    let parameters = &mut document["paths"]["/api/cache"]["delete"]["parameters"];
    parameters[0]["schema"]["type"] = json!("string");
    // The same under a second address.
    let mut operations = document["paths"]["/metrics"].clone();
    operations["get"]["operationId"] = json!("metrics_at_api");
    document["paths"]["/api/metrics"] = operations;
}
