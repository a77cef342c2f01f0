//! What a shopper tells stays in the page and in the one question that is asked: not in an address, not in
//! the service's log.

use super::Kiosk;
use crate::running::Served;

#[test]
fn what_is_told_is_in_no_address_and_no_log() {
    // The built program, at the most talkative level of every library.
    let mut service = Served::start(&[("RUST_LOG", "trace"), ("SUITSIZE_WARM", "off")]);
    let Some(kiosk) = Kiosk::open(service.port) else { return };
    kiosk.tell(&super::MAN);
    kiosk.tape_chest("104");
    kiosk.open_result();

    let asked = kiosk.requests();
    assert!(asked.iter().all(|request| !request.url.contains('?')), "{asked:?}");
    let home = format!("{}/", kiosk.base);
    assert_eq!(kiosk.string("location.href"), home);
    drop(kiosk);

    service.terminate();
    let log = service.log();
    assert!(log.contains("/api/recommend"), "the way of a question is told");
    for name in ["\"height\"", "\"weight\"", "\"chest\"", "fitPreference", "knownSize", "52R"] {
        assert!(!log.contains(name), "{name} is in the log");
    }
}
