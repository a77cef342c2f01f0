//! Pictures of the pages: all in `target/pictures/`, a chosen few in `docs/pictures/` where
//! `SUITSIZE_WRITE_PICTURES=1` asks for them.

use crate::page::{Page, View};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What `docs/pages.md` shows.
const CHOSEN: &[&str] = &[];

/// What is seen, and of what can be scrolled the whole length.
pub fn keep(page: &Page, view: View, name: &str) {
    let name = format!("{name}-{}x{}", view.width, view.height);
    let more = unseen_height(page);
    write(&folder(), &name, &page.picture());
    if more > 40 && page.value("document.querySelector('dialog[open]') === null") == json!(true) {
        let height = view.height + u32::try_from(more).unwrap();
        page.look_with(View { height, ..view });
        write(&folder(), &format!("{name}-whole"), &page.picture());
        page.look_with(view);
    }
}

/// What is there beyond the screen's lower end, in pixels.
pub fn unseen_height(page: &Page) -> u64 {
    let long = "Math.max(0, ...[document.documentElement, document.querySelector('main')].map((e) => e.scrollHeight - e.clientHeight))";
    page.value(long).as_u64().unwrap_or(0)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("pictures")
}

fn write(folder: &Path, name: &str, picture: &[u8]) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    if CHOSEN.contains(&name) && std::env::var_os("SUITSIZE_WRITE_PICTURES").is_some() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
        std::fs::create_dir_all(&docs).unwrap();
        std::fs::write(docs.join(format!("{name}.png")), picture).unwrap();
    }
}
