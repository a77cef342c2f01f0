//! The question as a schema, from the table that it is read by.
//!
//! Two shapes with names of their own, by unit: ranges differ, and a stock generator makes two good types of
//! them where it would make a bad one of a shape with conditions in it.

use crate::sizing::body::{Limits, Quantity, Unit};
use crate::sizing::contract::{self, Field, Kind, MAX_TEXT_CHARS};
use serde_json::{Map, Value, json};

/// 3'11.25" to 7'6.55" is what 120 to 230 cm are; the common spelling of them, to the half inch.
const FEET_AND_INCHES: &str = r#"^(3'11\.5|[4-6]'([0-9]|1[01])(\.5)?|7'[0-5](\.5)?|7'6(\.5)?)"?$"#;

/// Puts the shapes of a question into the document, and has `/api/recommend` take it.
pub fn add(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    for (name, unit) in [("MetricQuestion", Unit::Metric), ("ImperialQuestion", Unit::Imperial)] {
        schemas[name] = object(&contract::fields(), unit, says(unit));
        schemas[name]["allOf"] = json!([of_the_chest()]);
    }
    for field in contract::fields() {
        name_parts(schemas, &field);
    }
    schemas["HeightInFeet"] = json!({
        "type": "string",
        "pattern": FEET_AND_INCHES,
        "description": "Feet and inches, whatever the unit. Other spellings (`5 ft 10 in`, `5'10 1/2\"`) \
            are understood too.",
        "examples": ["5'10\""],
    });
    schemas["Question"] = json!({
        "description": "A question, in metric or in imperial units.",
        "oneOf": [
            { "$ref": "#/components/schemas/MetricQuestion" },
            { "$ref": "#/components/schemas/ImperialQuestion" },
        ],
    });
    document["paths"]["/api/recommend"]["post"]["requestBody"] = json!({
        "required": true,
        "description": "At most 16 kB. A field that is not here is refused by name.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Question" } } },
    });
}

/// A weight, or what may stand in for it. Beside the properties and without any of its own: a generator of
/// clients passes over it.
fn of_the_chest() -> Value {
    let one = |name: &str| {
        let is_told = json!({ "not": { "type": "null" } });
        json!({ "required": [name], "properties": { name: is_told } })
    };
    json!({ "anyOf": contract::OF_THE_CHEST.map(one) })
}

fn says(unit: Unit) -> &'static str {
    match unit {
        Unit::Metric => "Lengths in centimetres, weight in kilograms.",
        Unit::Imperial => "Lengths in inches, weight in pounds.",
    }
}

/// Words and objects get names, so that both shapes share a type of them.
fn name_parts(schemas: &mut Value, field: &Field) {
    match &field.kind {
        Kind::Words(words) if field.name != "sizeSystem" => {
            schemas[type_name(field.name)] =
                json!({ "type": "string", "enum": words, "description": field.says });
        }
        Kind::Object(fields) => {
            schemas[type_name(field.name)] = object(fields, Unit::Metric, field.says);
        }
        _ => {}
    }
}

fn type_name(field: &str) -> String {
    match field {
        "tape" => "TapeBy".to_owned(),
        name => name[..1].to_uppercase() + &name[1..],
    }
}

fn object(fields: &[Field], unit: Unit, says: &str) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<&str> = Vec::new();
    for field in fields {
        let is_unit_to_tell = matches!(field.kind, Kind::Unit) && unit == Unit::Imperial;
        let required_here = field.required || is_unit_to_tell;
        if required_here {
            required.push(field.name);
        }
        properties.insert(field.name.to_owned(), property(field, unit, required_here));
    }
    let mut object = json!({
        "type": "object",
        "description": says,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn property(field: &Field, unit: Unit, required: bool) -> Value {
    let or_null = |kind: &str| if required { json!(kind) } else { json!([kind, "null"]) };
    let mut property = match &field.kind {
        Kind::Height(limits) => {
            let number = number(json!("number"), Quantity::Length, *limits, unit);
            json!({ "anyOf": [number, { "$ref": "#/components/schemas/HeightInFeet" }] })
        }
        Kind::Number(quantity, limits) => number(or_null("number"), *quantity, *limits, unit),
        Kind::Unit if unit == Unit::Metric => {
            json!({ "type": ["string", "null"], "enum": ["metric", null] })
        }
        Kind::Unit => json!({ "type": "string", "const": "imperial" }),
        Kind::Flag => json!({ "type": or_null("boolean") }),
        Kind::Text => {
            json!({ "type": or_null("string"), "minLength": 1, "maxLength": MAX_TEXT_CHARS })
        }
        Kind::Words(words) if field.name == "system" || field.name == "sizeSystem" => {
            debug_assert!(!words.is_empty());
            nullable_reference("SizeSystem")
        }
        Kind::Words(words) if matches!(field.name, "chest" | "stomach") => {
            let mut words: Vec<Value> = words.iter().map(|word| json!(word)).collect();
            words.push(Value::Null);
            json!({ "type": ["string", "null"], "enum": words })
        }
        Kind::Words(_) | Kind::Object(_) => nullable_reference(&type_name(field.name)),
    };
    let symbol = match &field.kind {
        Kind::Height(_) => format!(" In {}.", unit.symbol(Quantity::Length)),
        Kind::Number(quantity, _) => format!(" In {}.", unit.symbol(*quantity)),
        _ => String::new(),
    };
    property["description"] = json!(format!("{}{symbol}", field.says));
    property
}

fn nullable_reference(name: &str) -> Value {
    json!({ "oneOf": [{ "$ref": format!("#/components/schemas/{name}") }, { "type": "null" }] })
}

/// Inward to a ten-thousandth, so that what the contract allows is allowed.
fn number(kind: Value, quantity: Quantity, limits: Limits, unit: Unit) -> Value {
    let min = (unit.of_metric(quantity, limits.min) * 1e4).ceil() / 1e4;
    let max = (unit.of_metric(quantity, limits.max) * 1e4).floor() / 1e4;
    json!({ "type": kind, "minimum": min, "maximum": max })
}
