//! A large body that is sent in small slices.
//!
//! actix copies each chunk of a body whole into a connection's write buffer. As one chunk, half a megabyte
//! would be copied for everybody who asks and does not read; in slices it is a slice and no more.

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

pub const SLICE_BYTES: usize = 16 * 1024;

/// Bytes that are shared by everybody who is sent them, and copied by the slice.
pub struct Sliced<Place = ()> {
    rest: Bytes,
    /// Kept until the last slice is sent, or nobody takes it any more.
    _place: Place,
}

impl Sliced {
    pub fn new(bytes: Bytes) -> Self {
        Sliced::holding((), bytes)
    }
}

impl<Place> Sliced<Place> {
    /// A body that has its place among those that are under way until it is sent.
    pub fn holding(place: Place, bytes: impl Into<Bytes>) -> Self {
        Sliced { rest: bytes.into(), _place: place }
    }
}

impl<Place: Unpin> MessageBody for Sliced<Place> {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let rest = &mut self.rest;
        let slice = rest.split_to(rest.len().min(SLICE_BYTES));
        Poll::Ready((!slice.is_empty()).then_some(Ok(slice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn a_body_comes_whole_in_slices() {
        for length in [0, 1, SLICE_BYTES, SLICE_BYTES + 1, 10 * SLICE_BYTES + 7] {
            let whole: Vec<u8> = (0..length).map(|at| at as u8).collect();
            let mut body = Sliced::new(Bytes::from(whole.clone()));
            let mut context = Context::from_waker(Waker::noop());
            let mut sent: Vec<u8> = Vec::new();
            while let Poll::Ready(Some(Ok(slice))) = Pin::new(&mut body).poll_next(&mut context) {
                assert!(!slice.is_empty() && slice.len() <= SLICE_BYTES);
                sent.extend_from_slice(&slice);
                let left = BodySize::Sized((length - sent.len()) as u64);
                assert_eq!(body.size(), left);
            }
            assert_eq!(sent, whole);
        }
    }
}
