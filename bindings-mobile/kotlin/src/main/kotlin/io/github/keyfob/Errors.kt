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

/** What `message` says. */
internal fun KeyfobException.told(): String = when (this) {
    is KeyfobException.Invalid -> "$argument: $text"
    is KeyfobException.Failed -> reason?.let { "$text ($it)" } ?: text
    else -> text
}

/** What `message` says. */
internal fun PortException.told(): String = when (this) {
    is PortException.Unavailable -> reason
    is PortException.NotConfigured ->
        "this service was given nothing that does it: a `delivery` for this channel, or an `operator` to ask about SIMs"
}
