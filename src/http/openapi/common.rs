//! What operations have in common: headers of every answer, what can go wrong, and who may ask.

use serde_json::{Value, json};

/// Something that can go wrong, as a named response.
struct Mistake {
    status: u16,
    name: &'static str,
    says: &'static str,
    header: Option<&'static str>,
}

const fn mistake(status: u16, name: &'static str, says: &'static str) -> Mistake {
    Mistake { status, name, says, header: None }
}

const MISTAKES: &[Mistake] = &[
    mistake(400, "NotJson", "`not_json`: the body is not JSON, or cannot be read."),
    Mistake {
        header: Some("WWW-Authenticate"),
        ..mistake(401, "Unauthorized", "`unauthorized`: this needs the operator's token.")
    },
    mistake(403, "AdminOff", "`admin_off`: the service has no operator's token."),
    mistake(404, "NotFound", "`not_found`: no such address."),
    Mistake {
        header: Some("Allow"),
        ..mistake(405, "MethodNotAllowed", "`method_not_allowed`: `Allow` says which are.")
    },
    mistake(408, "TooSlow", "The body did not come in time."),
    mistake(409, "UnderWay", "`under_way`: the same is being done already."),
    mistake(413, "TooLarge", "`too_large`: the body is larger than it may be."),
    mistake(415, "NotJsonType", "`not_json_type`: the body was not sent as what it must be."),
    mistake(
        422,
        "Invalid",
        "`invalid_question`, `contradictory_question` or `invalid_request`: `errors` lists every mistake \
         with its field, what is allowed, and what was probably meant.",
    ),
    Mistake {
        header: Some("Retry-After"),
        ..mistake(429, "TooMany", "More requests than one client may send.")
    },
    mistake(500, "Internal", "`internal`: something went wrong on our side."),
    Mistake {
        header: Some("Retry-After"),
        ..mistake(503, "Unavailable", "`unavailable`: not now; `Retry-After` says when.")
    },
];

/// What each operation can be answered with beside what its handler says.
struct Rule {
    path: &'static str,
    mistakes: &'static [u16],
    /// Headers of its answer beside those that every answer has.
    headers: &'static [&'static str],
}

/// Any route may be asked too often, or when the service is at its limits.
const ANY: &[u16] = &[429, 503];
const BODY: &[u16] = &[400, 408, 413, 415, 422, 429, 500, 503];
const ADMIN: &[u16] = &[401, 403, 409, 422, 429, 503];

const RULES: &[Rule] = &[
    Rule { path: "/api/recommend", mistakes: BODY, headers: &["X-Cache", "X-Degraded"] },
    Rule { path: "/api/performance", mistakes: &[422, 429, 503], headers: &[] },
    Rule {
        path: "/api/optimize",
        mistakes: &[400, 401, 403, 408, 409, 413, 415, 422, 429, 503],
        headers: &[],
    },
    Rule { path: "/api/cache", mistakes: ADMIN, headers: &[] },
    Rule { path: "/api/cache/warm", mistakes: &[401, 403, 409, 429, 503], headers: &[] },
    Rule { path: "/api/openapi.json", mistakes: ANY, headers: &["ETag"] },
    Rule { path: "/api/docs", mistakes: ANY, headers: &["ETag"] },
    Rule { path: "/api/docs/{file}", mistakes: &[404, 429, 503], headers: &["ETag"] },
];

/// Headers of every answer.
const EVERYWHERE: &[&str] = &["X-Request-Id", "X-Response-Time", "Server-Timing", "Cache-Control"];

/// Name, what it says, schema, whether it is always there.
fn headers() -> [(&'static str, &'static str, Value, bool); 13] {
    let text = || json!({ "type": "string" });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let tiers = json!({ "type": "string", "enum": ["HIT-MEMORY", "HIT-STORE", "MISS"] });
    let time = json!({ "type": "string", "pattern": r"^[0-9]+\.[0-9]{3}ms$" });
    [
        (
            "X-Request-Id",
            "A caller's own, if it is 1 to 64 of letters, digits, - _ .",
            text(),
            true,
        ),
        ("X-Response-Time", "From the complete request to its answer.", time, true),
        ("Server-Timing", "The same for a browser, and the tier of the answer.", text(), true),
        ("Cache-Control", "`no-store` but for this document and its page.", text(), true),
        ("X-Cache", "Where the answer came from.", tiers, true),
        ("X-Degraded", "What the service does without, while it does.", text(), false),
        ("ETag", "Send it back in If-None-Match: 304 while nothing has changed.", text(), true),
        ("Retry-After", "Seconds to wait.", count(), true),
        ("Allow", "What the address takes.", text(), true),
        ("WWW-Authenticate", "`Bearer`", text(), true),
        ("RateLimit-Limit", "Requests in a window, where requests are limited.", count(), false),
        ("RateLimit-Remaining", "Requests that are left of them.", count(), false),
        ("RateLimit-Reset", "Seconds until all of them are there again.", count(), false),
    ]
}

const RATE: &[&str] = &["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"];

/// Puts headers, mistakes and the operator's token into the document.
pub fn add(document: &mut Value) {
    for (name, says, schema, required) in headers() {
        document["components"]["headers"][name] =
            json!({ "description": says, "schema": schema, "required": required });
    }
    for mistake in MISTAKES {
        document["components"]["responses"][mistake.name] = response(mistake);
    }
    document["components"]["securitySchemes"]["operator"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "The token in SUITSIZE_ADMIN_TOKEN; without one, operating is switched off.",
    });
    let paths = document["paths"].as_object_mut().expect("there are paths");
    for (path, operations) in paths {
        let operations = operations.as_object_mut().expect("a path has operations");
        for operation in operations.values_mut() {
            complete(path, operation);
        }
    }
}

fn complete(path: &str, operation: &mut Value) {
    let rule = RULES.iter().find(|rule| rule.path == path);
    let responses = operation["responses"].as_object_mut().expect("an operation has responses");
    for answer in responses.values_mut() {
        for name in EVERYWHERE.iter().chain(RATE).chain(rule.map_or(&[][..], |rule| rule.headers)) {
            answer["headers"][*name] = reference("headers", name);
        }
    }
    for status in rule.map_or(ANY, |rule| rule.mistakes) {
        let mistake = MISTAKES.iter().find(|mistake| mistake.status == *status);
        let mistake = mistake.expect("every status of a rule has its mistake");
        responses.insert(status.to_string(), reference("responses", mistake.name));
    }
}

fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn response(mistake: &Mistake) -> Value {
    let mut response = json!({
        "description": mistake.says,
        "content": {
            "application/problem+json": { "schema": reference("schemas", "Problem") },
        },
    });
    for name in EVERYWHERE.iter().chain(RATE).chain(&mistake.header) {
        response["headers"][*name] = reference("headers", name);
    }
    response
}
