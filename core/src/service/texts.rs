//! The texts of messages whose sender gives none, as data: one table a language.
//!
//! They go to customers of banks, so each speaks to them as banks there do, in few and
//! plain words, warns against sharing the code, and has no link. All avoid a plural of
//! minutes. Where a language can be written in the characters of GSM-7 without a wrong
//! letter, its SMS is: that is one message instead of two. Portuguese, Spanish, Polish and
//! Turkish owe some choices of words to it, which is why their emails, free of it, may
//! choose others.

use super::Language;

/// What one language says. A message is the text of its purpose, one of the first four,
/// and right behind it that of its channel.
pub(super) struct Texts {
    /// The purpose if nothing is known of one.
    pub(super) code: &'static str,
    /// Approving an amount.
    pub(super) amount: &'static str,
    /// Approving a payee.
    pub(super) payee: &'static str,
    /// Approving an amount for a payee.
    pub(super) payment: &'static str,
    /// The rest of a text message.
    pub(super) sms: &'static str,
    /// The rest of a call. What follows the code is no letter, or the last digit
    /// would not stand alone.
    pub(super) voice: &'static str,
    /// What a call says first: a mailbox presses no key, so it never records the code.
    pub(super) press_key: &'static str,
    /// What a call says in place of a code that was used, replaced or has expired.
    pub(super) void: &'static str,
    /// The rest of an email.
    pub(super) email: &'static str,
    /// The subject of an email, which shows on locked screens and has no code.
    pub(super) subject: &'static str,
}

/// The texts of `language`.
pub(super) const fn texts(language: Language) -> &'static Texts {
    match language {
        Language::English => &ENGLISH,
        Language::Arabic => &ARABIC,
        Language::German => &GERMAN,
        Language::Spanish => &SPANISH,
        Language::French => &FRENCH,
        Language::Hindi => &HINDI,
        Language::Italian => &ITALIAN,
        Language::Japanese => &JAPANESE,
        Language::Dutch => &DUTCH,
        Language::Polish => &POLISH,
        Language::Portuguese => &PORTUGUESE,
        Language::BrazilianPortuguese => &BRAZILIAN_PORTUGUESE,
        Language::Swedish => &SWEDISH,
        Language::Turkish => &TURKISH,
        Language::Ukrainian => &UKRAINIAN,
        Language::SimplifiedChinese => &SIMPLIFIED_CHINESE,
        Language::TraditionalChinese => &TRADITIONAL_CHINESE,
    }
}

static ENGLISH: Texts = Texts {
    code: "Your verification code is",
    amount: "To approve a payment of {{amount}}, use the code",
    payee: "To approve the payee {{payee}}, use the code",
    payment: "To approve a payment of {{amount}} to {{payee}}, use the code",
    sms: " {{code}}. It expires in {{minutes}} min. Never share it with anyone.",
    voice: ": {{code}}. Once more, the code is: {{code}}. Never share it with anyone.",
    press_key: "This is a call with your code. To hear it, press any key.",
    void: "This code is no longer valid.",
    email: ":\n\n{{code}}\n\nIt expires in {{minutes}} min. Never share it with anyone, not even with us.\n\
            If you did not ask for it, do nothing: without the code nothing happens.\n",
    subject: "Your one-time password",
};

