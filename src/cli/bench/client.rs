//! One user's connection: HTTP/1.1 kept alive, opened again when it has ended. Only home of hyper.
//!
//! The connection is driven by whoever waits on it, in the same task: no channel and no second task to wake
//! for each answer, so that the client costs the machine, which it often shares with the service, little.

use super::measure::{Failure, Tier};
use super::url::Url;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use tokio::net::TcpStream;

/// Of an answer that is read whole: a service's documents are some kB.
const MOST_KEPT_BYTES: usize = 1 << 20;

/// Whom all users ask.
#[derive(Clone, Debug)]
pub struct Target {
    pub url: Url,
    pub address: SocketAddr,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub tier: Tier,
    pub body_bytes: u64,
    /// The body, where it was to be kept.
    pub body: Vec<u8>,
}

/// A request, but for its connection.
pub enum Ask {
    Recommend(Bytes),
    /// A document, whose body is kept.
    Get(&'static str),
}

impl Ask {
    pub fn recommend(question: String) -> Self {
        Ask::Recommend(question.into())
    }
}

type Line = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;

struct Link {
    sender: SendRequest<Full<Bytes>>,
    line: Pin<Box<Line>>,
    has_ended: bool,
}

/// A user's, with no connection yet.
pub struct Client {
    target: Arc<Target>,
    host: HeaderValue,
    link: Option<Link>,
    opened: u64,
}

impl Client {
    pub fn new(target: Arc<Target>) -> Self {
        let host = HeaderValue::from_str(target.url.authority());
        let host = host.expect("a host's name is plain text");
        Client { target, host, link: None, opened: 0 }
    }

    /// Connections opened after the first, since this was last asked.
    pub fn take_reconnects(&mut self) -> u64 {
        let reconnects = self.opened.saturating_sub(1);
        self.opened = self.opened.min(1);
        reconnects
    }

    /// Opens a connection where there is none.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn connect(&mut self) -> Result<(), Failure> {
        if self.link.as_ref().is_some_and(|link| !link.has_ended && !link.sender.is_closed()) {
            return Ok(());
        }
        self.link = None;
        let stream = TcpStream::connect(self.target.address).await.map_err(|error| {
            if error.kind() == ErrorKind::ConnectionRefused {
                Failure::Refused
            } else {
                Failure::Connect
            }
        })?;
        stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
        let handshake = http1::handshake(TokioIo::new(stream)).await;
        let (sender, line) = handshake.map_err(|_| Failure::Connect)?;
        self.link = Some(Link { sender, line: Box::pin(line), has_ended: false });
        self.opened += 1;
        Ok(())
    }

    /// Waits for something else, and notices meanwhile when the service closes the connection.
    pub async fn idle<T>(&mut self, until: impl Future<Output = T>) -> T {
        match &mut self.link {
            Some(link) => alongside(&mut link.line, &mut link.has_ended, until).await,
            None => until.await,
        }
    }

    /// One request and its whole answer. A connection that turns out to have ended before anything was sent
    /// is opened anew: that is no failure, for keep-alive ends some time.
    ///
    /// # Errors
    /// Why there is no answer; the connection is then gone.
    pub async fn ask(&mut self, ask: &Ask) -> Result<Answer, Failure> {
        for last_try in [false, true] {
            self.connect().await?;
            let request = self.request(ask);
            let Some(link) = &mut self.link else { return Err(Failure::Connect) };
            let Link { sender, line, has_ended } = link;
            let keep = matches!(ask, Ask::Get(_));
            let error = match alongside(line, has_ended, exchange(sender, request, keep)).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            self.link = None;
            if last_try || !error.is_canceled() {
                return Err(failure(&error));
            }
        }
        Err(Failure::Closed)
    }

    /// Closes the connection: after a time limit what comes on it belongs to nobody.
    pub fn abandon(&mut self) {
        self.link = None;
    }

    fn request(&self, ask: &Ask) -> Request<Full<Bytes>> {
        let (method, path, body) = match ask {
            Ask::Recommend(body) => (Method::POST, "/api/recommend", body.clone()),
            Ask::Get(path) => (Method::GET, *path, Bytes::new()),
        };
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(Full::new(body))
            .expect("every part of it is plain")
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    keep: bool,
) -> hyper::Result<Answer> {
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let tier = Tier::of(response.headers().get("x-cache").map(HeaderValue::as_bytes));
    // A refusal says in words what is wrong.
    let (body_bytes, body) = read(response, keep || status != 200).await?;
    Ok(Answer { status, tier, body_bytes, body })
}

async fn read(mut response: Response<Incoming>, keep: bool) -> hyper::Result<(u64, Vec<u8>)> {
    let (mut count, mut kept) = (0, Vec::new());
    while let Some(frame) = response.body_mut().frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        count += data.len() as u64;
        if keep && kept.len() + data.len() <= MOST_KEPT_BYTES {
            kept.extend_from_slice(&data);
        }
    }
    Ok((count, kept))
}

/// Drives the connection until `work` is done. Once the connection has ended, `work` knows by itself.
async fn alongside<F: Future>(
    line: &mut Pin<Box<Line>>,
    has_ended: &mut bool,
    work: F,
) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        if *has_ended {
            return Poll::Pending;
        }
        *has_ended = line.as_mut().poll(context).is_ready();
        work.as_mut().poll(context)
    })
    .await
}

fn failure(error: &hyper::Error) -> Failure {
    if error.is_parse() { Failure::Protocol } else { Failure::Closed }
}
