//! The way of nearly every request, `POST /api/recommend`: past actix-web's application, whose router,
//! extensions, extractors and middleware cost a hit in memory a tenth of its time (`docs/performance.md`).
//!
//! Nothing is answered here that the application would answer otherwise. It has the route too, for a path that is
//! written in another way and for services with CORS; both ways take the same steps in the same order:
//! `Observer::meet`, `Tolls::charge`, `recommend::answer`, `admit::tell`, `Observer::send_off`.
//! (`tests/it/lane.rs` asks both the same.)

use super::admit::{self, Tolls};
use super::connection::Patience;
use super::observe::Observer;
use super::rate::Class;
use super::recommend;
use crate::service::Service;
use actix_http::{Payload, Request, Response};
use actix_service::{Service as _, ServiceFactory, apply_fn_factory};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::http::Method;
use actix_web::{HttpMessage, ResponseError};
use std::rc::Rc;

/// What the lane of a worker has.
pub struct Lane {
    pub observer: Rc<Observer>,
    pub tolls: Option<Rc<Tolls>>,
    pub service: Service,
    /// Where pages of other sites may ask all goes through the application, whose CORS says so of every answer.
    pub is_open: bool,
}

impl Lane {
    async fn answer(self: Rc<Self>, mut request: Request) -> Response<BoxBody> {
        let Lane { observer, tolls, service, .. } = &*self;
        let payload = request.take_payload();
        let patience = request.conn_data::<Patience>().cloned();
        let (peer, is_whole) = (request.peer_addr(), matches!(payload, Payload::None));
        let stamp = observer.meet(request.headers(), peer, patience, is_whole);
        let seen = observer.see(recommend::PATH, request.headers());
        let in_flight = observer.arrived();
        let charged = tolls.as_ref().map_or(Ok(()), |tolls| tolls.charge(&stamp, Class::Recommend));
        let answered = match charged {
            Ok(()) => recommend::answer(service, &stamp, &request, payload).await,
            Err(denied) => Err(denied),
        };
        let mut response = answered.unwrap_or_else(|problem| problem.error_response());
        admit::tell(response.headers_mut(), &stamp);
        let size = response.body().size();
        observer.send_off(in_flight, &stamp, seen, response.head_mut(), size);
        response.into()
    }
}

fn is_for_lane(request: &Request) -> bool {
    request.path() == recommend::PATH && request.method() == Method::POST
}

enum Going<Here, There> {
    Here(Here),
    There(There),
}

/// `application` with the lane beside it.
pub fn beside<F, B>(
    application: F,
    lane: Lane,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = Response<EitherBody<B>>,
    Error = F::Error,
    InitError = F::InitError,
>
where
    F: ServiceFactory<Request, Config = ()>,
    F::Response: Into<Response<B>>,
    B: MessageBody,
{
    let lane = Rc::new(lane);
    apply_fn_factory(application, move |request: Request, application: &F::Service| {
        let lane = Rc::clone(&lane);
        // In a box, or every connection would keep room for it whatever is asked on it.
        let going = match lane.is_open && is_for_lane(&request) {
            true => Going::Here(Box::pin(lane.answer(request))),
            false => Going::There(application.call(request)),
        };
        async move {
            match going {
                Going::Here(answer) => Ok(answer.await.map_body(|_, body| EitherBody::right(body))),
                Going::There(answer) => {
                    let response: Response<B> = answer.await?.into();
                    Ok(response.map_body(|_, body| EitherBody::left(body)))
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_http::test::TestRequest;

    #[test]
    fn the_plain_question_goes_beside_the_application() {
        for (method, path, expected) in [
            (Method::POST, "/api/recommend", true),
            (Method::POST, "/api/recommend?x=1", true),
            (Method::GET, "/api/recommend", false),
            (Method::OPTIONS, "/api/recommend", false),
            (Method::POST, "/api/recommend/", false),
            (Method::POST, "/api/%72ecommend", false),
            (Method::POST, "/api/recommend/batch", false),
        ] {
            let mut request = TestRequest::default();
            request.method(method.clone()).uri(path);
            assert_eq!(is_for_lane(&request.finish()), expected, "{method} {path}");
        }
    }
}
