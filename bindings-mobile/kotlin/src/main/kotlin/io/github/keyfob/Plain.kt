package io.github.keyfob

// A code crosses as one number: its characters, the first in the lowest byte.

internal fun unpacked(symbols: Long): String {
    val length = 8 - symbols.countLeadingZeroBits() / 8
    return String(CharArray(length) { (symbols ushr (8 * it)).toInt().and(0x7f).toChar() })
}

internal fun packed(code: String): Long =
    code.foldRight(0L) { symbol, symbols -> (symbols shl 8) or symbol.code.toLong() }
