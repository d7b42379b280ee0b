@file:OptIn(ExperimentalTestApi::class)

package io.github.keyfob.authenticator

import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextClearance
import androidx.compose.ui.test.performTextInput
import io.github.keyfob.exportMigration
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

/** A button and not the title of a page that says the same. */
fun SkikoComposeUiTest.clickButton(text: String) {
    val isButton = SemanticsMatcher.expectValue(SemanticsProperties.Role, Role.Button)
    onNode(hasText(text) and hasClickAction() and isButton).performScrollTo().performClick()
}

/** What a person does, and what comes of it. */
class UseTest {
    @Test
    fun `a click copies the code that is shown`() = with(World(BANK, second = 59)) {
        on(PHONE, { Content() }) {
            onNodeWithText("287 082", useUnmergedTree = true).assertIsDisplayed()
            onNodeWithText("Example Bank").performClick()
            assertEquals(listOf("287082"), copied)
            onNodeWithText("Code for Example Bank copied").assertIsDisplayed()
        }
    }

    @Test
    fun `codes and seconds follow the clock`() = with(World(BANK, second = 59)) {
        on(PHONE, { Content() }) {
            onNodeWithContentDescription("1 second left", useUnmergedTree = true).assertExists()
            now.value = Instant.ofEpochSecond(1111111109)
            onNodeWithText("081 804", useUnmergedTree = true).assertIsDisplayed()
            onNodeWithContentDescription("1 second left", useUnmergedTree = true).assertExists()
            now.value = Instant.ofEpochSecond(45)
            onNodeWithContentDescription("15 seconds left", useUnmergedTree = true).assertExists()
        }
    }

    @Test
    fun `the first account is added from the text of a QR code`() = with(World()) {
        on(PHONE, { Content() }) {
            clickButton("Add account")
            onNode(hasText("Add account") and hasClickAction()).assertIsNotEnabled()
            onNodeWithText("Text of the QR code").performTextInput(BANK)
            onNodeWithText("ann@example.com · 6 digits, 30 s").assertExists()
            clickButton("Add account")
            onNodeWithText("1 account added").assertIsDisplayed()
            assertEquals(listOf("Example Bank"), titles)
            assertTrue(KEY in vault.contents!!.decodeToString())
        }
    }

    @Test
    fun `an export of another app is added, and what is here already is not`() = with(World(BANK)) {
        val uris = exportMigration(found("$BANK\n$TOKEN\n${ACCOUNTS[2]}").accounts, 7)
        pasted = uris.joinToString("\n")
        on(PHONE, { Content() }) {
            clickAdd()
            onNodeWithText("Paste").performClick()
            clickButton("Add 3 accounts")
            onNodeWithText("2 accounts added, 1 here already").assertIsDisplayed()
            assertEquals(listOf("Example Bank", "Forge", "Office door"), titles)
        }
    }

    @Test
    fun `a text that is too large is neither shown nor read`() = with(World()) {
        pasted = "$BANK\n".repeat(100_000)
        on(PHONE, { Content() }) {
            clickButton("Add account")
            onNodeWithText("Paste").performClick()
            onNodeWithText("This is too much to read", substring = true, useUnmergedTree = true).assertExists()
            onNode(hasText(BANK, substring = true)).assertDoesNotExist()
            pasted = BANK
            onNodeWithText("Paste").performClick()
            clickButton("Add account")
            assertEquals(listOf("Example Bank"), titles)
        }
    }

    @Test
    fun `what is typed wrong is said where it is, and put right`() = with(World()) {
        on(PHONE, { Content() }) {
            clickButton("Add account")
            onNodeWithText("By hand").performClick()
            clickButton("Add account")
            onNodeWithText("Type the key that the site shows you.", useUnmergedTree = true).assertExists()
            onNodeWithText("Key").performTextInput(KEY.lowercase())
            onNodeWithText("Say which site it is for, so that you find it again.", useUnmergedTree = true).assertExists()
            onNodeWithText("Site").performTextInput("Example Bank")
            clickButton("Add account")
            assertEquals(listOf("Example Bank"), titles)
        }
    }

    @Test
    fun `an account is deleted only when that was confirmed`() = with(World(BANK, TOKEN)) {
        on(PHONE, { Content() }) {
            for ((answer, left) in listOf("Keep" to listOf("Example Bank", "Office door"), "Delete" to listOf("Office door"))) {
                onNodeWithContentDescription("More about Example Bank").performClick()
                onNodeWithText("Delete").performClick()
                onNodeWithText("Delete Example Bank?").assertIsDisplayed()
                onNodeWithText(answer).performClick()
                assertEquals(left, titles)
            }
        }
    }

