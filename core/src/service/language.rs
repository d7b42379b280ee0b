use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::texts::texts;
use crate::ParameterError;

/// A language that there are texts in, for messages whose sender gives none.
///
/// It is stored and sent under its tag (BCP 47). A tag that is read and not known,
/// which a newer version may have written, is read as by [`lookup`](Self::lookup).
///
/// ```
/// use keyfob::service::Language;
/// assert_eq!(Language::lookup("de-AT")?, Language::German);
/// assert_eq!(Language::lookup("zh-TW")?.tag(), "zh-Hant");
/// assert_eq!(Language::lookup("fi")?, Language::English);
/// assert!(Language::lookup("Deutsch (Schweiz)").is_err());
/// # Ok::<(), keyfob::ParameterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[non_exhaustive]
pub enum Language {
    /// `en`, and whatever there are no texts in.
    #[default]
    English,
    /// `ar`.
    Arabic,
    /// `de`.
    German,
    /// `es`.
    Spanish,
    /// `fr`.
    French,
    /// `hi`.
    Hindi,
    /// `it`.
    Italian,
    /// `ja`.
    Japanese,
    /// `nl`.
    Dutch,
    /// `pl`.
    Polish,
    /// `pt`, as in Portugal.
    Portuguese,
    /// `pt-BR`.
    BrazilianPortuguese,
    /// `sv`.
    Swedish,
    /// `tr`.
    Turkish,
    /// `uk`.
    Ukrainian,
    /// `zh-Hans`.
    SimplifiedChinese,
    /// `zh-Hant`.
    TraditionalChinese,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 17] = [
        Self::English,
        Self::Arabic,
        Self::German,
        Self::Spanish,
        Self::French,
        Self::Hindi,
        Self::Italian,
        Self::Japanese,
        Self::Dutch,
        Self::Polish,
        Self::Portuguese,
        Self::BrazilianPortuguese,
        Self::Swedish,
        Self::Turkish,
        Self::Ukrainian,
        Self::SimplifiedChinese,
        Self::TraditionalChinese,
    ];

    /// The language for a person who reads `tag`: subtags are taken off its end until
    /// there are texts (RFC 4647 §3.4, "Lookup"), and if that leaves nothing it is
    /// English. Case does not matter.
    ///
    /// # Errors
    /// [`ParameterError::Language`] if `tag` is not 2 to 35 letters, digits and
    /// hyphens in the order of BCP 47.
    pub fn lookup(tag: &str) -> Result<Self, ParameterError> {
        if !is_well_formed(tag) {
            return Err(ParameterError::Language);
        }
        // The RFC skips ranges that end in a single letter or digit. No tag here ends
        // in one, so they match nothing.
        let mut range = tag;
        loop {
            if let Some(language) = Self::known_as(range) {
                return Ok(language);
            }
            let Some((shorter, _)) = range.rsplit_once('-') else {
                return Ok(Self::default());
            };
            range = shorter;
        }
    }

    /// Its tag, written as BCP 47 recommends.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Arabic => "ar",
            Self::German => "de",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::Hindi => "hi",
            Self::Italian => "it",
            Self::Japanese => "ja",
            Self::Dutch => "nl",
            Self::Polish => "pl",
            Self::Portuguese => "pt",
            Self::BrazilianPortuguese => "pt-BR",
            Self::Swedish => "sv",
            Self::Turkish => "tr",
            Self::Ukrainian => "uk",
            Self::SimplifiedChinese => "zh-Hans",
            Self::TraditionalChinese => "zh-Hant",
        }
    }

    /// The subject of an email with a code.
    pub const fn subject(self) -> &'static str {
        texts(self).subject
    }

    /// What a call says before the code: that a key must be pressed to hear it. Whoever
    /// picks up does; a mailbox does not, and so never records the code.
    pub const fn key_prompt(self) -> &'static str {
        texts(self).press_key
    }

    /// What a call says in place of a code that is no longer accepted.
    pub const fn void_code(self) -> &'static str {
        texts(self).void
    }

    fn known_as(range: &str) -> Option<Self> {
        let tags = Self::ALL.iter().map(|language| (language.tag(), *language));
        let mut names = tags.chain(CHINESE_WITHOUT_SCRIPT);
        names.find(|(name, _)| name.eq_ignore_ascii_case(range)).map(|(_, language)| language)
    }
}

