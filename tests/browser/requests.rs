//! What a page asked for, read from Chromium's performance log.

use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Request {
    id: String,
    pub url: String,
    /// What was sent, as text.
    pub body: String,
    /// Bytes over the wire, when it is answered: packed, and with the heads.
    pub transferred: u64,
}

#[derive(Default)]
pub struct Requests(Vec<Request>);

impl Requests {
    /// A line of the log.
    pub fn read(&mut self, line: &str) {
        let event: Value = serde_json::from_str(line).unwrap();
        let (method, parameters) = (&event["message"]["method"], &event["message"]["params"]);
        let id = parameters["requestId"].as_str().unwrap_or_default();
        match method.as_str() {
            Some("Network.requestWillBeSent") => self.sent(id, &parameters["request"]),
            Some("Network.loadingFinished") => {
                let length = parameters["encodedDataLength"].as_f64().unwrap_or(0.0);
                if let Some(request) = self.0.iter_mut().rfind(|request| request.id == id) {
                    request.transferred = length as u64;
                }
            }
            _ => {}
        }
    }

    fn sent(&mut self, id: &str, request: &Value) {
        let text = |name: &str| request[name].as_str().unwrap_or_default().to_owned();
        let url = text("url");
        // An empty page before the first, and what never leaves the browser.
        if url.starts_with("http") || url.starts_with("ws") {
            let (id, body) = (id.to_owned(), text("postData"));
            self.0.push(Request { id, url, body, transferred: 0 });
        }
    }

    pub fn all(&self) -> Vec<Request> {
        self.0.clone()
    }
}
