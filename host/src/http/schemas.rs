//! How requests with types of the core are described. The core reads and writes them
//! itself and knows nothing of `OpenAPI`, so each has a name here for its words.

use keyfob::{
    Alphabet,
    service::{Channel, Language, SimSwapAction, SimSwapSource},
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// [`Channel`].
pub(crate) enum ChannelName {}

impl ToSchema for ChannelName {}

impl PartialSchema for ChannelName {
    fn schema() -> RefOr<Schema> {
        one_of("How a code travels.", Channel::ALL)
    }
}

/// [`Language`].
pub(super) enum LanguageTag {}

impl ToSchema for LanguageTag {}

impl PartialSchema for LanguageTag {
    fn schema() -> RefOr<Schema> {
        one_of("A language that there are texts in.", Language::ALL)
    }
}

/// [`Alphabet`].
pub(super) enum Charset {}

impl ToSchema for Charset {}

impl PartialSchema for Charset {
    fn schema() -> RefOr<Schema> {
        one_of("What codes are made of.", Alphabet::ALL)
    }
}

/// [`SimSwapAction`].
pub(super) enum Action {}

impl ToSchema for Action {}

impl PartialSchema for Action {
    fn schema() -> RefOr<Schema> {
        one_of("What to do about a SIM.", SimSwapAction::ALL)
    }
}

/// [`SimSwapSource`].
pub(super) enum Source {}

impl ToSchema for Source {}

impl PartialSchema for Source {
    fn schema() -> RefOr<Schema> {
        one_of(
            "Where an answer about a SIM came from.",
            SimSwapSource::ALL.map(SimSwapSource::code),
        )
    }
}

/// One of the words that the core has for `all`.
fn one_of<const N: usize>(description: &str, all: [impl Serialize; N]) -> RefOr<Schema> {
    let words = all.map(|value| serde_json::to_value(value).unwrap_or_default()); // plain words
    let object = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
    object.description(Some(description)).into()
}
