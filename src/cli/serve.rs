//! `suitsize serve`.

mod files;
#[cfg(unix)]
mod hangup;
mod signals;

use super::Outcome;
use crate::app::App;
use crate::config::ServeSettings;
use actix_web::rt;
use std::io::Write;
use std::process::ExitCode;

pub fn run(settings: &ServeSettings) -> Outcome {
    rt::System::new().block_on(async {
        // First of all: who is told that it is ready may stop it at once.
        let stop = signals::Stop::register();
        signals::survive_a_size_limit();
        files::allow_connections(settings.limits.max_connections.into());
        #[cfg(unix)]
        let hangups = hangup::Hangups::taken();
        let app = App::build(settings)?;
        #[cfg(unix)]
        hangups.reload_with(app.reloader());
        greet(&app);
        app.run_until(stop.asked()).await?;
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
