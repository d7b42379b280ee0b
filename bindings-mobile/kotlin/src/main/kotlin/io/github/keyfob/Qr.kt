package io.github.keyfob

/** The modules row by row, from the top left: `true` is dark. Leave a light border of four around. */
public fun QrCode.matrix(): List<BooleanArray> {
    val (size, modules) = size() to modules()
    return List(size) { row -> BooleanArray(size) { column -> modules[row * size + column] == 1.toByte() } }
}

/** This account as a QR code, for an authenticator app to scan. */
public fun Enrolment.qrCode(level: ErrorCorrection = ErrorCorrection.MEDIUM): QrCode =
    QrCode.encode(toUri(), level)