/// Written from right to left, in which a code must still read from left to right. Digits
/// alone do. A code like `7A3` would be torn apart where a phone lays the message out from
/// left to right, as its first digit joins the Arabic before it (Unicode's bidirectional
/// algorithm, UAX #9, rule W2). On a line of its own, which is a paragraph to the algorithm,
/// no code is. An amount and a payee would trade places if they touched, so an Arabic word
/// stands between any two values. Isolates (U+2068, U+2069) would part them too, but phones
/// that do not know them show boxes, and a template may hold no character that turns text.
///
/// The number of minutes decides the form of a word behind it, and none of one before it.
static ARABIC: Texts = Texts {
    code: "رمز التحقق",
    amount: "للموافقة على دفع {{amount}}، استخدم الرمز",
    payee: "للموافقة على المستفيد {{payee}}، استخدم الرمز",
    payment: "للموافقة على دفع {{amount}} إلى {{payee}}، استخدم الرمز",
    sms: ":\n{{code}}\nمدته بالدقائق: {{minutes}}. لا تشاركه مع أحد.",
    voice: ": {{code}}. مرة أخرى، الرمز هو: {{code}}. لا تشاركه مع أحد.",
    press_key: "هذه مكالمة لإبلاغك برمز التحقق. لسماعه، اضغط على أي مفتاح.",
    void: "لم يعد هذا الرمز صالحًا.",
    email: ":\n\n{{code}}\n\nمدته بالدقائق: {{minutes}}. لا تشاركه مع أحد، ولا حتى معنا.\n\
            إذا لم تطلبه فلا تفعل شيئًا: من دون الرمز لن يحدث شيء.\n",
    subject: "رمز التحقق الخاص بك",
};

static GERMAN: Texts = Texts {
    code: "Ihr Bestätigungscode lautet",
    amount: "Um eine Zahlung über {{amount}} freizugeben, verwenden Sie den Code",
    payee: "Um den Empfänger {{payee}} freizugeben, verwenden Sie den Code",
    payment: "Um eine Zahlung über {{amount}} an {{payee}} freizugeben, verwenden Sie den Code",
    sms: " {{code}}. Gültig für {{minutes}} Min. Geben Sie ihn niemals weiter.",
    voice: ": {{code}}. Noch einmal, der Code lautet: {{code}}. Geben Sie ihn niemals weiter.",
    press_key: "Dies ist ein Anruf mit Ihrem Code. Um ihn zu hören, drücken Sie eine beliebige Taste.",
    void: "Dieser Code ist nicht mehr gültig.",
    email: ":\n\n{{code}}\n\nGültig für {{minutes}} Min. Geben Sie ihn niemals weiter, auch nicht an uns.\n\
            Wenn Sie ihn nicht angefordert haben, müssen Sie nichts tun: Ohne den Code passiert nichts.\n",
    subject: "Ihr Einmalpasswort",
};

/// `código` needs a letter that GSM-7 has not; `clave` says the same.
static SPANISH: Texts = Texts {
    code: "Su clave de un solo uso es",
    amount: "Para autorizar un pago de {{amount}}, use la clave",
    payee: "Para autorizar al beneficiario {{payee}}, use la clave",
    payment: "Para autorizar un pago de {{amount}} a {{payee}}, use la clave",
    sms: " {{code}}. Caduca en {{minutes}} min. No la comparta con nadie.",
    voice: ": {{code}}. Una vez más, la clave es: {{code}}. No la comparta con nadie.",
    press_key: "Esta es una llamada con su clave. Para escucharla, pulse cualquier tecla.",
    void: "Esta clave ya no es válida.",
    email: ":\n\n{{code}}\n\nCaduca en {{minutes}} min. No la comparta con nadie, ni siquiera con nosotros.\n\
            Si no la ha solicitado, no haga nada: sin la clave no ocurre nada.\n",
    subject: "Su clave de un solo uso",
};

static FRENCH: Texts = Texts {
    code: "Votre code de vérification est",
    amount: "Pour autoriser un paiement de {{amount}}, utilisez le code",
    payee: "Pour autoriser le bénéficiaire {{payee}}, utilisez le code",
    payment: "Pour autoriser un paiement de {{amount}} à {{payee}}, utilisez le code",
    sms: " {{code}}. Il expire dans {{minutes}} min. Ne le communiquez à personne.",
    voice: " : {{code}}. Encore une fois, le code est : {{code}}. Ne le communiquez à personne.",
    press_key: "Cet appel vous communique votre code. Pour l'entendre, appuyez sur n'importe quelle touche.",
    void: "Ce code n'est plus valable.",
    email: "\u{a0}:\n\n{{code}}\n\nIl expire dans {{minutes}} min. Ne le communiquez à personne, pas même à nous.\n\
            Si vous ne l'avez pas demandé, ne faites rien\u{a0}: sans le code, il ne se passe rien.\n",
    subject: "Votre code à usage unique",
};

