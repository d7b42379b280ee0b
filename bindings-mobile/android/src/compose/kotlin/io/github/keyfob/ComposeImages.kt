package io.github.keyfob

import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap

// Compiled with Compose and never loaded by an app that does not call it: such an app needs none.

/**
 * This code as a picture for Compose, of [scale] pixels (1 to 32) to a module, the light border
 * included. Show it with `FilterQuality.None`; as [bitmap] otherwise.
 *
 * @throws KeyfobException.Invalid for another scale
 */
@Throws(KeyfobException::class)
public fun QrCode.imageBitmap(scale: Int = 8): ImageBitmap = bitmap(scale).asImageBitmap()
