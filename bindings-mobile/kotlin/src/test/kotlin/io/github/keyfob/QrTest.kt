package io.github.keyfob

import java.io.ByteArrayInputStream
import java.io.File
import javax.imageio.ImageIO
import kotlin.io.path.createTempFile
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** A QR code made here is read by a reader of others, and gives the same URI. */
class QrTest {
    private val labels = listOf(
        "ann@example.com", "علي بن أحمد", "王小明", "👩‍👩‍👧 🔐", "a:b", "100%", "a+b", "R&D", "a b", "ünïcode %3A+&:",
    )

    @Test
    fun `a picture gives back the uri for every label at every level`() {
        var read = 0
        for (label in labels) {
            for (level in ErrorCorrection.entries) {
                val enrolment = Enrolment.totp(secret(), label, issuer = label.replace(":", "·"))
                val scanned = scan(enrolment.qrCode(level).png())
                assertEquals(enrolment.toUri(), scanned, "$label at $level")
                assertTrue(parseEnrolment(scanned).enrolment.isSameAs(enrolment))
                assertEquals(label, parseEnrolment(scanned).enrolment.account())
                read += 1
            }
        }
        println("QR codes read back by zbarimg: $read/${labels.size * ErrorCorrection.entries.size}")
    }

    @Test
    fun `matrix, picture and drawing are the same`() {
        val qr = Enrolment.totp(secret(), "ann").qrCode()
        val matrix = qr.matrix()
        val image = ImageIO.read(ByteArrayInputStream(qr.png(scale = 3)))
        assertEquals((qr.size() + 8) * 3, image.width)
        for (y in 0 until qr.size()) {
            for (x in 0 until qr.size()) {
                assertEquals(qr.isDark(x, y), matrix[y][x])
                val pixel = image.getRGB((x + 4) * 3 + 1, (y + 4) * 3 + 1) and 0xff
                assertEquals(matrix[y][x], pixel == 0, "$x, $y")
            }
        }
        assertTrue("<title>Scan &amp; go</title>" in qr.svg(title = "Scan & go"))
    }

    private fun scan(png: ByteArray): String {
        val file = createTempFile(suffix = ".png").toFile()
        try {
            file.writeBytes(png)
            return scan(file)
        } finally {
            file.delete()
        }
    }

    private fun scan(file: File): String {
        val reader = ProcessBuilder("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.path).redirectError(ProcessBuilder.Redirect.DISCARD)
        reader.environment()["LC_ALL"] = "C.UTF-8"
        val process = reader.start()
        val text = process.inputStream.readBytes().toString(Charsets.UTF_8).trimEnd('\n')
        assertEquals(0, process.waitFor(), "zbarimg")
        return text
    }
}
