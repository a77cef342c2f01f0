//! Which of the two forms a caller wants, by RFC 9110: the one of higher quality, then the one that is
//! named more exactly, then the one that was sent. Who wants neither gets the one that was sent.

use actix_web::http::header::{ACCEPT, HeaderMap};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
}

/// How exactly a range names a type.
const EXACT: u8 = 2;
const FAMILY: u8 = 1;
const ANYTHING: u8 = 0;

pub fn choose(headers: &HeaderMap, sent: Format) -> Format {
    let lines: Vec<&str> =
        headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    if lines.is_empty() { sent } else { prefer(&lines.join(","), sent) }
}

fn prefer(accept: &str, sent: Format) -> Format {
    let other = match sent {
        Format::Json => Format::Csv,
        Format::Csv => Format::Json,
    };
    if wish(accept, other) > wish(accept, sent) { other } else { sent }
}

/// Quality in thousandths, and how exactly the range that says so names the type.
fn wish(accept: &str, format: Format) -> (u16, u8) {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let exactness = exactness(&parts.next()?, format)?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").map(thousandths));
        Some((exactness, quality.unwrap_or(1_000)))
    });
    // Of several ranges for one type the most exact counts.
    match ranges.max() {
        Some((_, 0)) | None => (0, ANYTHING),
        Some((exactness, quality)) => (quality, exactness),
    }
}

fn exactness(range: &str, format: Format) -> Option<u8> {
    let (exact, family) = match format {
        Format::Json => ("application/json", "application/*"),
        Format::Csv => ("text/csv", "text/*"),
    };
    match range {
        "*/*" => Some(ANYTHING),
        range if range == exact => Some(EXACT),
        range if range == family => Some(FAMILY),
        _ => None,
    }
}

/// What is no quality is none.
fn thousandths(text: &str) -> u16 {
    let quality = text.parse::<f32>().ok().filter(|quality| (0.0..=1.0).contains(quality));
    quality.map_or(0, |quality| (quality * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_that_is_wanted_most() {
        use Format::{Csv, Json};
        for (accept, for_json, for_csv) in [
            ("*/*", Json, Csv),
            ("", Json, Csv),
            ("text/html", Json, Csv),
            ("text/csv", Csv, Csv),
            ("application/json", Json, Json),
            ("TEXT/CSV", Csv, Csv),
            ("text/csv, */*", Csv, Csv),
            ("text/csv;q=0.5, application/json", Json, Json),
            ("text/csv;q=0.5, application/json;q=0.4", Csv, Csv),
            ("text/csv, application/json", Json, Csv),
            ("application/json;q=0, */*", Csv, Csv),
            ("text/csv;q=0, */*", Json, Json),
            ("text/*", Csv, Csv),
            ("text/csv; header=present; q=0.1", Csv, Csv),
            ("text/csv;q=nonsense", Json, Csv),
        ] {
            assert_eq!(prefer(accept, Json), for_json, "{accept} for JSON");
            assert_eq!(prefer(accept, Csv), for_csv, "{accept} for CSV");
        }
    }
}