/// The code stands before `है`, so that no danda, which resembles a 1, follows it in writing.
static HINDI: Texts = Texts {
    code: "आपका OTP",
    amount: "{{amount}} के भुगतान की मंज़ूरी के लिए आपका OTP",
    payee: "प्राप्तकर्ता {{payee}} की मंज़ूरी के लिए आपका OTP",
    payment: "{{payee}} को {{amount}} के भुगतान की मंज़ूरी के लिए आपका OTP",
    sms: " {{code}} है। {{minutes}} मिनट तक मान्य। किसी को न बताएँ।",
    voice: " है: {{code}}। एक बार फिर, आपका OTP है: {{code}}। इसे किसी को न बताएँ।",
    press_key: "यह कॉल आपका OTP बताने के लिए है। सुनने के लिए कोई भी बटन दबाएँ।",
    void: "यह OTP अब मान्य नहीं है।",
    email: " है:\n\n{{code}}\n\n{{minutes}} मिनट तक मान्य। इसे किसी को न बताएँ, हमें भी नहीं।\n\
            यदि आपने इसे नहीं माँगा है, तो कुछ न करें: इसके बिना कुछ नहीं होगा।\n",
    subject: "आपका वन-टाइम पासवर्ड",
};

static ITALIAN: Texts = Texts {
    code: "Il Suo codice di verifica è",
    amount: "Per autorizzare un pagamento di {{amount}}, usi il codice",
    payee: "Per autorizzare il beneficiario {{payee}}, usi il codice",
    payment: "Per autorizzare un pagamento di {{amount}} a {{payee}}, usi il codice",
    sms: " {{code}}. Scade tra {{minutes}} min. Non lo comunichi a nessuno.",
    voice: ": {{code}}. Ancora una volta, il codice è: {{code}}. Non lo comunichi a nessuno.",
    press_key: "Questa è una chiamata con il Suo codice. Per ascoltarlo, prema un tasto qualsiasi.",
    void: "Questo codice non è più valido.",
    email: ":\n\n{{code}}\n\nScade tra {{minutes}} min. Non lo comunichi a nessuno, nemmeno a noi.\n\
            Se non lo ha richiesto, non faccia nulla: senza il codice non succede nulla.\n",
    subject: "Il Suo codice monouso",
};

static JAPANESE: Texts = Texts {
    code: "認証コード",
    amount: "{{amount}} の支払いを承認する認証コード",
    payee: "支払先「{{payee}}」を承認する認証コード",
    payment: "「{{payee}}」への {{amount}} の支払いを承認する認証コード",
    sms: "：{{code}}（{{minutes}}分間有効）。誰にも教えないでください。",
    voice: "は次のとおりです。{{code}}。もう一度申し上げます。{{code}}。誰にも教えないでください。",
    press_key: "認証コードをお知らせするお電話です。お聞きになるには、いずれかのキーを押してください。",
    void: "この認証コードは無効になりました。",
    email: "：\n\n{{code}}\n\n{{minutes}}分間有効です。当社の社員を含め、誰にも教えないでください。\n\
            お心当たりがない場合、対応は不要です。コードがなければ何も行われません。\n",
    subject: "ワンタイムパスワードのお知らせ",
};

static DUTCH: Texts = Texts {
    code: "Uw verificatiecode is",
    amount: "Om een betaling van {{amount}} goed te keuren, gebruikt u de code",
    payee: "Om de begunstigde {{payee}} goed te keuren, gebruikt u de code",
    payment: "Om een betaling van {{amount}} aan {{payee}} goed te keuren, gebruikt u de code",
    sms: " {{code}}. Deze verloopt over {{minutes}} min. Deel de code met niemand.",
    voice: ": {{code}}. Nogmaals, de code is: {{code}}. Deel de code met niemand.",
    press_key: "Dit is een oproep met uw code. Druk op een willekeurige toets om de code te horen.",
    void: "Deze code is niet meer geldig.",
    email: ":\n\n{{code}}\n\nDeze verloopt over {{minutes}} min. Deel de code met niemand, ook niet met ons.\n\
            Hebt u er niet om gevraagd, dan hoeft u niets te doen: zonder de code gebeurt er niets.\n",
    subject: "Uw eenmalige code",
};

