package io.github.keyfob.authenticator

import java.io.File
import kotlin.math.abs
import kotlin.test.fail
import org.jetbrains.skia.Bitmap
import org.jetbrains.skia.ColorAlphaType
import org.jetbrains.skia.ColorType
import org.jetbrains.skia.Image
import org.jetbrains.skia.ImageInfo

/** A picture and its pixels, four bytes each. */
class Picture private constructor(val png: ByteArray, val width: Int, val height: Int, private val pixels: ByteArray) {
    /**
     * How many places look different to the eye.
     *
     * Around each place the differences of nine pixels are added with their signs: an edge that
     * stands a part of a pixel elsewhere takes away on one side what it adds on the other, and
     * another letter or another colour does not.
     */
    fun differences(other: Picture): Int {
        if (width != other.width || height != other.height) return width * height
        return (1 until height - 1).sumOf { y -> (1 until width - 1).count { x -> differs(other, x, y) } }
    }

    private fun differs(other: Picture, x: Int, y: Int): Boolean = (0..2).any { channel ->
        var sum = 0
        for (row in y - 1..y + 1) {
            for (column in x - 1..x + 1) {
                val place = (row * width + column) * 4 + channel
                sum += (pixels[place].toInt() and 0xff) - (other.pixels[place].toInt() and 0xff)
            }
        }
        abs(sum) > VISIBLE * 9
    }

    companion object {
        private const val VISIBLE = 10

        fun of(image: Image): Picture {
            val png = image.encodeToData()?.bytes ?: error("no PNG")
            val bitmap = Bitmap()
            bitmap.allocPixels(ImageInfo(image.width, image.height, ColorType.RGBA_8888, ColorAlphaType.UNPREMUL))
            image.readPixels(bitmap)
            return Picture(png, image.width, image.height, bitmap.readPixels() ?: error("no pixels"))
        }

        fun read(file: File): Picture = of(Image.makeFromEncoded(file.readBytes()))
    }
}

/** What a few pixels of another renderer may amount to. */
const val TOLERATED = 8

/** Whether a picture is the one that is kept under a name. With `-Dgolden.write=true` it becomes that. */
fun assertGolden(name: String, seen: Picture) {
    val golden = File(System.getProperty("golden.folder"), "$name.png")
    if (System.getProperty("golden.write") == "true") {
        golden.apply { parentFile.mkdirs() }.writeBytes(seen.png)
        return
    }
    val differences = if (golden.exists()) seen.differences(Picture.read(golden)) else Int.MAX_VALUE
    if (differences <= TOLERATED) return
    val shown = File(System.getProperty("golden.seen"), "$name.png").apply { parentFile.mkdirs() }
    shown.writeBytes(seen.png)
    fail("$name is not as it was, in $differences places: look at $shown, and keep it with -Dgolden.write=true if it is right")
}
