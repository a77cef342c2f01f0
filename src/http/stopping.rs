//! The end of serving, so that no request that was sent is left without its answer.
//!
//! A client sends its next request on a connection that it was told would be kept, or on one that the kernel
//! has taken and nobody has looked at. So the order is: take no new connections, and those that the kernel
//! has; then close the listener, which refuses whoever comes now; then answer what comes on open connections
//! and say with each answer that it is the last; after a second close those on which nothing came; at last
//! wait for what is still being answered. What is left then is cut off: a platform kills after its own time.

use super::census::Census;
use actix_web::dev::ServerHandle;
use actix_web::rt::{net::TcpStream, time::sleep};
use rustix::net::{Shutdown, listen, shutdown};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Until the thread that takes connections has heard that it is to take none.
const PAUSE: Duration = Duration::from_millis(20);
/// For a connection that may be about to be used: the pause of a client in the middle of its work.
const LAST_REQUEST: Duration = Duration::from_secs(1);
/// For what is being answered; actix-web looks once a second. All together stay below 5 s.
pub const FINISH_SECONDS: u64 = 3;
/// Each waits for so long at the most: nobody else is served meanwhile on this thread.
const TRIES: usize = 20;
const TRY: Duration = Duration::from_millis(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// An address of "everywhere" is not one to connect to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// How far the service is with stopping. Cheap to clone.
#[derive(Clone)]
pub struct Stopping {
    asked: Arc<AtomicBool>,
    over: watch::Sender<bool>,
}

impl Stopping {
    pub fn new() -> Self {
        Stopping { asked: Arc::default(), over: watch::Sender::new(false) }
    }

    /// Whether each answer is its connection's last.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Relaxed)
    }

    /// Completes when connections without a request are to close.
    pub fn is_over(&self) -> impl Future<Output = ()> + use<> {
        let mut over = self.over.subscribe();
        async move { drop(over.wait_for(|over| *over).await) }
    }
}

/// What stopping needs of a running server.
pub struct Stop<S> {
    pub handle: ServerHandle,
    /// The socket that is listened on, a second time.
    pub listener: TcpListener,
    pub census: Arc<Census>,
    pub stopping: Stopping,
    /// Serves a connection on this thread.
    pub serve: S,
}

impl<S: Fn(TcpStream)> Stop<S> {
    /// Stops in order.
    pub async fn run(self) {
        self.handle.pause().await;
        sleep(PAUSE).await;
        self.close_the_listener();
        self.stopping.asked.store(true, Relaxed);
        self.wait_for_nobody(LAST_REQUEST).await;
        self.stopping.over.send_replace(true);
        let finish = Instant::now() + Duration::from_secs(FINISH_SECONDS);
        self.handle.stop(true).await;
        // Those that are served on this thread.
        self.wait_for_nobody(finish.saturating_duration_since(Instant::now())).await;
    }

    /// Closing it resets whoever the kernel has taken meanwhile, between the last look and the call: with many
    /// clients and a busy machine one in a hundred thousand requests. So the queue is made one place long, and
    /// that place is taken by ourselves: whoever comes now is not taken, and refused when it tries again.
    fn close_the_listener(&self) {
        let own = self.listener.local_addr().map(reachable);
        let shortened = listen(&self.listener, 0);
        let mut last = None;
        for _ in 0..TRIES {
            self.take_the_last();
            let (Ok(own), Ok(())) = (&own, &shortened) else { break };
            // While somebody else has the place this one is not taken either.
            last = std::net::TcpStream::connect_timeout(own, TRY).ok();
            if last.is_some() {
                break;
            }
        }
        self.refuse_new();
        drop(last);
    }

    fn refuse_new(&self) {
        if let Err(error) = shutdown(&self.listener, Shutdown::Read) {
            log::debug!("the listener is closed: {error}");
        }
    }

    fn take_the_last(&self) {
        while let Ok((stream, _)) = self.listener.accept() {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            match stream {
                Ok(stream) => (self.serve)(stream),
                Err(error) => log::debug!("a last connection is lost: {error}"),
            }
        }
    }

    async fn wait_for_nobody(&self, most: Duration) {
        let until = Instant::now() + most;
        while self.census.open() > 0 && Instant::now() < until {
            sleep(LOOK_EVERY).await;
        }
    }
}