static POLISH: Texts = Texts {
    code: "Kod weryfikacyjny",
    amount: "Kod do zatwierdzenia transakcji na {{amount}}",
    payee: "Kod do zatwierdzenia odbiorcy {{payee}}",
    payment: "Kod do zatwierdzenia transakcji na {{amount}} dla {{payee}}",
    sms: ": {{code}}. Wygasa za {{minutes}} min. Nie podawaj go nikomu.",
    voice: ": {{code}}. Jeszcze raz, kod to: {{code}}. Nie podawaj go nikomu.",
    press_key: "Dzwonimy, aby podać kod weryfikacyjny. Aby go usłyszeć, proszę nacisnąć dowolny klawisz.",
    void: "Ten kod stracił ważność.",
    email: ":\n\n{{code}}\n\nWygasa za {{minutes}} min. Nie podawaj go nikomu, nawet nam.\n\
            Jeśli to nie była Twoja prośba, nie musisz nic robić: bez kodu nic się nie stanie.\n",
    subject: "Kod jednorazowy",
};

/// `código` needs a letter that GSM-7 has not, so the text message does without the word.
static PORTUGUESE: Texts = Texts {
    code: "Para confirmar a sua identidade, use",
    amount: "Para autorizar um pagamento de {{amount}}, use",
    payee: "Para autorizar pagamentos a {{payee}}, use",
    payment: "Para autorizar um pagamento de {{amount}} a {{payee}}, use",
    sms: " {{code}}. Expira em {{minutes}} min. Nunca o partilhe com ninguém.",
    voice: " o código: {{code}}. Mais uma vez, o código é: {{code}}. Nunca o partilhe com ninguém.",
    press_key: "Esta é uma chamada com o seu código. Para o ouvir, prima qualquer tecla.",
    void: "Este código já não é válido.",
    email: " o código:\n\n{{code}}\n\nExpira em {{minutes}} min. Nunca o partilhe com ninguém, nem sequer connosco.\n\
            Se não o pediu, não faça nada: sem o código nada acontece.\n",
    subject: "O seu código de utilização única",
};

static BRAZILIAN_PORTUGUESE: Texts = Texts {
    code: "Para confirmar sua identidade, use",
    amount: "Para autorizar um pagamento de {{amount}}, use",
    payee: "Para autorizar pagamentos para {{payee}}, use",
    payment: "Para autorizar um pagamento de {{amount}} para {{payee}}, use",
    sms: " {{code}}. Expira em {{minutes}} min. Nunca compartilhe com ninguém.",
    voice: " o código: {{code}}. Mais uma vez, o código é: {{code}}. Nunca compartilhe com ninguém.",
    press_key: "Esta é uma ligação com o seu código. Para ouvi-lo, pressione qualquer tecla.",
    void: "Este código não é mais válido.",
    email: " o código:\n\n{{code}}\n\nExpira em {{minutes}} min. Nunca compartilhe com ninguém, nem mesmo conosco.\n\
            Se você não o solicitou, não faça nada: sem o código, nada acontece.\n",
    subject: "Seu código de uso único",
};

static SWEDISH: Texts = Texts {
    code: "Din verifieringskod är",
    amount: "För att godkänna en betalning på {{amount}}, använd koden",
    payee: "För att godkänna mottagaren {{payee}}, använd koden",
    payment: "För att godkänna en betalning på {{amount}} till {{payee}}, använd koden",
    sms: " {{code}}. Den gäller i {{minutes}} min. Dela den aldrig med någon.",
    voice: ": {{code}}. En gång till, koden är: {{code}}. Dela den aldrig med någon.",
    press_key: "Det här är ett samtal med din kod. Tryck på valfri knapp för att höra den.",
    void: "Koden gäller inte längre.",
    email: ":\n\n{{code}}\n\nDen gäller i {{minutes}} min. Dela den aldrig med någon, inte ens med oss.\n\
            Om du inte har begärt den behöver du inte göra något: utan koden händer ingenting.\n",
    subject: "Din engångskod",
};

