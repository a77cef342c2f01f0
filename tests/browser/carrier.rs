//! Carries thirtyfour's requests to chromedriver by ureq, a call at a time: a test waits for each anyway.

use thirtyfour::error::{WebDriverError, WebDriverResult};
use thirtyfour::session::http::{Body, HttpClient};

pub struct Carrier(ureq::Agent);

impl Carrier {
    pub fn new() -> Self {
        Carrier(ureq::Agent::config_builder().http_status_as_error(false).build().into())
    }
}

type Carried = WebDriverResult<ureq::http::Response<actix_web::web::Bytes>>;

/// A picture of a long page, as text.
const MOST_BYTES: u64 = 64 << 20;

#[async_trait::async_trait]
impl HttpClient for Carrier {
    async fn send(&self, request: ureq::http::Request<Body<'_>>) -> Carried {
        let (parts, body) = request.into_parts();
        let body = match body {
            Body::Empty => Vec::new(),
            Body::Json(value) => value.to_string().into_bytes(),
        };
        let failed = |error: ureq::Error| WebDriverError::HttpError(error.to_string());
        let request = ureq::http::Request::from_parts(parts, body);
        let mut answer = self.0.run(request).map_err(failed)?;
        let text = answer.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
        let text = text.map_err(failed)?;
        Ok(answer.map(|_| text.into()))
    }

    async fn new(&self) -> std::sync::Arc<dyn HttpClient> {
        std::sync::Arc::new(Carrier(self.0.clone()))
    }
}
