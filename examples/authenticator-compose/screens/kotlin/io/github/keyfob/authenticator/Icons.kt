package io.github.keyfob.authenticator

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.StrokeJoin
import androidx.compose.ui.graphics.vector.ImageVector
import androidx.compose.ui.graphics.vector.addPathNodes
import androidx.compose.ui.unit.dp

/** Drawn with one pen, so that no package of icons is needed. */
internal object Icons {
    val Add = icon("M12 5V19M5 12H19")
    val Back = icon("M19 12H5M11 18L5 12L11 6")
    val Close = icon("M6 6L18 18M18 6L6 18")
    val More = icon("M12 5.5V5.51M12 12V12.01M12 18.5V18.51", width = 2.6f)
    val Search = icon("M11 18A7 7 0 1 0 11 4A7 7 0 1 0 11 18ZM16 16L20 20")
    val Next = icon("M19.5 12A7.5 7.5 0 1 1 17.2 6.6L19.5 8.8M19.5 4V8.8H14.7")
    val Info = icon("M12 20.5A8.5 8.5 0 1 0 12 3.5A8.5 8.5 0 1 0 12 20.5ZM12 11V16M12 8V8.01")
    val Down = icon("M6 9.5L12 15.5L18 9.5")
    val Up = icon("M6 14.5L12 8.5L18 14.5")
    val Paste = icon(
        "M8.5 5H7A2 2 0 0 0 5 7V18A2 2 0 0 0 7 20H17A2 2 0 0 0 19 18V7A2 2 0 0 0 17 5H15.5" +
            "M9.5 3.5H14.5A1 1 0 0 1 15.5 4.5V6.5H8.5V4.5A1 1 0 0 1 9.5 3.5Z",
    )
}

private fun icon(path: String, width: Float = 1.8f): ImageVector =
    ImageVector.Builder(defaultWidth = 24.dp, defaultHeight = 24.dp, viewportWidth = 24f, viewportHeight = 24f)
        .addPath(
            addPathNodes(path),
            stroke = SolidColor(Color.Black),
            strokeLineWidth = width,
            strokeLineCap = StrokeCap.Round,
            strokeLineJoin = StrokeJoin.Round,
        )
        .build()
