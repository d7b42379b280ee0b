package io.github.keyfob

import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import androidx.compose.ui.graphics.asAndroidBitmap
import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** A picture that Android draws is read by a reader of others, and gives the same URI. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34])
class PicturesTest {
    private val labels = listOf(
        "ann@example.com", "علي بن أحمد", "王小明", "👩‍👩‍👧 🔐", "a:b", "100%", "a+b", "R&D", "ünïcode %3A+&:",
    )

    @Test
    fun `a bitmap that was drawn gives back the uri for every label at every level`() {
        val seen = mutableListOf<Pair<String, File>>()
        for (label in labels) {
            for (level in ErrorCorrection.entries) {
                val enrolment = Enrolment.totp(Secret.generate(), label, issuer = label.replace(":", "·"))
                seen.add(enrolment.toUri() to written(drawn(enrolment.qrCode(level).bitmap(scale = 4))))
            }
        }
        for ((uri, file) in seen) assertEquals(uri, scan(file))
        println("QR codes drawn on Android and read back by zbarimg: ${seen.size}/${labels.size * 4}")
    }

    @Test
    fun `a bitmap is the code, module by module`() {
        val qr = Enrolment.totp(Secret.generate(), "ann").qrCode()
        val bitmap = qr.bitmap(scale = 3)
        assertEquals((qr.size() + 8) * 3, bitmap.width)
        assertEquals(bitmap.width, bitmap.height)
        for (y in -4 until qr.size() + 4) {
            for (x in -4 until qr.size() + 4) {
                val expected = if (qr.isDark(x, y)) Color.BLACK else Color.WHITE
                assertEquals(expected, bitmap.getPixel((x + 4) * 3 + 1, (y + 4) * 3 + 1), "$x, $y")
            }
        }
    }

    @Test
    fun `Compose gets the same picture`() {
        val qr = Enrolment.totp(Secret.generate(), "ann").qrCode()
        val image = qr.imageBitmap(scale = 2)
        assertEquals((qr.size() + 8) * 2, image.width)
        assertTrue(image.asAndroidBitmap().sameAs(qr.bitmap(scale = 2)))
    }

    @Test
    fun `a scale that cannot be drawn is refused by name`() {
        for (scale in listOf(-1, 0, 33)) {
            assertEquals("qr-scale", assertFailsWith<KeyfobException.Invalid> { QrCode.encode("a").bitmap(scale) }.code)
        }
    }

    /** On a screen, which is grey and larger. */
    private fun drawn(code: Bitmap): Bitmap {
        val screen = Bitmap.createBitmap(code.width + 80, code.height + 120, Bitmap.Config.ARGB_8888)
        val canvas = Canvas(screen)
        canvas.drawColor(Color.LTGRAY)
        canvas.drawBitmap(code, 40f, 60f, null)
        return screen
    }

    private fun written(bitmap: Bitmap): File {
        val file = File.createTempFile("keyfob", ".png").apply { deleteOnExit() }
        file.outputStream().use { assertTrue(bitmap.compress(Bitmap.CompressFormat.PNG, 100, it)) }
        return file
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
