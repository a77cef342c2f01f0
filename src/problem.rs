//! What a mistake is answered with: an RFC 9457 problem document, over HTTP and on a batch's line.

use crate::json::Mistake;
use crate::sizing::RecommendError;
use crate::sizing::refusal::{Code, FieldError, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

/// The one table of everything that can go wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NotJson,
    NotCsv,
    NotFound,
    MethodNotAllowed,
    /// It was not sent in the time that it is given.
    TooSlow,
    TooLarge,
    NotJsonType,
    /// A batch is neither JSON nor CSV by its type.
    NotBatchType,
    /// The body is packed or in other characters than are read.
    NotPlain,
    /// A field is missing, unknown, of a wrong type or out of range.
    Invalid,
    /// An operator's request that means nothing.
    InvalidRequest,
    /// Each field is possible, the whole is not.
    Contradictory,
    /// An operator's address, and no operator.
    Unauthorized,
    /// There is no token, so nobody is an operator.
    AdminOff,
    /// The same is being done already.
    UnderWay,
    HeadTooLarge,
    /// As much as can be done at once is being done.
    Busy,
    /// More than a client may ask for.
    TooManyRequests,
    /// What the request needs is not there now.
    Unavailable,
    /// Ours, not the caller's.
    Internal,
}

impl Kind {
    /// HTTP status, code, title.
    pub fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Kind::NotJson => (400, "not_json", "The body is not JSON"),
            Kind::NotCsv => (400, "not_csv", "The body is not a table as CSV"),
            Kind::NotFound => (404, "not_found", "There is nothing here"),
            Kind::MethodNotAllowed => {
                (405, "method_not_allowed", "This address takes another method")
            }
            Kind::TooSlow => (408, "too_slow", "The request took too long to arrive"),
            Kind::TooLarge => (413, "too_large", "The body is too large"),
            Kind::NotJsonType => {
                (415, "not_json_type", "The body must be sent as application/json")
            }
            Kind::NotBatchType => {
                (415, "not_batch_type", "The body must be sent as application/json or text/csv")
            }
            Kind::NotPlain => (415, "not_plain", "The body must be sent as plain UTF-8"),
            Kind::Invalid => (422, "invalid_question", "The question cannot be answered as it is"),
            Kind::InvalidRequest => (422, "invalid_request", "The request means nothing as it is"),
            Kind::Contradictory => {
                (422, "contradictory_question", "The question contradicts itself")
            }
            Kind::Unauthorized => (401, "unauthorized", "This needs the operator's token"),
            Kind::AdminOff => (403, "admin_off", "Operating over HTTP is switched off"),
            Kind::UnderWay => (409, "under_way", "This is being done already"),
            Kind::HeadTooLarge => (431, "head_too_large", "The head of the request is too large"),
            Kind::Busy => (503, "busy", "There is too much to do at once"),
            Kind::TooManyRequests => (429, "too_many_requests", "That is too much at once"),
            Kind::Unavailable => (503, "unavailable", "This is not available now"),
            Kind::Internal => (500, "internal", "Something went wrong on our side"),
        }
    }
}

/// A place in a list, as small as it is: a problem is handed on as an error.
fn place(place: usize) -> Option<u32> {
    u32::try_from(place).ok()
}

/// An RFC 9457 document. `errors` lists every mistake, not the first alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:suitsize:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:suitsize:problem:invalid_question")]
    type_uri: String,
    title: &'static str,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What was wrong and what is allowed, for a person.
    detail: String,
    /// What went wrong, for a program. There may be more of them in a later version.
    #[schema(example = "invalid_question")]
    code: &'static str,
    /// By field, all of them; empty where no field is at fault.
    errors: Vec<FieldError>,
    /// As in the header `X-Request-Id`.
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// What the log is told and the caller is not.
    #[serde(skip)]
    cause: Option<String>,
    /// Seconds, for a header.
    #[serde(skip)]
    retry_after: Option<u32>,
    /// Line of a batch, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// Place in a batch's list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    /// Row of a batch's table as a spreadsheet counts, the names being the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<u32>,
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (status, code, title) = kind.row();
        Problem {
            type_uri: format!("urn:suitsize:problem:{code}"),
            title,
            status,
            detail: detail.into(),
            code,
            errors: Vec::new(),
            request_id: None,
            cause: None,
            retry_after: None,
            line: None,
            index: None,
            row: None,
        }
    }

    /// An operator's request with mistakes in these fields.
    pub fn invalid_request(errors: Vec<FieldError>) -> Self {
        let said: Vec<_> = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
        Problem { errors, ..Problem::new(Kind::InvalidRequest, said.join("; ")) }
    }

    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// What went wrong on our side, for a log. Holds nothing that was asked.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    pub fn with_line(mut self, line: usize) -> Self {
        self.line = place(line);
        self
    }

    pub fn with_index(mut self, index: usize) -> Self {
        self.index = place(index);
        self
    }

    pub fn with_row(mut self, row: Option<usize>) -> Self {
        self.row = row.and_then(place);
        self
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Seconds after which the same request is worth another try.
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }
}

impl From<Mistake> for Problem {
    fn from(mistake: Mistake) -> Self {
        let fields = match mistake {
            Mistake::Syntax(what) => return Problem::new(Kind::NotJson, what),
            Mistake::Repeated(fields) => fields,
        };
        let error = |field: String| {
            let message = format!("{field} is given more than once; send it once");
            FieldError::new(field, Code::DuplicateField, message)
        };
        Refusal { errors: fields.into_iter().map(error).collect() }.into()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let contradictory = refusal.errors.iter().all(|error| error.code == Code::Contradictory);
        let kind = if contradictory { Kind::Contradictory } else { Kind::Invalid };
        Problem { errors: refusal.errors.clone(), ..Problem::new(kind, refusal.to_string()) }
    }
}

impl From<&RecommendError> for Problem {
    fn from(error: &RecommendError) -> Self {
        match error {
            RecommendError::Refused(refusal) => refusal.clone().into(),
            RecommendError::Model(error) => Problem {
                cause: Some(format!("inference failed: {error}")),
                ..Problem::new(Kind::Internal, "The size could not be computed. Please try again.")
            },
        }
    }
}
