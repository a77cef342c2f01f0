//! Files that are in the binary, and how they are sent: unchanged while the binary is, so that a browser asks
//! whether its copy is still good and is told so without a byte of it.
//!
//! A large file is in the binary packed, and is sent packed to who takes gzip. Who does not gets it unpacked:
//! once for the process, and shared.

use super::sliced::{SLICE_BYTES, Sliced};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io::Read;
use std::sync::OnceLock;

/// A file of the binary.
pub struct Asset {
    content_type: &'static str,
    stored: Stored,
    unpacked: OnceLock<Bytes>,
    /// Of the content, in hexadecimal.
    hash: OnceLock<String>,
}

enum Stored {
    Plain(&'static [u8]),
    Gzip(&'static [u8]),
}

/// A copy may be kept, and is asked about before it is used: a new binary has new files at once.
const REVALIDATE: &str = "no-cache";

impl Asset {
    pub const fn plain(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self::new(content_type, Stored::Plain(bytes))
    }

    /// `bytes` are packed with gzip.
    pub const fn gzip(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self::new(content_type, Stored::Gzip(bytes))
    }

    const fn new(content_type: &'static str, stored: Stored) -> Self {
        Asset { content_type, stored, unpacked: OnceLock::new(), hash: OnceLock::new() }
    }

    /// The answer to a request for this file.
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let headers = request.headers();
        let packed = match self.stored {
            Stored::Gzip(bytes) if takes_gzip(headers) => Some(bytes),
            _ => None,
        };
        let suffix = if packed.is_some() { "-gz" } else { "" };
        let etag = format!("\"{}{suffix}\"", self.hash());
        let mut response = revalidated(headers, etag, self.content_type, || match packed {
            Some(bytes) => Bytes::from_static(bytes),
            None => self.unpacked(),
        });
        if matches!(self.stored, Stored::Gzip(_)) {
            response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if packed.is_some() && response.status() == StatusCode::OK {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }

    fn unpacked(&self) -> Bytes {
        let unpack = || match self.stored {
            Stored::Plain(bytes) => Bytes::from_static(bytes),
            Stored::Gzip(bytes) => {
                let mut whole = Vec::new();
                GzDecoder::new(bytes).read_to_end(&mut whole).expect("a test has unpacked it");
                Bytes::from(whole)
            }
        };
        self.unpacked.get_or_init(unpack).clone()
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            let (Stored::Plain(bytes) | Stored::Gzip(bytes)) = self.stored;
            let mut hash = String::new();
            for byte in &Sha256::digest(bytes)[..8] {
                let _ = write!(hash, "{byte:02x}");
            }
            hash
        })
    }
}

/// A text that is not the binary's own, known by `hash`: as an asset is sent.
pub fn answer(
    request: &HttpRequest,
    hash: &str,
    content_type: &'static str,
    text: &str,
) -> HttpResponse {
    let bytes = || Bytes::copy_from_slice(text.as_bytes());
    revalidated(request.headers(), format!("\"{hash}\""), content_type, bytes)
}

/// The bytes, or that the client's copy of them is good.
fn revalidated(
    headers: &HeaderMap,
    etag: String,
    content_type: &'static str,
    bytes: impl FnOnce() -> Bytes,
) -> HttpResponse {
    let is_known = knows(headers, &etag);
    let mut response = match is_known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    response.insert_header((CACHE_CONTROL, REVALIDATE)).insert_header((ETAG, etag));
    if is_known {
        return response.finish();
    }
    response.content_type(content_type);
    let bytes = bytes();
    // What is one slice anyway is sent as it is: a body in slices is not compressed.
    if bytes.len() <= SLICE_BYTES {
        response.body(bytes)
    } else {
        response.body(Sliced::new(bytes))
    }
}

/// The values of a list that may come in several headers.
fn listed(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let weight = |parameters: &str| {
        let q = parameters.trim().strip_prefix("q=").map(|q| q.trim().parse::<f32>());
        q.is_none_or(|q| q.is_ok_and(|q| q > 0.0))
    };
    listed(headers, ACCEPT_ENCODING).any(|coding| {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && weight(parameters)
    })
}

/// RFC 9110, 13.1.2: compared weakly.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    listed(headers, IF_NONE_MATCH)
        .any(|known| known == "*" || known.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn gzip_is_taken_by_who_says_so() {
        for (values, takes) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["deflate, GZIP;q=0.5"], true),
            (&["br", "gzip"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.0, br"], false),
            (&["gzip;q=x"], false),
            (&["x-gzipped"], false),
        ] {
            assert_eq!(takes_gzip(&headers(ACCEPT_ENCODING, values)), takes, "{values:?}");
        }
    }

    #[test]
    fn a_copy_is_known_by_its_tag() {
        for (values, known) in [
            (&[][..], false),
            (&["\"a\""], true),
            (&["W/\"a\""], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "*"], true),
            (&["\"b\""], false),
            (&["a"], false),
        ] {
            assert_eq!(knows(&headers(IF_NONE_MATCH, values), "\"a\""), known, "{values:?}");
        }
    }
}
