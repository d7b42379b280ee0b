package io.github.keyfob

import java.time.Duration

// A code crosses as one number: its characters, the first in the lowest byte.

internal fun unpacked(symbols: Long): String {
    val length = 8 - symbols.countLeadingZeroBits() / 8
    return String(CharArray(length) { (symbols ushr (8 * it)).toInt().and(0x7f).toChar() })
}

internal fun packed(code: String): Long =
    code.foldRight(0L) { symbol, symbols -> (symbols shl 8) or symbol.code.toLong() }

/** What is no number of whole seconds from 0 on is -1, and the engine refuses it by name. */
internal fun wholeSeconds(length: Duration): Long =
    if (length.isNegative || length.nano != 0) -1 else length.seconds

/** Without halves of characters, which UTF-8 cannot say: a field that counts may cut one in two. */
internal fun legible(text: String): String = text.encodeToByteArray().decodeToString()

/** In the engine each half would be the same sign, and two names one. */
internal fun refuseHalves(text: String) {
    if (Charsets.UTF_8.newEncoder().canEncode(text)) return
    val wanted = "this text has half a character in it; cut it between characters"
    throw KeyfobException.Invalid("invalid-argument", wanted, "text", null, null)
}
