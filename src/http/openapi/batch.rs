//! A list of questions as a schema: what `/api/recommend/batch` takes, as JSON and as a table.
//!
//! A question that is none does not fail the others, so a list with it in is a list. The shapes say what a question
//! should be, and that anything else is taken too.

use super::super::batch::MOST_QUESTIONS;
use serde_json::{Value, json};

const SHAPES: [(&str, &str); 2] =
    [("ListedMetricQuestion", "MetricQuestion"), ("ListedImperialQuestion", "ImperialQuestion")];

/// Puts the shapes of a list into the document, and has `/api/recommend/batch` take it.
pub fn add(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for (name, question) in SHAPES {
        schemas[name] = labelled(schemas[question].clone());
    }
    schemas["ListedQuestion"] = json!({
        "description": "A question with its labels. What is none of these is answered with a problem in its \
            place.",
        "anyOf": [
            { "$ref": "#/components/schemas/ListedMetricQuestion" },
            { "$ref": "#/components/schemas/ListedImperialQuestion" },
            {},
        ],
    });
    schemas["QuestionList"] = json!({
        "type": "object",
        "required": ["questions"],
        "properties": {
            "questions": questions(),
            "defaults": {
                "description": "Fields of a question, for every question that does not say otherwise.",
                "type": ["object", "null"],
                "additionalProperties": true,
            },
        },
        "additionalProperties": false,
    });
    document["paths"]["/api/recommend/batch"]["post"]["requestBody"] = json!({
        "required": true,
        "description": "At most 1 MB. The answer is written as the list was sent; `Accept` asks for the other.",
        "content": {
            "application/json": { "schema": { "anyOf": [
                questions(),
                { "$ref": "#/components/schemas/QuestionList" },
            ] } },
            "text/csv": { "schema": {
                "type": "string",
                "description": "A table whose first row names the columns: `height`, `weight` (or \
                    `knownSize.size` or `chest` in its place), and any other \
                    field, `build.chest`, `build.stomach`, `knownSize.size`, `knownSize.system`, \
                    `knownTrousers.size`, `knownTrousers.system`, `id`, `name`. \
                    UTF-8; `,` `;` or tab between cells. Not whole numbers may have a decimal comma unless that \
                    is between cells.",
            } },
        },
    });
}

fn questions() -> Value {
    json!({
        "type": "array",
        "items": { "$ref": "#/components/schemas/ListedQuestion" },
        "minItems": 1,
        "maxItems": MOST_QUESTIONS,
    })
}

fn labelled(mut question: Value) -> Value {
    for label in ["id", "name"] {
        question["properties"][label] = json!({
            "type": ["string", "number", "null"],
            "description": "Comes back with the answer, as text; neither kept nor logged.",
        });
    }
    question
}
