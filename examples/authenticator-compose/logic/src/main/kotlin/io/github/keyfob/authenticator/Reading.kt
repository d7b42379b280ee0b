package io.github.keyfob.authenticator

import io.github.keyfob.Algorithm
import io.github.keyfob.Enrolment
import io.github.keyfob.KeyfobException
import io.github.keyfob.ReadingMode
import io.github.keyfob.Secret
import io.github.keyfob.parseEnrolment
import io.github.keyfob.parseMigration
import io.github.keyfob.text
import java.time.Duration

/** What a text that somebody wants to add was read as. */
public sealed interface Reading {
    /** Nothing was given yet. */
    public data object Nothing : Reading

    /** It cannot be used; [text] says what to do. */
    public class Refused internal constructor(
        public val text: String,
        /** The field of [Manual] that is at fault. */
        public val field: Field? = null,
    ) : Reading

    /** These accounts can be added. */
    public class Found internal constructor(
        public val accounts: List<Enrolment>,
        /** What deserves a look: what was guessed, what is weak, what is not there. */
        public val notes: List<String>,
    ) : Reading
}

/**
 * Reads what QR codes hold: `otpauth://` of one account, `otpauth-migration://` of an export;
 * several of them line by line. More than 256 KiB or 1,000 lines are refused unread.
 */
public fun read(text: String): Reading {
    refusedUnread(text)?.let { return it }
    val lines = wellFormed(text).lines().map { it.trim() }.filter { it.isNotEmpty() }
    if (lines.isEmpty()) return Reading.Nothing
    val read = lines.map { line ->
        when (val one = readLine(line)) {
            is Reading.Found -> one
            is Reading.Refused -> return if (lines.size == 1) one else at(lines.indexOf(line) + 1, one)
            is Reading.Nothing -> return one
        }
    }
    val accounts = read.flatMap { it.accounts }
    if (accounts.size > MOST_LINES) return tooMuch()
    return Reading.Found(accounts, read.flatMap { it.notes }.distinct() + missingParts(lines))
}

/** Why a text is too large to be read, or even shown; absent if it is not. */
public fun refusedUnread(text: String): Reading.Refused? {
    // A character has a byte at least.
    val isLarge = text.length > MOST_BYTES || text.encodeToByteArray().size > MOST_BYTES
    return if (isLarge || text.lineSequence().drop(MOST_LINES).any()) tooMuch() else null
}

/** What is typed where there is no QR code. */
public data class Manual(
    val issuer: String = "",
    val name: String = "",
    /** Base32, as the site shows it. */
    val key: String = "",
    val isCounted: Boolean = false,
    val digits: Int = 6,
    val period: String = "30",
    val counter: String = "0",
    val algorithm: Algorithm = Algorithm.SHA1,
) {
    override fun toString(): String = "Manual(redacted)"
}

/** A part of [Manual]. */
public enum class Field { ISSUER, NAME, KEY, PERIOD, COUNTER }

/** Reads what was typed. */
public fun read(typed: Manual): Reading {
    if (typed.key.isBlank()) return Reading.Refused("Type the key that the site shows you.", Field.KEY)
    if (typed.issuer.isBlank() && typed.name.isBlank()) {
        return Reading.Refused("Say which site it is for, so that you find it again.", Field.ISSUER)
    }
    return try {
        val enrolment = enrolment(typed, Secret.fromBase32(wellFormed(typed.key)))
        enrolment.generator().destroy()
        Reading.Found(listOf(enrolment), shortKey(enrolment))
    } catch (error: KeyfobException.Invalid) {
        Reading.Refused(sentence(error.text), FIELDS[error.argument])
    } catch (error: KeyfobException) {
        Reading.Refused(sentence(error.text))
    }
}

private val FIELDS = mapOf(
    "issuer" to Field.ISSUER,
    "account" to Field.NAME,
    "text" to Field.KEY,
    "period" to Field.PERIOD,
    "counter" to Field.COUNTER,
)

/** Screens read at each key that is pressed: what takes longer than that is refused before. */
private const val MOST_LINES = 1_000
private const val MOST_BYTES = 256 * 1024

private fun tooMuch() =
    Reading.Refused("This is too much to read at once. Paste at most 256 KiB, 1,000 lines and 1,000 accounts at a time.")

private fun enrolment(typed: Manual, secret: Secret): Enrolment {
    val name = wellFormed(typed.name.ifBlank { typed.issuer }).trim() // an account has a name
    val issuer = wellFormed(typed.issuer).trim().ifEmpty { null }
    if (typed.isCounted) {
        val counter = typed.counter.trim().toULongOrNull() ?: throw invalid("counter", "type a whole number from 0")
        return Enrolment.hotp(secret, name, counter, issuer, typed.algorithm, typed.digits)
    }
    val seconds = typed.period.trim().toUIntOrNull() ?: throw invalid("period", "type whole seconds, usually 30")
    return Enrolment.totp(secret, name, issuer, typed.algorithm, typed.digits, Duration.ofSeconds(seconds.toLong()))
}

private fun invalid(argument: String, text: String) =
    KeyfobException.Invalid("invalid-$argument", text, argument, null, null)

private fun readLine(line: String): Reading = try {
    when {
        line.startsWith("otpauth-migration:", ignoreCase = true) -> readMigration(line)
        line.startsWith("otpauth:", ignoreCase = true) || line.startsWith("steam:", ignoreCase = true) -> readOne(line)
        else -> Reading.Refused("This is no account. The text of its QR code begins with otpauth:// or otpauth-migration://.")
    }
} catch (error: KeyfobException) {
    Reading.Refused(sentence(error.text))
}

private fun readOne(line: String): Reading {
    val parsed = parseEnrolment(line, ReadingMode.LENIENT)
    parsed.enrolment.generator().destroy() // refuses what no code can be made of
    return Reading.Found(listOf(parsed.enrolment), parsed.warnings.map { sentence(it.text) })
}

private fun readMigration(line: String): Reading {
    val migration = parseMigration(line)
    val skipped = migration.skipped.map { entry ->
        val name = entry.name.ifEmpty { "Account ${entry.index + 1}" }
        "$name was left out: ${entry.text}"
    }
    if (migration.entries.isEmpty()) {
        return Reading.Refused(skipped.firstOrNull() ?: "There is no account in this export.")
    }
    return Reading.Found(migration.entries, skipped.map(::sentence) + migration.entries.flatMap(::shortKey))
}

/** An export of many accounts comes as several QR codes. */
private fun missingParts(lines: List<String>): List<String> {
    val parts = lines.filter { it.startsWith("otpauth-migration:", ignoreCase = true) }.map { parseMigration(it) }
    return parts.groupBy { it.batchId }.values.mapNotNull { batch ->
        val (size, present) = batch.first().batchSize.toLong() to batch.map { it.batchIndex }.distinct().size
        if (present < size) "$present of the $size QR codes of this export: add the others too." else null
    }
}

private fun shortKey(enrolment: Enrolment): List<String> {
    if (!enrolment.secret().isShort()) return emptyList()
    val name = enrolment.issuer() ?: enrolment.account()
    return listOf("The key of ${name.ifEmpty { "an account" }} is shorter than it should be. It works all the same.")
}

/** Without halves of characters, which a clipboard may hold and no account does. */
private fun wellFormed(text: String): String = text.encodeToByteArray().decodeToString()

private fun at(line: Int, refused: Reading.Refused) = Reading.Refused("Line $line: ${refused.text}")

private fun sentence(text: String): String =
    text.replaceFirstChar { it.uppercase() }.let { if (it.endsWith('.')) it else "$it." }
