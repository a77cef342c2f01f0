//! SIGHUP: charts and texts are read again. Taken from the start on, so that one that comes early ends nothing.

use crate::app::Reloader;
use actix_web::rt::{self, signal::unix};
use std::sync::mpsc::{Receiver, sync_channel};

/// The stream of a process's hangups. `None`: they cannot be taken, and end the process as they do.
pub struct Hangups(Option<unix::Signal>);

impl Hangups {
    /// From now on a hangup waits for `reload_with`.
    pub fn taken() -> Self {
        let stream = unix::signal(unix::SignalKind::hangup());
        Hangups(stream.map_err(|error| log::warn!("SIGHUP cannot be caught: {error}")).ok())
    }

    /// Reloads at each hangup for as long as the runtime lives, on a thread of its own: one that hangs on a
    /// sick disk keeps neither a request nor the stop waiting. Of several that come during a reload one is left.
    pub fn reload_with(self, reloader: Reloader) {
        let Some(mut stream) = self.0 else { return };
        let (ask, asked) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("reload".to_owned())
            .spawn(move || reload_when_asked(&asked, &reloader));
        if let Err(error) = thread {
            log::warn!("SIGHUP will not reload: {error}");
        }
        rt::spawn(async move {
            while stream.recv().await.is_some() {
                // Full: a reload that has not begun is waiting, and will see what this one would.
                let _ = ask.try_send(());
            }
        });
    }
}

fn reload_when_asked(asked: &Receiver<()>, reloader: &Reloader) {
    while asked.recv().is_ok() {
        // What came of it is in the log.
        let _ = reloader.reload();
    }
}
