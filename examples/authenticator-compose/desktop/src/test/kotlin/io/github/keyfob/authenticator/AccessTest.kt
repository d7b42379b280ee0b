@file:OptIn(ExperimentalTestApi::class)

package io.github.keyfob.authenticator

import androidx.compose.material3.ColorScheme
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.luminance
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsFocused
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performKeyInput
import androidx.compose.ui.test.pressKey
import androidx.compose.ui.test.requestFocus
import androidx.compose.ui.text.TextLayoutResult
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** Usable by thumb, by screen reader and by weak eyes. */
class AccessTest {
    @Test
    fun `everything that is clicked is 48 dp high and wide, and says what it is`() {
        var checked = 0
        fun SkikoComposeUiTest.check(minimum: Int) {
            val nodes = onAllNodes(hasClickAction()).fetchSemanticsNodes()
            assertTrue(nodes.size >= minimum, "${nodes.size} of $minimum")
            for (node in nodes) {
                val size = node.touchBoundsInRoot.size
                assertTrue(size.width >= 48 && size.height >= 48, "${told(node)} is $size")
                assertTrue(told(node).isNotBlank(), "something says nothing")
                checked += 1
            }
        }
        val tall = PHONE.copy(height = 1400f) // nothing is out of sight
        on(tall, { World().Content() }) { check(1) }
        on(tall, { World(*ACCOUNTS).Content() }) {
            check(9)
            onNodeWithContentDescription("More about Example Bank").performClick()
            check(2)
            onNodeWithText("Delete").performClick()
            check(2)
        }
        val adding = World(BANK).also { it.navigation.open(Place.Add) }
        on(tall, { adding.Content() }) {
            check(5)
            onNodeWithText("By hand").performClick()
            onNodeWithText("More, if the site asks for it").performClick()
            check(12)
        }
        on(tall, { World(BANK).also { it.navigation.open(Place.Show(1)) }.Content() }) { check(1) }
        on(tall, { World(*ACCOUNTS).also { it.navigation.open(Place.ExportAll) }.Content() }) { check(1) }
        println("clickable things measured: $checked")
    }

    /** Text that no colour was given is black, in the dark as well. */
    @Test
    fun `every text has a colour of the theme`() {
        val places = listOf(Place.Accounts, Place.Add, Place.Show(1), Place.ExportAll)
        for ((dark, colours) in listOf(false to LightColors, true to DarkColors)) {
            for (place in places) {
                val world = World(*ACCOUNTS).also { it.navigation.open(place) }
                on(PHONE, { world.Content(dark) }) {
                    val texts = onAllNodes(SemanticsMatcher.keyIsDefined(SemanticsActions.GetTextLayoutResult), useUnmergedTree = true)
                    assertTrue(texts.fetchSemanticsNodes().isNotEmpty())
                    for (node in texts.fetchSemanticsNodes()) {
                        val results = mutableListOf<TextLayoutResult>()
                        node.config[SemanticsActions.GetTextLayoutResult].action?.invoke(results)
                        val colour = results.single().layoutInput.style.color.copy(alpha = 1f)
                        assertTrue(colour in known(colours), "$place, dark: $dark, ${results.single().layoutInput.text}: $colour")
                    }
                }
            }
        }
    }

    private fun known(colours: ColorScheme): List<Color> = with(colours) {
        val palette = if (this == DarkColors) DarkPalette else LightPalette
        listOf(onSurface, onSurfaceVariant, onPrimary, primary, outline, palette.urgent) + palette.badges.map { it.second }
    }

    @Test
    fun `an account is added by keyboard alone`() = with(World().also { it.pasted = BANK }) {
        on(PHONE, { Content() }) {
            onNodeWithText("Add account").requestFocus().performKeyInput { pressKey(Key.Enter) }
            onNodeWithText("Text of the QR code").requestFocus().performKeyInput { pressKey(Key.Tab) }
            onNodeWithText("Paste").assertIsFocused().performKeyInput { pressKey(Key.Enter) }
            onNodeWithText("Paste").performKeyInput { pressKey(Key.Tab) } // to what can be pressed now
            val add = onNode(hasText("Add account") and hasClickAction()).assertIsFocused()
            add.performKeyInput { pressKey(Key.Enter) }
            assertEquals(listOf("Example Bank"), titles)
        }
    }

    @Test
    fun `a code is told digit by digit`() = on(PHONE, { World(BANK, second = 59).Content() }) {
        onNodeWithContentDescription("Code 2 8 7 0 8 2", useUnmergedTree = true).assertExists()
        onNodeWithContentDescription("1 second left", useUnmergedTree = true).assertExists()
    }

    @Test
    fun `a QR code says what it is and not what is in it`() =
        on(PHONE, { World(BANK).also { it.navigation.open(Place.Show(1)) }.Content() }) {
            onNodeWithContentDescription("QR code with the key of Example Bank").assertExists()
            onNodeWithText(KEY, substring = true).assertDoesNotExist()
        }

    @Test
    fun `text stands out from what is behind it, in light and in dark`() {
        var lowest = Double.MAX_VALUE
        for ((colours, palette) in listOf(LightColors to LightPalette, DarkColors to DarkPalette)) {
            val pairs = texts(colours, palette) + palette.badges
            for ((back, front) in pairs) lowest = minOf(lowest, contrast(back, front))
            for ((back, front) in pairs) assertTrue(contrast(back, front) >= 4.5, "$front on $back: ${contrast(back, front)}")
        }
        println("lowest contrast of a text: ${"%.1f".format(java.util.Locale.ROOT, lowest)}")
    }

    private fun texts(colours: ColorScheme, palette: Palette): List<Pair<Color, Color>> = with(colours) {
        val backs = listOf(background, surfaceContainerLow)
        val fronts = listOf(onSurface, onSurfaceVariant, primary, error, palette.urgent)
        val menus = listOf(surfaceContainer, surfaceContainerHigh).flatMap { listOf(it to onSurface, it to onSurfaceVariant, it to error) }
        backs.flatMap { back -> fronts.map { back to it } } + menus +
            listOf(primary to onPrimary, surfaceVariant to onSurfaceVariant, inverseSurface to inverseOnSurface, palette.chosen to onSurface)
    }

    /** As WCAG 2 has it. */
    private fun contrast(one: Color, other: Color): Double {
        val (dark, light) = listOf(one.luminance() + 0.05, other.luminance() + 0.05).sorted()
        return light / dark
    }

    private fun told(node: SemanticsNode): String {
        val said = node.config.getOrNull(SemanticsProperties.ContentDescription).orEmpty()
        val text = node.config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
        val typed = listOfNotNull(node.config.getOrNull(SemanticsProperties.EditableText)?.text)
        return (said + text + typed).joinToString(" ")
    }
}
