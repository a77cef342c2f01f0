//! What the system tells the process.

#[cfg(unix)]
pub use of_unix::{Stop, survive_a_size_limit};

#[cfg(unix)]
mod of_unix {
    use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
    use std::future::poll_fn;
    use std::task::Poll;

    /// SIGTERM (a platform's stop) and SIGINT (Ctrl-C), caught from the moment that this is made.
    pub struct Stop([Option<Signal>; 2]);

    impl Stop {
        pub fn register() -> Self {
            Stop([SignalKind::terminate(), SignalKind::interrupt()].map(caught))
        }

        /// Completes when one of them came.
        pub async fn asked(self) {
            let Stop(mut signals) = self;
            poll_fn(|context| {
                let mut come = signals.iter_mut().flatten().map(|signal| signal.poll_recv(context));
                if come.any(|come| come.is_ready()) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
    }

    /// A file that reaches the process's size limit (`ulimit -f`) is to fail the write, not to end the
    /// process, which is what the signal does that nobody takes.
    pub fn survive_a_size_limit() {
        // Once registered it stays: the stream itself is of no interest.
        drop(caught(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())));
    }

    fn caught(kind: SignalKind) -> Option<Signal> {
        let caught = signal(kind);
        caught.map_err(|error| log::warn!("a signal cannot be caught: {error}")).ok()
    }
}

#[cfg(not(unix))]
pub struct Stop;

#[cfg(not(unix))]
impl Stop {
    pub fn register() -> Self {
        Stop
    }

    /// Completes on Ctrl-C.
    pub async fn asked(self) {
        drop(actix_web::rt::signal::ctrl_c().await);
    }
}

#[cfg(not(unix))]
pub fn survive_a_size_limit() {}
