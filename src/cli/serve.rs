//! `suitsize serve`.

#[cfg(unix)]
mod hangup;

use super::Outcome;
use crate::app::App;
use crate::config::ServeSettings;
use actix_web::rt::{self, signal};
use std::io::Write;
use std::process::ExitCode;

pub fn run(settings: &ServeSettings) -> Outcome {
    rt::System::new().block_on(async {
        #[cfg(unix)]
        {
            survive_a_size_limit();
            allow_connections(settings.limits.max_connections.into());
        }
        #[cfg(unix)]
        let hangups = hangup::Hangups::taken();
        let app = App::build(settings)?;
        #[cfg(unix)]
        hangups.reload_with(app.reloader());
        greet(&app);
        app.run_until(stop_signal()).await?;
        log::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}

fn greet(app: &App) {
    let address = app.address();
    // An address of "everywhere" is not one to send a request to.
    let host = if address.ip().is_unspecified() {
        "localhost".to_owned()
    } else {
        address.ip().to_string()
    };
    let request = format!(
        "curl -s {host}:{}/api/recommend -H 'content-type: application/json' -d '{{\"height\":175,\"weight\":75}}'",
        app.port()
    );
    // Whoever started it may have closed its output: no reason not to serve.
    let _ = write!(
        std::io::stdout(),
        "SuitSize {} listens on http://{address}\nTry it:\n  {request}\n",
        crate::VERSION
    );
}

/// A file that reaches the process's size limit (`ulimit -f`) is to fail the write, not to end the
/// process, which is what the signal does that nobody takes.
#[cfg(unix)]
fn survive_a_size_limit() {
    let number = rustix::process::Signal::XFSZ.as_raw();
    // Once registered it stays: the stream itself is of no interest.
    if let Err(error) = signal::unix::signal(signal::unix::SignalKind::from_raw(number)) {
        log::warn!("a file-size limit would end the process: {error}");
    }
}

/// Files that a service has open beside its connections: the store's, the log's, the runtime's.
#[cfg(unix)]
const OTHER_FILES: u64 = 128;

/// Each connection is an open file, and many systems start a process with 1,024 of them.
#[cfg(unix)]
fn allow_connections(connections: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let needed = connections + OTHER_FILES;
    let Rlimit { current: Some(current), maximum } = getrlimit(Resource::Nofile) else { return };
    if current >= needed {
        return;
    }
    let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
    let set = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    if set.is_err() || allowed < needed {
        log::warn!(
            "{connections} connections need {needed} open files, and the system allows {allowed}: \
             raise its limit, or lower SUITSIZE_MAX_CONNECTIONS"
        );
    }
}

/// Completes on SIGTERM (a platform's stop) or SIGINT (Ctrl-C).
async fn stop_signal() {
    #[cfg(unix)]
    {
        let terminated = async {
            match signal::unix::signal(signal::unix::SignalKind::terminate()) {
                Ok(mut stream) => drop(stream.recv().await),
                Err(error) => {
                    log::warn!("SIGTERM cannot be caught: {error}");
                    std::future::pending::<()>().await;
                }
            }
        };
        let interrupted = async { drop(signal::ctrl_c().await) };
        futures_race(terminated, interrupted).await;
    }
    #[cfg(not(unix))]
    drop(signal::ctrl_c().await);
}

/// Completes with the first of two.
#[cfg(unix)]
async fn futures_race(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    std::future::poll_fn(|context| {
        if a.as_mut().poll(context).is_ready() || b.as_mut().poll(context).is_ready() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
