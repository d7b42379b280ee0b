@file:OptIn(ExperimentalTextApi::class)

package io.github.keyfob.authenticator

import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.text.ExperimentalTextApi
import androidx.compose.ui.text.FontHinting
import androidx.compose.ui.text.FontRasterizationSettings
import androidx.compose.ui.text.FontSmoothing
import androidx.compose.ui.text.PlatformParagraphStyle
import androidx.compose.ui.text.PlatformTextStyle
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.unit.Density
import kotlin.test.Test
import kotlin.test.assertTrue

/** The comparison of pictures finds what a person would, and no more. */
class ComparisonTest {
    private val usual = shown("ann@example.com")

    @Test
    fun `another letter is found, in the smallest text too`() {
        for (text in listOf("anm@example.com", "ann@exanple.com", "ann@example.con", "ann@example com", "ann@exampIe.com", "")) {
            assertTrue(shown(text).differences(usual) > TOLERATED, "$text: ${shown(text).differences(usual)}")
        }
    }

    @Test
    fun `another colour is found`() {
        for (colour in listOf(Color(0xFF8A4B12), Color(0xFF55615E))) {
            val differences = shown("ann@example.com", colour).differences(usual)
            assertTrue(differences > TOLERATED, "$colour: $differences")
        }
    }

    @Test
    fun `another hinting or smoothing of letters that stay in their places is not`() {
        for (hinting in listOf(FontHinting.None, FontHinting.Slight)) {
            for (smoothing in listOf(FontSmoothing.AntiAlias, FontSmoothing.SubpixelAntiAlias)) {
                val settings = FontRasterizationSettings(smoothing, hinting, subpixelPositioning = true, autoHintingForced = false)
                val differences = shown("ann@example.com", hinting = settings).differences(usual)
                assertTrue(differences <= TOLERATED, "$hinting, $smoothing: $differences")
            }
        }
    }

    private fun shown(text: String, colour: Color = Color.Unspecified, hinting: FontRasterizationSettings? = null): Picture {
        val scene = ImageComposeScene(360, 60, Density(1f)) { Line(text, colour, hinting) }
        return try {
            Picture.of(scene.render(0))
        } finally {
            scene.close()
        }
    }

    @Composable
    private fun Line(text: String, colour: Color, hinting: FontRasterizationSettings?) = AuthenticatorTheme(false, INTER) {
        val style = hinting?.let { TextStyle(platformStyle = PlatformTextStyle(null, PlatformParagraphStyle(it))) }
        Surface { Text(text, color = colour, style = MaterialTheme.typography.bodySmall.merge(style)) }
    }
}
