package io.github.keyfob

/** The stable kebab-case word for what is wrong, the same in every language. */
public val KeyfobException.code: String
    get() = when (this) {
        is KeyfobException.Invalid -> code
        is KeyfobException.Refused -> code
        is KeyfobException.RecipientBlocked -> code
        is KeyfobException.SendLimit -> code
        is KeyfobException.Failed -> code
    }

/** What is wrong and what to do next. It quotes nothing that was given. */
public val KeyfobException.text: String
    get() = when (this) {
        is KeyfobException.Invalid -> text
        is KeyfobException.Refused -> text
        is KeyfobException.RecipientBlocked -> text
        is KeyfobException.SendLimit -> text
        is KeyfobException.Failed -> text
    }
