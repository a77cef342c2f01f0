//! The languages that texts are there in.

/// A language of texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    En,
    De,
    Fr,
    Es,
    It,
}

impl Language {
    pub const ALL: [Language; 5] =
        [Language::En, Language::De, Language::Fr, Language::Es, Language::It];

    /// As in a `lang` field, BCP 47.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::De => "de",
            Language::Fr => "fr",
            Language::Es => "es",
            Language::It => "it",
        }
    }

    /// Of a whole tag: `de`, not `de-CH`.
    pub fn of_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }
}
