package io.github.keyfob

import android.graphics.Bitmap
import android.graphics.BitmapFactory

/**
 * This code as a picture of [scale] pixels (1 to 32) to a module, the light border included.
 *
 * Show it without filtering, so that its edges stay sharp. It usually holds a secret: recycle it
 * when it is seen, and keep it out of files and of the list of recent apps
 * (`WindowManager.LayoutParams.FLAG_SECURE`).
 *
 * @throws KeyfobException.Invalid for another scale
 */
@Throws(KeyfobException::class)
public fun QrCode.bitmap(scale: Int = 8): Bitmap {
    val png = png(scale)
    try {
        return checkNotNull(BitmapFactory.decodeByteArray(png, 0, png.size)) { "Android cannot read its own PNG" }
    } finally {
        png.fill(0)
    }
}
