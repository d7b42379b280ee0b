//! tmp
use crate::*;
use alloc::string::String;
use zeroize::Zeroizing;
pub struct Enrolment;
impl Enrolment {
    pub fn totp(_: &str, _: Secret) -> Result<Self, Error> { Ok(Self) }
    pub fn with_issuer(self, _: &str) -> Result<Self, Error> { Ok(Self) }
    pub fn with_algorithm(self, _: Algorithm) -> Self { self }
    pub fn with_digits(self, _: Digits) -> Self { self }
    pub fn with_period(self, _: Period) -> Self { self }
    pub fn to_uri(&self) -> Zeroizing<String> { Zeroizing::new(String::new()) }
}
