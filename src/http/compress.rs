//! Compressed answers: brotli, zstd or gzip, whichever the client likes best, by actix's encoder.
//!
//! Not actix's middleware: it would compress every answer (one to a question is 2 kB and hot, and
//! `docs/performance.md` says what that would cost), refuse who accepts nothing that it has, and hand every
//! piece from 1 kB on to the threads that look-ups in the store wait for, four of them: a flood of
//! compressed answers would starve them. Here the encoder gets smaller pieces, which it encodes where it
//! is, and the worker looks after others in between.

use super::recommend;
use actix_http::encoding::Encoder;
use actix_web::HttpRequest;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, ContentEncoding, Encoding, Header, HeaderValue, VARY,
};
use actix_web::web::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What is smaller fits one packet either way.
const LEAST_BYTES: u64 = 1_024;
/// The encoder hands pieces of 1,024 bytes and more to other threads.
const PIECE_BYTES: usize = 1_000;
/// After so much the worker looks after others: a fraction of a millisecond.
const STRETCH_BYTES: usize = 32 * 1_024;

/// Whether compressing an answer is worth it.
pub fn is_worth_it<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let size = response.response().body().size();
    matches!(size, BodySize::Sized(bytes) if bytes >= LEAST_BYTES)
        && !response.headers().contains_key(CONTENT_ENCODING)
        // However its path was written.
        && response.request().match_pattern().as_deref() != Some(recommend::PATH)
}

/// An answer that is worth it, compressed if the client can read it.
pub async fn compress<B: MessageBody + 'static>(
    mut response: ServiceResponse<B>,
) -> ServiceResponse<EitherBody<B>> {
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    let Some(encoding) = negotiate(response.request()) else {
        return response.map_into_left_body();
    };
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let bytes = match body.try_into_bytes() {
        Ok(bytes) => bytes,
        // Not there yet: it goes as it comes.
        Err(body) => {
            return ServiceResponse::new(request, response.set_body(body).map_into_left_body());
        }
    };
    let packed = match pack(encoding, bytes.clone()).await {
        Some((name, packed)) => {
            response.headers_mut().insert(CONTENT_ENCODING, name);
            packed
        }
        None => bytes,
    };
    let response = response.set_body(BoxBody::new(packed)).map_into_right_body();
    ServiceResponse::new(request, response)
}

/// The client's first choice of what there is; `None` for the answer as it is, also where the client says
/// that it wants none of these and not that either.
fn negotiate(request: &HttpRequest) -> Option<ContentEncoding> {
    let accepted = AcceptEncoding::parse(request).ok()?;
    let ours = [Encoding::identity(), Encoding::brotli(), Encoding::zstd(), Encoding::gzip()];
    match accepted.negotiate(ours.iter())? {
        Encoding::Known(ContentEncoding::Identity) | Encoding::Unknown(_) => None,
        Encoding::Known(encoding) => Some(encoding),
    }
}

/// The encoding's name and the packed bytes.
pub async fn pack(encoding: ContentEncoding, bytes: Bytes) -> Option<(HeaderValue, Bytes)> {
    // The encoder writes into a head; the answer's own is elsewhere at the moment.
    let mut scratch = actix_http::Response::new(StatusCode::OK);
    let pieces = Pieces { rest: bytes, until_rest: STRETCH_BYTES };
    let packed = to_bytes(Encoder::response(encoding, scratch.head_mut(), pieces)).await.ok()?;
    Some((scratch.headers().get(CONTENT_ENCODING)?.clone(), packed))
}

/// A body in small pieces, with a rest for the worker now and then.
struct Pieces {
    rest: Bytes,
    until_rest: usize,
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if self.until_rest == 0 {
            self.until_rest = STRETCH_BYTES;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = self.rest.len().min(PIECE_BYTES);
        self.until_rest = self.until_rest.saturating_sub(length);
        let piece = self.rest.split_to(length);
        Poll::Ready(Some(Ok(piece)))
    }
}
