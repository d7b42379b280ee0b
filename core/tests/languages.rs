//! The texts that are sent where a request gives none, in every language: what each must
//! say, and that it costs one message wherever it can.
#![cfg(feature = "service")]
#![allow(clippy::unwrap_used)] // a test fails by unwrapping

use keyfob::service::{
    Channel, Ending, Language, SegmentEncoding, Segments, Template, TransactionContext, compose,
    segments, speak, to_ssml,
};

fn contexts() -> [Option<TransactionContext>; 5] {
    let context =
        |fields: &[(&str, &str)]| Some(TransactionContext::new(fields.iter().copied()).unwrap());
    [
        None,
        context(&[("order", "7")]),
        context(&[("amount", "EUR 1,000.00")]),
        context(&[("payee", "The Long Name Ltd")]),
        context(&[("amount", "EUR 1,000.00"), ("payee", "The Long Name Ltd")]),
    ]
}

/// Every text there is.
fn each(mut check: impl FnMut(Language, Channel, Option<&TransactionContext>, &Template)) {
    for language in Language::ALL {
        for channel in Channel::ALL {
            for context in contexts() {
                let context = context.as_ref();
                let template = Template::default_for(language, channel, context);
                check(language, channel, context, &template);
            }
        }
    }
}

fn measured(language: Language, context: Option<&TransactionContext>) -> (String, Segments) {
    let template = Template::default_for(language, Channel::Sms, context);
    let text = compose(&template, "12345678", 10, context, &Ending::None).unwrap();
    (format!("{language}: {}", *text), segments(&text))
}

fn is_gsm_7(language: Language) -> bool {
    let code = measured(language, None).1;
    code.encoding == SegmentEncoding::Gsm7
}

#[test]
fn every_text_is_a_template_that_shows_its_context_and_has_no_link() {
    let mut texts = 0;
    each(|language, _, context, template| {
        let text = template.as_str();
        assert_eq!(template.check_context(context), Ok(()), "{language}: {text}");
        assert!(!text.contains("://") && !text.contains("www."), "{language}: {text}");
        texts += 1;
    });
    assert_eq!(texts, 17 * 3 * 5);
}

/// In the order of [`Language::ALL`].
const WARNINGS: [&str; 17] = [
    "Never share it",
    "لا تشاركه مع أحد",
    "Geben Sie ihn niemals weiter",
    "No la comparta con nadie",
    "Ne le communiquez à personne",
    "किसी को न बताएँ",
    "Non lo comunichi a nessuno",
    "誰にも教えないでください",
    "Deel de code met niemand",
    "Nie podawaj go nikomu",
    "Nunca o partilhe com ninguém",
    "Nunca compartilhe com ninguém",
    "Dela den aldrig med någon",
    "Bu kodu kimseye vermeyin",
    "Нікому його не повідомляйте",
    "请勿告诉任何人",
    "請勿告訴任何人",
];

#[test]
fn every_text_warns_against_sharing_in_its_language() {
    let warning = |language| {
        let place = Language::ALL.iter().position(|other| *other == language);
        WARNINGS[place.unwrap()]
    };
    each(|language, _, _, template| {
        assert!(template.as_str().contains(warning(language)), "{}", template.as_str());
    });
}

#[test]
fn what_is_written_says_when_the_code_ends() {
    each(|language, channel, _, template| {
        let told = template.as_str().contains("{{minutes}}");
        assert_eq!(told, channel != Channel::Voice, "{language}: {}", template.as_str());
    });
}

#[test]
fn a_code_is_one_text_message_in_every_language() {
    for language in Language::ALL {
        let (text, segments) = measured(language, None);
        assert_eq!(segments.count, 1, "{text} {segments:?}");
    }
}

#[test]
fn the_line_of_an_android_app_goes_with_every_language() {
    let ending = Ending::android_app_hash("FA+9qCX9VSu").unwrap();
    for language in Language::ALL {
        let template = Template::default_for(language, Channel::Sms, None);
        let composed = compose(&template, "12345678", 10, None, &ending);
        assert_eq!(composed.err(), None, "{language}");
    }
}

