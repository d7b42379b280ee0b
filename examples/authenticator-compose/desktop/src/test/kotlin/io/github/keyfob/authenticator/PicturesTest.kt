@file:OptIn(ExperimentalTestApi::class)

package io.github.keyfob.authenticator

import androidx.compose.runtime.Composable
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.unit.Density
import io.github.keyfob.exportMigration
import kotlin.test.Test
import org.junit.jupiter.api.AfterAll

/** Every screen looks as it did when somebody last looked at it, in light and in dark. */
class PicturesTest {
    @Test
    fun accounts() {
        for (dark in listOf(false, true)) still("accounts-${name(dark)}", PHONE, World(*ACCOUNTS), dark)
    }

    @Test
    fun `accounts in a window`() {
        for (dark in listOf(false, true)) still("window-${name(dark)}", WINDOW, World(*ACCOUNTS), dark)
        still("window-add-light", WINDOW, World().also { it.navigation.open(Place.Add) }, dark = false)
        still("window-show-dark", WINDOW, World(BANK).also { it.navigation.open(Place.Show(1)) }, dark = true)
    }

    @Test
    fun `codes that are about to end`() {
        for (dark in listOf(false, true)) still("urgent-${name(dark)}", PHONE_TOP, World(BANK, TOKEN, second = 1_800_000_027), dark)
    }

    @Test
    fun `text twice as large`() = after("large-text-light", World(BANK, TOKEN), fontScale = 2f) {}

    @Test
    fun `no accounts`() {
        for (dark in listOf(false, true)) still("welcome-${name(dark)}", PHONE, World(), dark)
    }

    @Test
    fun `accounts that cannot be opened`() = still("unreadable-light", PHONE) {
        AuthenticatorTheme(false, INTER) { Unreadable("Account 2 of the file cannot be read.") {} }
    }

    @Test
    fun `adding an export`() {
        val uris = exportMigration(List(13) { found(BANK.replace("ann", "ann$it")).accounts.single() }, 7)
        val short = "otpauth://totp/Forum:ann?secret=JBSWY3DPEHPK3PXP&issuer=Forum"
        for (dark in listOf(false, true)) {
            after("add-text-${name(dark)}", World().also { it.pasted = short }, dark) {
                onNodeWithText("Add account").performClick()
                onNodeWithText("Paste").performClick()
            }
        }
        after("add-export-light", World().also { it.pasted = uris.last() }) {
            onNodeWithText("Add account").performClick()
            onNodeWithText("Paste").performClick()
        }
    }

    @Test
    fun `adding what is no account`() = after("add-refused-dark", World().also { it.pasted = "https://example.com" }, dark = true) {
        onNodeWithText("Add account").performClick()
        onNodeWithText("Paste").performClick()
    }

    @Test
    fun `adding by hand`() {
        for (dark in listOf(false, true)) {
            after("add-hand-${name(dark)}", World(), dark) {
                onNodeWithText("Add account").performClick()
                onNodeWithText("By hand").performClick()
                onNodeWithText("Site").performTextInput("Example Bank")
                onNodeWithText("Key").performTextInput("GEZD GNBV 1")
                clickButton("Add account")
            }
        }
        after("add-more-light", World()) {
            onNodeWithText("Add account").performClick()
            onNodeWithText("By hand").performClick()
            onNodeWithText("More, if the site asks for it").performClick()
        }
    }

    @Test
    fun `the QR code of an account`() {
        for (dark in listOf(false, true)) {
            after("show-${name(dark)}", World(BANK), dark) {
                onNodeWithContentDescription("More about Example Bank").performClick()
                onNodeWithText("Show QR code").performClick()
            }
        }
    }

    @Test
    fun `exporting all accounts`() {
        val many = List(16) { BANK.replace("ann", "ann$it") }.toTypedArray()
        after("export-light", World(*ACCOUNTS, *many)) {
            onNodeWithContentDescription("Menu").performClick()
            onNodeWithText("Export all accounts").performClick()
        }
    }

    @Test
    fun `the menu of an account`() = after("menu-light", World(*ACCOUNTS)) {
        onNodeWithContentDescription("More about Example Bank").performClick()
    }

    @Test
    fun `a code that was copied`() = after("copied-light", World(BANK, TOKEN)) {
        onNodeWithText("Example Bank").performClick()
    }

    @Test
    fun `deleting an account`() {
        for (dark in listOf(false, true)) {
            after("delete-${name(dark)}", World(*ACCOUNTS), dark) {
                onNodeWithContentDescription("More about Example Bank").performClick()
                onNodeWithText("Delete").performClick()
            }
        }
    }

    /** As it stands when it is opened. */
    private fun still(name: String, size: Size, world: World, dark: Boolean) = still(name, size) { world.Content(dark) }

    private fun still(name: String, size: Size, content: @Composable () -> Unit) {
        val scene = ImageComposeScene((size.width * SCALE).toInt(), (size.height * SCALE).toInt(), Density(SCALE), content = content)
        try {
            scene.render(0)
            assertGolden(name, Picture.of(scene.render(1_000_000_000)))
            compared += 1
        } finally {
            scene.close()
        }
    }

    /** As it stands after some steps. */
    private fun after(
        name: String,
        world: World,
        dark: Boolean = false,
        fontScale: Float = 1f,
        steps: SkikoComposeUiTest.() -> Unit,
    ) = on(PHONE, { world.Content(dark) }, SCALE, fontScale) {
        steps()
        mainClock.advanceTimeBy(2_000)
        assertGolden(name, picture())
        compared += 1
    }

    private fun name(dark: Boolean) = if (dark) "dark" else "light"

    companion object {
        private val PHONE_TOP = Size(360f, 420f)

        /** Pixels to a dp. Larger pictures are for looking at: `-Dgolden.scale=2 -Dgolden.write=true`, elsewhere. */
        private val SCALE = System.getProperty("golden.scale", "1").toFloat()

        private var compared = 0

        @JvmStatic
        @AfterAll
        fun tell() = println("pictures compared: $compared/${java.io.File(System.getProperty("golden.folder")).list()?.size}")
    }
}
