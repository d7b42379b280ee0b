package io.github.keyfob.authenticator

import io.github.keyfob.Algorithm
import io.github.keyfob.EnrolmentKind
import io.github.keyfob.exportMigration
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertTrue

class ReadingTest {
    @Test
    fun `the text of a QR code is an account`() {
        val account = found("  $BANK\n").accounts.single()
        assertEquals("Example Bank", account.issuer())
        assertEquals("ann@example.com", account.account())
        assertEquals(KEY_OF_THE_RFCS, account.secret().exposeBase32())
    }

    @Test
    fun `an export of another app is all of its accounts`() {
        // As Google Authenticator writes it.
        val google = "otpauth-migration://offline?data=" +
            "Ci4KFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEgpBY21lOmFsaWNlGgRBY21lIAEoATACEAEYASjnJA%3D%3D"
        val read = found(google).accounts.single()
        assertEquals(listOf<String?>("Acme", "alice"), listOf(read.issuer(), read.account()))
        val accounts = List(25) { found(BANK.replace("ann", "ann$it")).accounts.single() }
        val uris = exportMigration(accounts, 7)
        assertTrue(uris.size > 1)
        val all = found(uris.joinToString("\n"))
        assertEquals(accounts.map { it.account() }, all.accounts.map { it.account() })
        assertEquals(emptyList(), all.notes)
    }

    @Test
    fun `the parts of an export that are not there are asked for`() {
        val accounts = List(25) { found(BANK.replace("ann", "ann$it")).accounts.single() }
        val uris = exportMigration(accounts, 7)
        val notes = found(uris.first()).notes
        assertEquals(listOf("1 of the ${uris.size} QR codes of this export: add the others too."), notes)
    }

    @Test
    fun `an export that claims more parts than a number holds has parts that are not there`() {
        // One account, part 0 of 4294967295.
        val uri = "otpauth-migration://offline?data=" +
            "Ci4KFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEgpBY21lOmFsaWNlGgRBY21lIAEoATACEAEY%2F%2F%2F%2F%2Fw8o5yQ%3D"
        assertContains(found(uri).notes, "1 of the 4294967295 QR codes of this export: add the others too.")
    }

    @Test
    fun `a text that would stop the screen is refused unread`() {
        fun isTooMuch(text: String) = (read(text) as? Reading.Refused)?.text.orEmpty().startsWith("This is too much")
        assertEquals(listOf(false, true), listOf(1_000, 1_001).map { isTooMuch(List(it) { BANK }.joinToString("\n")) })
        assertEquals(listOf(false, true), listOf(262_144, 262_145).map { isTooMuch("x".repeat(it)) })
        assertTrue(isTooMuch("日".repeat(100_000)))
        // Few lines hold many accounts.
        val many = exportMigration(List(1_001) { found(BANK.replace("ann", "ann$it")).accounts.single() }, 7)
        assertTrue(isTooMuch(many.joinToString("\n")))
    }

    @Test
    fun `several lines are several accounts, and the one at fault is named`() {
        assertEquals(2, found("$BANK\n\n$TOKEN").accounts.size)
        val refused = assertIs<Reading.Refused>(read("$BANK\nsomething else"))
        assertTrue(refused.text.startsWith("Line 2: "), refused.text)
    }

    @Test
    fun `what is guessed or weak is said`() {
        val short = found("otpauth://totp/Example:ann?secret=JBSWY3DPEHPK3PXP&issuer=Example")
        assertTrue(short.notes.single().endsWith("."), short.notes.single())
    }

    @Test
    fun `a key is typed as it is shown, in groups and in small letters`() {
        val typed = Manual("Example Bank", "ann", "gezd gnbv gy3t qojq gezd-gnbv-gy3t-qojq")
        val read = assertIs<Reading.Found>(read(typed)).accounts.single()
        assertEquals(KEY_OF_THE_RFCS, read.secret().exposeBase32())
        assertEquals(6, read.digits())
        val other = typed.copy(digits = 8, period = "60", algorithm = Algorithm.SHA256)
        val kind = assertIs<Reading.Found>(read(other)).accounts.single().kind()
        assertEquals(60, (kind as EnrolmentKind.Totp).period.seconds)
        val nameless = assertIs<Reading.Found>(read(typed.copy(name = " "))).accounts.single()
        assertEquals(listOf<String?>("Example Bank", "Example Bank"), listOf(nameless.issuer(), nameless.account()))
        val counted = assertIs<Reading.Found>(read(typed.copy(isCounted = true, counter = "7"))).accounts.single()
        assertEquals(7u, (counted.kind() as EnrolmentKind.Hotp).counter)
    }

    @Test
    fun `what is wrong is said at the field that is wrong`() {
        val typed = Manual("Example Bank", "ann", KEY_OF_THE_RFCS)
        val cases = mapOf(
            typed.copy(key = " ") to Field.KEY,
            typed.copy(key = "not base32!") to Field.KEY,
            typed.copy(issuer = "", name = " ") to Field.ISSUER,
            typed.copy(issuer = "Example\u0007Bank") to Field.ISSUER,
            typed.copy(period = "") to Field.PERIOD,
            typed.copy(period = "0") to Field.PERIOD,
            typed.copy(period = "-30") to Field.PERIOD,
            typed.copy(isCounted = true, counter = "-1") to Field.COUNTER,
        )
        for ((case, field) in cases) {
            val refused = assertIs<Reading.Refused>(read(case), "$field")
            assertEquals(field, refused.field)
            assertTrue(refused.text.first().isUpperCase() && refused.text.endsWith("."), refused.text)
        }
    }

    @Test
    fun `nothing that is pasted or typed throws, and no refusal quotes the key`() {
        val junk = listOf(
            "x", "otpauth://", "otpauth://totp/", "otpauth://totp/a?secret=", "otpauth://totp/a?secret=!", "steam://",
            "otpauth://totp/a?secret=$KEY_OF_THE_RFCS&digits=99", "otpauth://totp/a?secret=$KEY_OF_THE_RFCS&period=0",
            "otpauth-migration://offline?data=", "otpauth-migration://offline?data=%00", "otpauth-migration:",
            "otpauth://totp/%FF?secret=$KEY_OF_THE_RFCS", "\uD83D", "\u0000",
            "otpauth://" + "a".repeat(100_000), "https://example.com/?secret=$KEY_OF_THE_RFCS",
        )
        for (text in junk) {
            val reading = read(text)
            assertFalse(reading is Reading.Found, text.take(60))
            assertFalse(KEY_OF_THE_RFCS in (reading as? Reading.Refused)?.text.orEmpty(), text.take(60))
            read(Manual(text, text, text, period = text, counter = text))
            read(Manual(text, text, text, isCounted = true, counter = text))
        }
        assertEquals(Reading.Nothing, read(" \n "))
        assertContains((read("x") as Reading.Refused).text, "otpauth://")
    }
}
