//! What operations have in common: headers of every answer, what can go wrong, and who may ask.

use super::super::admit;
use super::headers::{self, EVERYWHERE, RATE};
use super::mistakes;
use crate::problem::Kind::{self, *};
use serde_json::{Value, json};

/// What each operation can be answered with beside what its handler says.
struct Rule {
    path: &'static str,
    kinds: &'static [Kind],
    /// Headers of its answer beside those that every answer has.
    headers: &'static [&'static str],
}

/// Of any request, wherever it goes.
const ANY: &[Kind] = &[TooSlow, HeadTooLarge, Busy];

const RULES: &[Rule] = &[
    Rule {
        path: "/api/recommend",
        kinds: &[NotJson, TooLarge, NotJsonType, NotPlain, Invalid, Contradictory, Internal],
        headers: &["X-Cache", "Content-Language", "X-Degraded"],
    },
    Rule {
        path: "/api/recommend/batch",
        kinds: &[
            NotJson,
            NotCsv,
            TooLarge,
            NotBatchType,
            NotPlain,
            InvalidRequest,
            Invalid,
            Internal,
        ],
        headers: &["X-Degraded", "Content-Disposition"],
    },
    Rule { path: "/api/performance", kinds: &[InvalidRequest], headers: &[] },
    Rule {
        path: "/api/optimize",
        kinds: &[
            NotJson,
            Unauthorized,
            AdminOff,
            UnderWay,
            TooLarge,
            NotJsonType,
            NotPlain,
            Invalid,
            InvalidRequest,
            Unavailable,
        ],
        headers: &[],
    },
    Rule {
        path: "/api/cache",
        kinds: &[Unauthorized, AdminOff, UnderWay, InvalidRequest, Unavailable],
        headers: &[],
    },
    Rule {
        path: "/api/cache/warm",
        kinds: &[Unauthorized, AdminOff, UnderWay, Unavailable],
        headers: &[],
    },
    Rule { path: "/api/openapi.json", kinds: &[], headers: &["ETag"] },
    Rule { path: "/api/docs", kinds: &[], headers: &["ETag"] },
    Rule { path: "/api/docs/{file}", kinds: &[NotFound], headers: &["ETag"] },
];

/// Of no operation: what is not in the document is answered with these.
const ELSEWHERE: &[Kind] = &[NotFound, MethodNotAllowed];

/// Puts headers, mistakes and the operator's token into the document.
pub fn add(document: &mut Value) {
    headers::add(document);
    document["components"]["securitySchemes"]["operator"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "The token in SUITSIZE_ADMIN_TOKEN; without one, operating is switched off. After \
            five wrong ones by a client nothing from it is believed for a minute: 429.",
    });
    for kind in ELSEWHERE {
        name_response(&[*kind], document);
    }
    let mut paths = document["paths"].take();
    for (path, operations) in paths.as_object_mut().expect("there are paths") {
        let operations = operations.as_object_mut().expect("a path has operations");
        for operation in operations.values_mut() {
            complete(path, &mut operation["responses"], document);
        }
    }
    document["paths"] = paths;
}

fn complete(path: &str, responses: &mut Value, document: &mut Value) {
    let rule = RULES.iter().find(|rule| rule.path == path);
    let is_limited = admit::class(path).is_some();
    let rate = if is_limited { RATE } else { &[] };
    let own = rule.map_or(&[][..], |rule| rule.headers);
    for answer in responses.as_object_mut().expect("an operation has responses").values_mut() {
        for name in EVERYWHERE.iter().chain(rate).chain(own) {
            answer["headers"][*name] = json!({ "$ref": format!("#/components/headers/{name}") });
        }
    }
    let kinds = rule.map_or(&[][..], |rule| rule.kinds).iter().chain(ANY);
    let kinds = kinds.copied().chain(is_limited.then_some(TooManyRequests));
    for (status, kinds) in mistakes::by_status(kinds) {
        let response = &mut responses[status.to_string()];
        if response.is_null() {
            *response = name_response(&kinds, document);
        } else {
            // A handler's own answer with this status, or a problem.
            let problem = mistakes::response(&kinds, document);
            let says = [&response["description"], &problem["description"]];
            let says = says.map(|text| text.as_str().unwrap_or_default()).join(". ");
            response["description"] = json!(says);
            response["headers"] = problem["headers"].clone();
            response["headers"]["Retry-After"] = mistakes::optional("Retry-After", document);
            let content = problem["content"].as_object().expect("a problem has a type");
            for (content_type, shape) in content {
                response["content"][content_type] = shape.clone();
            }
        }
    }
}

/// Puts a response into the document and gives the reference to it.
fn name_response(kinds: &[Kind], document: &mut Value) -> Value {
    let name = mistakes::name(kinds);
    let response = mistakes::response(kinds, document);
    document["components"]["responses"][&name] = response;
    json!({ "$ref": format!("#/components/responses/{name}") })
}
