package io.github.keyfob.authenticator

import io.github.keyfob.CodeGenerator
import io.github.keyfob.Enrolment
import io.github.keyfob.EnrolmentKind
import io.github.keyfob.QrCode
import io.github.keyfob.codeAt
import io.github.keyfob.qrCode
import java.time.Instant

/**
 * One account of the list. It holds the secret and prints as redacted.
 *
 * Fails for digits or a period that no code can be made of.
 */
public class Account internal constructor(
    /** The same as long as the account is in the list, also when its counter moves on. */
    public val id: Long,
    internal val enrolment: Enrolment,
    /** The code that was asked for last, if codes are made one by one. */
    private val lastCode: String? = null,
) {
    private val generator = enrolment.generator()

    /** Whom the account is with; empty if that is not known. */
    public val issuer: String = enrolment.issuer().orEmpty()

    /** The name of the account; may be empty. */
    public val name: String = enrolment.account()

    /** What it is called: never empty. */
    public val title: String = issuer.ifBlank { name.ifBlank { "Account without a name" } }

    /** The name, where the title does not say it. */
    public val subtitle: String = if (issuer.isBlank() || name == issuer) "" else name

    /** What to show at a time. */
    public fun display(now: Instant): Display = when (val generator = generator) {
        is CodeGenerator.OfTotp -> ticking(generator.totp.codeAt(now), now, period())
        is CodeGenerator.OfSteam -> ticking(generator.steam.codeAt(now), now, STEAM_PERIOD)
        is CodeGenerator.OfHotp -> Display.OnRequest(lastCode)
    }

    /** The account as another authenticator scans it. Whoever sees it can make the codes. */
    public fun qrCode(): QrCode = enrolment.qrCode()

    override fun toString(): String = "Account(redacted)"

    /**
     * This account after its next code was made, which it shows; absent if codes move by time.
     *
     * Fails at the last counter: after it would come the first codes again.
     */
    internal fun advanced(): Account? {
        val generator = generator as? CodeGenerator.OfHotp ?: return null
        if (generator.counter == ULong.MAX_VALUE) {
            throw VaultException("The codes of $title are used up. Enrol anew at the site, then delete this account.")
        }
        val next = enrolment.withCounter(generator.counter + 1u)
        return Account(id, next, generator.hotp.generate(generator.counter))
    }

    private fun period(): Long = (enrolment.kind() as EnrolmentKind.Totp).period.seconds
}

/** What an account shows. It prints as redacted. */
public sealed interface Display {
    /** A code that lasts for a while. */
    public class Ticking internal constructor(
        /** The code. */
        public val code: String,
        /** How long it lasts, from the whole period down to 1. */
        public val secondsLeft: Int,
        /** How much of its time is left: 1 at its beginning. */
        public val share: Float,
    ) : Display {
        override fun toString(): String = "Ticking(redacted, $secondsLeft s)"
    }

    /** A code that is made when it is asked for, and then the next one. */
    public class OnRequest internal constructor(
        /** The last code; absent before the first was asked for. */
        public val code: String?,
    ) : Display {
        override fun toString(): String = "OnRequest(redacted)"
    }
}

/** A code in groups that are easy to keep in mind: `123 456`, `1234 5678`, `12345`. */
public fun grouped(code: String): String = when (code.length) {
    6 -> code.chunked(3)
    7, 8 -> code.chunked(4)
    else -> listOf(code)
}.joinToString(" ")

private const val STEAM_PERIOD = 30L

private fun ticking(code: io.github.keyfob.Code, now: Instant, period: Long): Display {
    val left = code.remaining(now).plusMillis(999).seconds
    return Display.Ticking(code.value, left.toInt(), left.toFloat() / period)
}
