use keyfob::service::{Channel, Phone};

/// Where a message goes, for counting: a calling code that is assigned, and nothing that a
/// caller could make up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(&'static str);

impl Country {
    /// What does not go to a number.
    pub const NONE: Self = Self("none");

    /// A number whose calling code is not assigned.
    pub const OTHER: Self = Self("other");

    /// Where a message of this channel to this number goes.
    pub fn of(channel: Channel, phone: Option<&Phone>) -> Self {
        Self::of_code(channel, phone.map(Phone::country_code))
    }

    /// Where a message of this channel goes, from the calling code with its `+`.
    pub fn of_code(channel: Channel, calling_code: Option<&str>) -> Self {
        let Some(code) = calling_code.filter(|_| channel != Channel::Email) else {
            return Self::NONE;
        };
        CALLING_CODES.binary_search(&code).map_or(Self::OTHER, |at| Self(CALLING_CODES[at]))
    }

    /// `+44`, `other` or `none`.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// The codes that ITU-T E.164 has assigned (List of Recommendation ITU-T E.164 Assigned
/// Country Codes), in the order of text.
#[rustfmt::skip]
const CALLING_CODES: [&str; 216] = [
    "+1", "+20", "+211", "+212", "+213", "+216", "+218", "+220", "+221", "+222", "+223", "+224",
    "+225", "+226", "+227", "+228", "+229", "+230", "+231", "+232", "+233", "+234", "+235",
    "+236", "+237", "+238", "+239", "+240", "+241", "+242", "+243", "+244", "+245", "+246",
    "+247", "+248", "+249", "+250", "+251", "+252", "+253", "+254", "+255", "+256", "+257",
    "+258", "+260", "+261", "+262", "+263", "+264", "+265", "+266", "+267", "+268", "+269", "+27",
    "+290", "+291", "+297", "+298", "+299", "+30", "+31", "+32", "+33", "+34", "+350", "+351",
    "+352", "+353", "+354", "+355", "+356", "+357", "+358", "+359", "+36", "+370", "+371", "+372",
    "+373", "+374", "+375", "+376", "+377", "+378", "+379", "+380", "+381", "+382", "+383",
    "+385", "+386", "+387", "+389", "+39", "+40", "+41", "+420", "+421", "+423", "+43", "+44",
    "+45", "+46", "+47", "+48", "+49", "+500", "+501", "+502", "+503", "+504", "+505", "+506",
    "+507", "+508", "+509", "+51", "+52", "+53", "+54", "+55", "+56", "+57", "+58", "+590",
    "+591", "+592", "+593", "+594", "+595", "+596", "+597", "+598", "+599", "+60", "+61", "+62",
    "+63", "+64", "+65", "+66", "+670", "+672", "+673", "+674", "+675", "+676", "+677", "+678",
    "+679", "+680", "+681", "+682", "+683", "+685", "+686", "+687", "+688", "+689", "+690",
    "+691", "+692", "+7", "+800", "+808", "+81", "+82", "+84", "+850", "+852", "+853", "+855",
    "+856", "+86", "+870", "+878", "+880", "+881", "+882", "+883", "+886", "+888", "+90", "+91",
    "+92", "+93", "+94", "+95", "+960", "+961", "+962", "+963", "+964", "+965", "+966", "+967",
    "+968", "+970", "+971", "+972", "+973", "+974", "+975", "+976", "+977", "+979", "+98", "+992",
    "+993", "+994", "+995", "+996", "+998",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn whatever_number_somebody_makes_up_is_one_of_few_places() {
        assert!(CALLING_CODES.is_sorted());
        let mut seen = BTreeSet::new();
        for number in 1_000..=9_999 {
            let Ok(phone) = Phone::parse(&format!("+{number}00000")) else { continue };
            for channel in Channel::ALL {
                seen.insert(Country::of(channel, Some(&phone)));
            }
        }
        assert_eq!(seen.len(), CALLING_CODES.len() + 2, "each code, `other` and `none`");
        let of = |text| Country::of(Channel::Sms, Some(&Phone::parse(text).unwrap())).as_str();
        assert_eq!(
            [of("+447700900123"), of("+12125550123"), of("+999123456")],
            ["+44", "+1", "other"]
        );
        let phone = Phone::parse("+447700900123").unwrap();
        assert_eq!(Country::of(Channel::Email, Some(&phone)), Country::NONE);
        assert_eq!(Country::of(Channel::Sms, None), Country::NONE);
    }
}