    @Test
    fun `an account that no QR code holds says so and ends nothing`() =
        with(World("otpauth://totp/${"日".repeat(800)}?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Long")) {
            on(PHONE, { Content() }) {
                onNodeWithContentDescription("More about Long").performClick()
                onNodeWithText("Show QR code").performClick()
                onNodeWithText("too long for a QR code", substring = true).assertIsDisplayed()
            }
        }

    @Test
    fun `codes of a counter come one by one`() = with(World(TOKEN)) {
        on(PHONE, { Content() }) {
            onNodeWithText("Office door").performClick()
            onNodeWithText("755 224", useUnmergedTree = true).assertIsDisplayed()
            assertEquals(emptyList(), copied)
            onNodeWithContentDescription("Next code for Office door").performClick()
            onNodeWithText("Office door").performClick()
            assertEquals(listOf("287082"), copied)
        }
    }

    @Test
    fun `what cannot be kept is said and not shown`() = with(World(TOKEN)) {
        vault.isFull = true
        on(PHONE, { Content() }) {
            onNodeWithText("Office door").performClick()
            onNodeWithText("There is no room on the disk.").assertIsDisplayed()
            onNodeWithText("Close").performClick()
            onNodeWithText("755 224", useUnmergedTree = true).assertDoesNotExist()
        }
    }

    @Test
    fun `the QR code on the screen is read by another program as the account`() = with(World(BANK)) {
        on(PHONE, { Content(dark = true) }, scale = 2f) {
            onNodeWithContentDescription("More about Example Bank").performClick()
            onNodeWithText("Show QR code").performClick()
            assertTrue(found(scan(picture())).accounts.single().isSameAs(found(BANK).accounts.single()))
            onNodeWithContentDescription("Back").performClick()
            onNodeWithText("Accounts").assertIsDisplayed()
        }
    }

    @Test
    fun `all accounts go to another authenticator, one picture after the other`() {
        val many = List(16) { BANK.replace("ann", "ann$it") }.toTypedArray()
        with(World(*ACCOUNTS, *many)) {
            on(PHONE, { Content() }, scale = 2f) {
                onNodeWithContentDescription("Menu").performClick()
                onNodeWithText("Export all accounts").performClick()
                val count = authenticator.export().codes.size
                assertTrue(count > 1)
                val scanned = List(count) { page ->
                    if (page > 0) onNodeWithText("Next").performScrollTo().performClick()
                    onNodeWithContentDescription("QR code ${page + 1} of $count", substring = true).performScrollTo()
                    scan(picture())
                }
                onNode(hasText("Next") and hasClickAction()).assertIsNotEnabled()
                val other = World(*scanned.toTypedArray())
                assertEquals(20, other.titles.size) // all but Steam's and the one of a minute
                onNodeWithText("Left out", substring = true).assertExists()
            }
        }
    }

    @Test
    fun `an account is found by its name`() = with(World(*ACCOUNTS)) {
        on(PHONE, { Content() }) {
            onNodeWithText("Search accounts").performTextInput("forge")
            onNodeWithText("ann-the-builder", useUnmergedTree = true).assertIsDisplayed()
            onNodeWithText("Example Bank").assertDoesNotExist()
            onNodeWithText("forge").performTextInput("t")
            onNodeWithText("No account has this in its name.").assertIsDisplayed()
            onNodeWithContentDescription("Clear the search").performClick()
            onNodeWithText("Example Bank").assertIsDisplayed()
        }
    }

    @Test
    fun `the initial of a title is one character to its reader`() {
        val initials = mapOf(
            "example" to "E",
            " \u0628\u0646\u0643" to "\u0628",
            "\uD83C\uDDE9\uD83C\uDDEA Bank" to "\uD83C\uDDE9\uD83C\uDDEA", // a flag
            "\uD83D\uDC69\u200D\uD83D\uDE80 Rocket" to "\uD83D\uDC69\u200D\uD83D\uDE80", // who flies to space
            "e\u0301tude" to "E\u0301",
            " " to "?",
        )
        for ((title, expected) in initials) assertEquals(expected, initial(title), title)
    }

    @Test
    fun `light and dark are chosen in the menu`() = with(World(BANK)) {
        on(PHONE, { Content() }) {
            val light = picture()
            onNodeWithContentDescription("Menu").performClick()
            onNodeWithText("Light or dark").performClick()
            mainClock.advanceTimeBy(2_000)
            assertTrue(dark && picture().differences(light) > light.width * light.height / 2)
        }
    }

    private fun SkikoComposeUiTest.clickAdd() = onNode(hasText("Add account") and hasClickAction()).performClick()
}