#[test]
fn a_language_that_gsm_7_can_write_stays_in_it_and_in_one_message_for_a_payment_too() {
    use Language::{Arabic, Hindi, Japanese, Ukrainian};
    let chinese = [Language::SimplifiedChinese, Language::TraditionalChinese];
    let others = [Arabic, Hindi, Japanese, Ukrainian];
    for language in Language::ALL {
        let expected = !others.contains(&language) && !chinese.contains(&language);
        assert_eq!(is_gsm_7(language), expected, "{language}");
        for context in contexts().iter().filter(|_| expected) {
            let (text, segments) = measured(language, context.as_ref());
            let found = (segments.encoding, segments.count);
            assert_eq!(found, (SegmentEncoding::Gsm7, 1), "{text} {segments:?}");
        }
    }
}

#[test]
fn every_call_says_each_digit_alone_and_twice() {
    each(|language, channel, context, template| {
        if channel != Channel::Voice {
            return;
        }
        let spoken = speak(template, "123456", 5, context).unwrap();
        assert_eq!(spoken.matches("1, 2, 3, 4, 5, 6").count(), 2, "{language}");
        assert_eq!(to_ssml(&spoken).matches("<say-as").count(), 12, "{}", *spoken);
    });
}

#[test]
fn an_arabic_text_has_its_code_on_a_line_of_its_own_and_a_word_between_other_values() {
    let arabic = |c: char| ('\u{620}'..='\u{64a}').contains(&c);
    each(|language, channel, _, template| {
        if language != Language::Arabic || channel == Channel::Voice {
            return;
        }
        let text = template.as_str();
        assert_eq!(text.lines().filter(|line| *line == "{{code}}").count(), 1, "{text}");
        let values: Vec<&str> = text.split("}}").collect();
        for before in &values[..values.len() - 1] {
            assert!(before.contains(arabic), "{before} in {text}");
        }
    });
}

#[test]
fn no_subject_is_missing_taken_from_another_language_or_has_a_place_for_the_code() {
    let subjects = Language::ALL.map(Language::subject);
    for (index, subject) in subjects.iter().enumerate() {
        assert!(!subject.is_empty() && !subject.contains(['{', '\n']), "{subject}");
        assert!(!subjects[..index].contains(subject), "{subject}");
    }
}

/// In the order of [`Language::ALL`].
const KEYS: [&str; 17] = [
    "press any key",
    "اضغط على أي مفتاح",
    "drücken Sie eine beliebige Taste",
    "pulse cualquier tecla",
    "appuyez sur n'importe quelle touche",
    "कोई भी बटन दबाएँ",
    "prema un tasto qualsiasi",
    "いずれかのキーを押してください",
    "Druk op een willekeurige toets",
    "nacisnąć dowolny klawisz",
    "prima qualquer tecla",
    "pressione qualquer tecla",
    "Tryck på valfri knapp",
    "herhangi bir tuşa basın",
    "натисніть будь-яку клавішу",
    "请按任意键",
    "請按任意鍵",
];

#[test]
fn a_call_asks_for_any_key_in_its_language_before_it_says_a_code() {
    for (language, key) in Language::ALL.into_iter().zip(KEYS) {
        assert!(language.key_prompt().contains(key), "{language}");
    }
}

#[test]
fn what_a_call_says_besides_the_code_is_one_line_of_its_own_language_without_code_or_digit() {
    let spoken = [Language::ALL.map(Language::key_prompt), Language::ALL.map(Language::void_code)];
    let spoken = spoken.as_flattened();
    for (index, text) in spoken.iter().enumerate() {
        assert!(!text.is_empty() && !text.contains(['{', '\n', '<', '&']), "{text}");
        assert!(!text.contains(char::is_numeric), "{text}");
        assert!(!spoken[..index].contains(text), "{text}");
    }
}
