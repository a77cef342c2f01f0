//! The language of an answer's texts, for a question that names none: the best that the client's
//! `Accept-Language` asks for and there is.

use crate::sizing::question::Question;
use crate::sizing::wording::Language;
use actix_web::HttpMessage;
use actix_web::http::header::{ACCEPT_LANGUAGE, AcceptLanguage, Header, Preference, Quality};
use std::cmp::Reverse;

/// Words the answer to `question` as the client likes it, unless it says so itself. Returns the language.
pub fn settle(question: &mut Question, request: &impl HttpMessage) -> Language {
    *question.language.get_or_insert_with(|| accepted(request))
}

/// English where the header is absent, cannot be read, or asks for what there is not.
pub fn accepted(request: &impl HttpMessage) -> Language {
    if !request.headers().contains_key(ACCEPT_LANGUAGE) {
        return Language::default();
    }
    let Ok(accepted) = AcceptLanguage::parse(request) else { return Language::default() };
    let wanted = accepted.iter().filter(|item| item.quality != Quality::ZERO);
    let mut wanted: Vec<_> = wanted.collect();
    wanted.sort_by_key(|item| Reverse(item.quality));
    let known = wanted.into_iter().find_map(|item| match &item.item {
        Preference::Any => Some(Language::default()),
        Preference::Specific(tag) => Language::of_tag(tag.primary_language()),
    });
    known.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn the_best_that_there_is() {
        use Language::{De, En, Es, Fr, It};
        for (header, language) in [
            ("de", De),
            ("DE-ch", De),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Fr),
            ("nl, it;q=0.4, es;q=0.6", Es),
            ("it;q=0.4, es;q=0", It),
            ("es;q=0, nl", En),
            ("nl", En),
            ("*", En),
            ("nl;q=0.9, *;q=0.1", En),
            ("zh-Hant-TW, en-GB;q=0.3, de;q=0.2", En),
            ("de;q=x", En),
            ("", En),
            ("\u{fc}", En),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT_LANGUAGE, header));
            assert_eq!(accepted(&request.to_http_request()), language, "{header}");
        }
        assert_eq!(accepted(&TestRequest::default().to_http_request()), En);
    }
}