/// How Chinese is written where a tag does not say so (CLDR, likely subtags). Lookup
/// alone would answer all of these in English.
const CHINESE_WITHOUT_SCRIPT: [(&str, Language); 4] = [
    ("zh", Language::SimplifiedChinese),
    ("zh-HK", Language::TraditionalChinese),
    ("zh-MO", Language::TraditionalChinese),
    ("zh-TW", Language::TraditionalChinese),
];

/// The shape of a basic language range (RFC 4647 §2.1), within the 35 characters that
/// RFC 5646 §4.4.1 asks to make room for. Whether a subtag is registered is not asked.
fn is_well_formed(tag: &str) -> bool {
    let is_subtag = |subtag: &str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let begins_with_letters =
        tag.bytes().take_while(|byte| *byte != b'-').all(|b| b.is_ascii_alphabetic());
    (2..=35).contains(&tag.len()) && begins_with_letters && tag.split('-').all(is_subtag)
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl From<Language> for &'static str {
    fn from(language: Language) -> Self {
        language.tag()
    }
}

impl TryFrom<String> for Language {
    type Error = ParameterError;

    fn try_from(tag: String) -> Result<Self, Self::Error> {
        Self::lookup(&tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_follows_a_known_tag_changes_nothing_unless_another_is_known(
            place in 0..Language::ALL.len(),
            more in "(-[a-z0-9]{5,8}){0,2}(-x(-[a-zA-Z0-9]{1,3}){1,2})?",
        ) {
            let language = Language::ALL[place];
            let tag = [language.tag(), &more].concat();
            prop_assert_eq!(Language::lookup(&tag), Ok(language));
            prop_assert_eq!(Language::lookup(&tag.to_ascii_uppercase()), Ok(language));
        }

        #[test]
        fn no_tag_panics(tag in "[a-zA-Z0-9-]{0,40}|.*") {
            let _ = Language::lookup(&tag);
        }
    }

    #[test]
    fn a_person_gets_the_nearest_language_there_is() {
        let cases = [
            ("en-GB", "en"),
            ("de-AT", "de"),
            ("de-Latn-CH-1996", "de"),
            ("es-419", "es"),
            ("pt-PT", "pt"),
            ("pt-br", "pt-BR"),
            ("PT-BR-x-app", "pt-BR"),
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-Hans-HK", "zh-Hans"),
            ("zh-Hant-CN-x-private1", "zh-Hant"), // the example of RFC 4647 §3.4
            ("zh-HK", "zh-Hant"),
            ("zh-TW", "zh-Hant"),
            ("fi", "en"),
            ("den", "en"), // Slavey begins like German and is none
            ("x-klingon", "en"),
            ("de-12345678-12345678-12345678-12345", "de"), // 35 characters
        ];
        for (tag, expected) in cases {
            assert_eq!(Language::lookup(tag).map(Language::tag), Ok(expected), "{tag}");
        }
    }

    #[test]
    fn what_has_not_the_shape_of_a_tag_is_refused() {
        let cases = [
            "",
            "d",
            "de_AT",
            "de-",
            "-de",
            "de--AT",
            "de-AT ",
            "de;q=0.9",
            "de,en",
            "*",
            "1a",
            "419",
            "german-language1",
            "deutschland",
            "dé",
            "de-ⅫⅫ",
            "en\n",
            "de-12345678-12345678-12345678-123456", // 36
        ];
        for tag in cases {
            let refused = Language::lookup(tag).map(Language::tag);
            assert_eq!(refused, Err(ParameterError::Language), "{tag}");
        }
    }

    #[test]
    fn a_record_keeps_the_tag_and_reads_one_of_a_newer_version() {
        for language in Language::ALL {
            let bytes = postcard::to_allocvec(&language).unwrap();
            assert_eq!(bytes[1..], *language.tag().as_bytes());
            assert_eq!(postcard::from_bytes(&bytes), Ok(language));
        }
        let newer = postcard::to_allocvec("fr-CA").unwrap();
        assert_eq!(postcard::from_bytes(&newer), Ok(Language::French));
    }
}
