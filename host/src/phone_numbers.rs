//! Which number is meant by what somebody wrote, and whose it is. Metadata is that of
//! libphonenumber, read when the first number comes and never before.

use keyfob::service::{Destination, Phone, Recipient, RecipientError};
use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType,
};

/// The recipient in the one form that everything about it is kept under, and for a number
/// what is known of it. `+44 0…` is written by many who mean `+44 …`.
///
/// # Errors
/// [`RecipientError::PhoneImpossible`] for a number that no country has: its calling code
/// is not assigned, or it is too short or too long there.
pub fn locate(recipient: Recipient) -> Result<(Recipient, Option<Destination>), RecipientError> {
    let Recipient::Phone(phone) = recipient else { return Ok((recipient, None)) };
    let (phone, number) = canonical(phone)?;
    Ok((Recipient::Phone(phone), Some(destination(&number))))
}

/// The one form of a number.
///
/// Reads it again until that changes nothing: behind a zero too many may stand another.
pub(crate) fn canonical(mut phone: Phone) -> Result<(Phone, PhoneNumber), RecipientError> {
    loop {
        let number = PHONE_NUMBER_UTIL.parse(phone.as_str(), None);
        let number = number.map_err(|_| RecipientError::PhoneImpossible)?;
        match PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) {
            Ok(NumberLengthType::IsPossible) => {}
            _ => return Err(RecipientError::PhoneImpossible),
        }
        let read = Phone::parse(&PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164))?;
        if read == phone {
            return Ok((phone, number));
        }
        if read.as_str().len() >= phone.as_str().len() {
            return Err(RecipientError::PhoneImpossible); // it does not end
        }
        phone = read;
    }
}

/// A range that is newer than the metadata counts as one of the country that has most
/// numbers of its calling code.
fn destination(number: &PhoneNumber) -> Destination {
    let region = PHONE_NUMBER_UTIL.get_region_for_number(number);
    let main = || PHONE_NUMBER_UTIL.get_region_for_country_code(number.country_code);
    let region = region.or_else(main);
    let kind = PHONE_NUMBER_UTIL.get_number_type(number);
    Destination {
        region: region.and_then(|region| region.as_region_str().parse().ok()), // `001` is no region
        premium: is_premium(number, kind),
    }
}

/// What may cost the sender many times as much as a mobile number, and is no person's phone.
/// North American personal numbers are charged as any other.
fn is_premium(number: &PhoneNumber, kind: PhoneNumberType) -> bool {
    use PhoneNumberType::{Pager, PersonalNumber, PremiumRate, SharedCost, UAN, VoiceMail};
    match kind {
        PremiumRate | SharedCost | UAN | Pager | VoiceMail => true,
        PersonalNumber => number.country_code != 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use keyfob::service::Channel;

    use super::*;

    fn located(text: &str) -> Result<(String, String, bool), RecipientError> {
        let (recipient, destination) = locate(Recipient::parse(Channel::Sms, text)?)?;
        let Destination { region, premium } = destination.unwrap();
        let region = region.map(|region| region.to_string()).unwrap_or_default();
        Ok((recipient.as_str().to_owned(), region, premium))
    }

    #[test]
    fn a_number_has_one_form_and_a_country() {
        for (written, canonical, region) in [
            ("+447400123456", "+447400123456", "GB"),
            ("+4407400123456", "+447400123456", "GB"),
            ("+490046034675425", "+4946034675425", "DE"),
            ("+441481960194", "+441481960194", "GG"),
            ("+12025550123", "+12025550123", "US"),
            ("+18765550123", "+18765550123", "JM"),
            ("+77012345678", "+77012345678", "KZ"),
            ("+390612345678", "+390612345678", "IT"), // whose zeros belong to the number
            ("+447700900123", "+447700900123", "GB"), // for films, and of no assigned range
            ("+38349123456", "+38349123456", "XK"),
        ] {
            let expected = (canonical.to_owned(), region.to_owned(), false);
            assert_eq!(located(written), Ok(expected), "{written}");
        }
    }

    #[test]
    fn numbers_that_no_country_has_are_refused() {
        for written in ["+999123456789", "+44123", "+447700900123456", "+35312", "+44077009001230"]
        {
            assert_eq!(located(written), Err(RecipientError::PhoneImpossible), "{written}");
        }
    }

    #[test]
    fn ranges_that_cost_more_are_told_apart() {
        for (number, premium) in [
            ("+449012345678", true),
            ("+19002345678", true),
            ("+33899123456", true),
            ("+447012345678", true), // a personal number
            ("+15005550006", false),
            ("+448001234567", false), // costs nothing
            ("+447400123456", false),
        ] {
            assert_eq!(located(number).unwrap().2, premium, "{number}");
        }
    }

    #[test]
    fn no_number_makes_the_library_panic() {
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let digits = 10_u64.pow(5 + (state >> 40) as u32 % 10);
            let number = format!("+{}", digits + (state >> 8) % (9 * digits));
            if let Ok((canonical, ..)) = located(&number) {
                assert_eq!(located(&canonical).map(|found| found.0), Ok(canonical));
            }
        }
    }
}
