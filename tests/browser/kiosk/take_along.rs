//! What a shopper takes along: the QR code read as a telephone reads it, and the printed sheet.

use super::{Kiosk, MAN, kiosk};
use crate::pictures;

fn at_result(kiosk: &Kiosk) {
    kiosk.tell(&MAN);
    kiosk.open_result();
}

/// The text in the only QR code of a picture.
fn decoded(picture: &[u8]) -> String {
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let step = info.color_type.samples();
    let width = info.width as usize;
    let grey = |x: usize, y: usize| pixels[(y * width + x) * step + 1];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, info.height as usize, grey);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "codes in the picture");
    grids[0].decode().unwrap().1
}

#[test]
fn the_code_holds_what_is_shown() {
    let (_service, kiosk) = kiosk!();
    at_result(&kiosk);
    let (size, trousers) = (kiosk.size(), kiosk.text(".card.trousers strong"));
    kiosk.touch("qr");
    kiosk.wait("the code", "document.querySelector('dialog[open] svg.qr')");
    let text = decoded(&kiosk.picture());
    assert!(text.contains(&size) && text.contains(&trousers), "{size}, {trousers}: {text}");
    assert_eq!(text.trim(), kiosk.text("dialog .plain-text").trim());
    assert!(!text.contains("http") && text.len() <= 350, "{} bytes: {text}", text.len());
}

#[test]
fn one_sheet_is_printed_with_the_answer_and_no_control() {
    for language in ["en", "de", "es"] {
        let (_service, kiosk) = kiosk!(crate::page::Options::PLAIN, &format!("/?lang={language}"));
        at_result(&kiosk);
        let size = kiosk.size();
        let pdf = String::from_utf8_lossy(&kiosk.printed()).into_owned();
        let pages = pdf.matches("/Type /Page\n").count();
        assert_eq!(pages, 1, "{language}: sheets");
        kiosk.media("print", false);
        let seen = "[...document.querySelectorAll('button, a, input')].filter((e) => e.checkVisibility()).length";
        assert_eq!(kiosk.value(seen), 0, "{language}: controls on paper");
        assert!(kiosk.text("#sheet").contains(&size), "{}", kiosk.text("#sheet"));
        pictures::keep(&kiosk, crate::page::DESKTOP, &format!("kiosk-{language}-printed"));
    }
}

/// Nothing of a visit is printed after it.
#[test]
fn nothing_is_left_to_print() {
    let (_service, kiosk) = kiosk!();
    at_result(&kiosk);
    kiosk.touch("finish");
    kiosk.wait_for("attract");
    kiosk.media("print", false);
    assert_eq!(kiosk.string("document.body.innerText").trim(), "");
}
