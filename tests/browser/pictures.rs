//! Pictures of the pages: all in `target/pictures/`, a chosen few in `docs/pictures/` where
//! `SUITSIZE_TEST_PICTURES=1` asks for them.

use crate::page::{Page, View};
use std::path::Path;

/// What `docs/pages.md` shows.
const CHOSEN: &[&str] = &[
    "kiosk-en-attract-1080x1920.png",
    "kiosk-en-height-1080x1920.png",
    "kiosk-en-answer-1080x1920.png",
    "kiosk-en-build-stomach-1080x1920.png",
    "kiosk-en-result-1080x1920-whole.png",
    "kiosk-en-qr-1080x1920.png",
    "kiosk-en-staff-1080x1920.png",
    "kiosk-de-answer-360x640-whole.png",
    "kiosk-es-result-360x640-whole.png",
    "kiosk-en-printed-1280x800.png",
    "dashboard-busy-light-1280x800.png",
    "dashboard-alert-dark-1280x800.png",
    "dashboard-gone-light-360x640.png",
];

/// What is seen, and of what can be scrolled the whole length.
pub fn keep(page: &Page, view: View, name: &str) {
    let name = format!("{name}-{}x{}", view.width, view.height);
    write(&format!("{name}.png"), &page.picture());
    if unseen_height(page) > 40 && !page.is_there("dialog[open]") {
        write(&format!("{name}-whole.png"), &whole(page, view));
    }
}

fn whole(page: &Page, view: View) -> Vec<u8> {
    let of_document = "document.scrollingElement.scrollHeight - innerHeight";
    if page.value(of_document).as_i64().unwrap_or(0) > 40 {
        return page.long_picture();
    }
    // A part of the page scrolls: on a screen that is long enough it does not have to.
    let height = view.height + u32::try_from(unseen_height(page)).unwrap();
    page.look_with(View { height, ..view });
    page.settle();
    let picture = page.picture();
    page.look_with(view);
    picture
}

/// What is there beyond the screen's lower end, in pixels.
pub fn unseen_height(page: &Page) -> u64 {
    let long = "Math.max(0, ...[document.documentElement, document.querySelector('main')].map((e) => e.scrollHeight - e.clientHeight))";
    page.value(long).as_u64().unwrap_or(0)
}

fn write(name: &str, picture: &[u8]) {
    put(&Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pictures"), name, picture);
    if CHOSEN.contains(&name) && std::env::var_os("SUITSIZE_TEST_PICTURES").is_some() {
        put(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures"), name, picture);
    }
}

fn put(folder: &Path, name: &str, picture: &[u8]) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), picture).unwrap();
}
