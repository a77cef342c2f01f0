//! Why a question is not answered: every mistake in it, each with its field and what is allowed.
//!
//! Messages never repeat the value that was given: it is a body measure, and errors get logged.

use super::body::{Limits, Quantity, Unit};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;
use utoipa::ToSchema;

/// One mistake in one field.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldError {
    /// Name of the field in the request, dotted inside an object: `build.chest`.
    pub field: Cow<'static, str>,
    pub code: Code,
    /// What was wrong and what is allowed, in the request's unit.
    pub message: String,
    /// Smallest allowed value, in the request's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest allowed value, in the request's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = FieldErrorCode)]
pub enum Code {
    Required,
    WrongType,
    OutOfRange,
    NotOneOf,
    UnknownField,
    /// Given more than once, so that nobody can say which is meant.
    DuplicateField,
    UnknownSize,
    UnknownChart,
    /// Possible alone, but not together with the rest of the question.
    Contradictory,
}

impl FieldError {
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: Code,
        message: impl Into<String>,
    ) -> Self {
        FieldError { field: field.into(), code, message: message.into(), min: None, max: None }
    }

    /// A value outside `limits` (metric), told in `unit`; `hint` says what the likely mistake was.
    pub fn outside(
        field: impl Into<Cow<'static, str>>,
        code: Code,
        what: &str,
        limits: Limits,
        quantity: Quantity,
        unit: Unit,
        hint: Option<&str>,
    ) -> Self {
        // Inward to a tenth, so that a value that the message allows is allowed.
        let min = (unit.of_metric(quantity, limits.min) * 10.0).ceil() / 10.0;
        let max = (unit.of_metric(quantity, limits.max) * 10.0).floor() / 10.0;
        let symbol = unit.symbol(quantity);
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        FieldError {
            min: Some(min),
            max: Some(max),
            ..FieldError::new(
                field,
                code,
                format!("{what} must be between {min} and {max} {symbol}{hint}"),
            )
        }
    }
}

/// Everything that was wrong with a question; never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub errors: Vec<FieldError>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            write!(f, "{separator}{}", error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