/// `alıcı`, a payee, and `paylaşmak`, to share, need letters that GSM-7 has not.
static TURKISH: Texts = Texts {
    code: "Onay kodunuz",
    amount: "Ödeme: {{amount}}. Onay kodunuz",
    payee: "Onaylanacak isim: {{payee}}. Onay kodunuz",
    payment: "Ödeme: {{amount}}. Kime: {{payee}}. Onay kodunuz",
    sms: ": {{code}}. Süresi: {{minutes}} dk. Bu kodu kimseye vermeyin.",
    voice: ": {{code}}. Tekrar ediyoruz, kod: {{code}}. Bu kodu kimseye vermeyin.",
    press_key: "Bu aramada onay kodunuz okunacaktır. Dinlemek için herhangi bir tuşa basın.",
    void: "Bu kod artık geçerli değil.",
    email: ":\n\n{{code}}\n\nSüresi: {{minutes}} dk. Bu kodu kimseye vermeyin, bize bile.\n\
            Kodu siz istemediyseniz bir şey yapmanız gerekmez: kod olmadan hiçbir işlem yapılmaz.\n",
    subject: "Tek kullanımlık kodunuz",
};

static UKRAINIAN: Texts = Texts {
    code: "Ваш код",
    amount: "Код для підтвердження платежу {{amount}}",
    payee: "Код для підтвердження отримувача {{payee}}",
    payment: "Код для підтвердження платежу {{amount}}, отримувач {{payee}}",
    sms: ": {{code}}. Діє {{minutes}} хв. Нікому його не повідомляйте.",
    voice: ": {{code}}. Ще раз, код: {{code}}. Нікому його не повідомляйте.",
    press_key: "Це дзвінок із Вашим кодом. Щоб почути його, натисніть будь-яку клавішу.",
    void: "Цей код більше не дійсний.",
    email: ":\n\n{{code}}\n\nДіє {{minutes}} хв. Нікому його не повідомляйте, навіть нам.\n\
            Якщо Ви його не запитували, нічого не робіть: без коду нічого не станеться.\n",
    subject: "Ваш одноразовий пароль",
};

static SIMPLIFIED_CHINESE: Texts = Texts {
    code: "您的验证码",
    amount: "确认付款 {{amount}} 的验证码",
    payee: "确认收款人“{{payee}}”的验证码",
    payment: "确认向“{{payee}}”付款 {{amount}} 的验证码",
    sms: "：{{code}}（{{minutes}}分钟内有效）。请勿告诉任何人。",
    voice: "是：{{code}}。再说一遍，验证码是：{{code}}。请勿告诉任何人。",
    press_key: "这是播报验证码的来电。请按任意键收听。",
    void: "该验证码已失效。",
    email: "：\n\n{{code}}\n\n{{minutes}}分钟内有效。请勿告诉任何人，包括我们的工作人员。\n\
            如果不是您本人操作，无需理会：没有验证码，任何操作都不会完成。\n",
    subject: "您的一次性密码",
};

static TRADITIONAL_CHINESE: Texts = Texts {
    code: "您的驗證碼",
    amount: "確認付款 {{amount}} 的驗證碼",
    payee: "確認收款人「{{payee}}」的驗證碼",
    payment: "確認向「{{payee}}」付款 {{amount}} 的驗證碼",
    sms: "：{{code}}（{{minutes}}分鐘內有效）。請勿告訴任何人。",
    voice: "是：{{code}}。再說一次，驗證碼是：{{code}}。請勿告訴任何人。",
    press_key: "這是播報驗證碼的來電。請按任意鍵收聽。",
    void: "此驗證碼已失效。",
    email: "：\n\n{{code}}\n\n{{minutes}}分鐘內有效。請勿告訴任何人，包括我們的工作人員。\n\
            如果不是您本人操作，無需理會：沒有驗證碼，任何操作都不會完成。\n",
    subject: "您的一次性密碼",
};
