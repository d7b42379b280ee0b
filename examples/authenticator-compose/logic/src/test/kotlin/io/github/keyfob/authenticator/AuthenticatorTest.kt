package io.github.keyfob.authenticator

import io.github.keyfob.Enrolment
import io.github.keyfob.Secret
import java.nio.file.Path
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue
import org.junit.jupiter.api.io.TempDir

class AuthenticatorTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun `codes are those of the RFC, and follow the time that is given, back as well`() {
        val account = authenticator(BANK.plus("&digits=8")).accounts.value.single()
        // RFC 6238, appendix B
        for ((second, code) in listOf(59L to "94287082", 1111111109L to "07081804", 20000000000 to "65353130", 59L to "94287082")) {
            assertEquals(code, account.codeAt(second))
        }
    }

    @Test
    fun `a countdown runs from the whole period down to 1`() {
        val account = authenticator(BANK).accounts.value.single()
        fun ticking(millis: Long) = assertIs<Display.Ticking>(account.display(java.time.Instant.ofEpochMilli(millis)))
        assertEquals(listOf(30, 30, 29, 1, 1, 30), listOf(0L, 999, 1_000, 29_000, 29_999, 30_000).map { ticking(it).secondsLeft })
        assertEquals(1f, ticking(0).share)
        assertEquals(0.5f, ticking(15_000).share)
        val minute = authenticator("$BANK&period=60").accounts.value.single().display(at(15))
        assertEquals(0.75f, assertIs<Display.Ticking>(minute).share)
        val steam = authenticator(STEAM).accounts.value.single().display(at(20))
        assertEquals(10, assertIs<Display.Ticking>(steam).secondsLeft)
    }

    @Test
    fun `codes of a counter come one by one, and none twice after a restart`() {
        val vault = MemoryVault()
        val first = authenticator(TOKEN, vault = vault)
        val id = first.titled("Token").id
        assertNull(first.titled("Token").codeAt(0))
        // RFC 4226, appendix D
        for (code in listOf("755224", "287082", "359152")) {
            first.next(id)
            assertEquals(code, first.titled("Token").codeAt(0))
            assertEquals(id, first.titled("Token").id)
        }
        val second = Authenticator.open(vault)
        assertNull(second.titled("Token").codeAt(0))
        second.next(second.titled("Token").id)
        assertEquals("969429", second.titled("Token").codeAt(0))
    }

    @Test
    fun `an account is named as before when its counter moves on, however it is named`() {
        for (label in listOf("Token:%20ann", "ann", "Other:ann", "%F0%9F%9A%80:%F0%9F%91%A9", "Token:a%3Ab", "")) {
            val vault = MemoryVault()
            val made = authenticator("otpauth://hotp/$label?secret=$KEY_OF_THE_RFCS&issuer=Token&counter=7&colour=red", vault = vault)
            val before = vault.text
            made.next(made.accounts.value.single().id)
            assertContains(before, "counter=7")
            assertEquals(before.replace("counter=7", "counter=8"), vault.text, label)
        }
    }

    @Test
    fun `an account without any name makes codes, too`() {
        val vault = MemoryVault()
        val authenticator = authenticator("otpauth://hotp/?secret=$KEY_OF_THE_RFCS&counter=0", vault = vault)
        repeat(2) { authenticator.next(1) }
        assertEquals("287082", authenticator.titled("Account without a name").codeAt(0))
        assertEquals("Account without a name", Authenticator.open(vault).accounts.value.single().title)
    }

    @Test
    fun `a counter at its end does not begin anew, and says to enrol anew`() {
        val vault = MemoryVault()
        val authenticator = authenticator("otpauth://hotp/Token?secret=$KEY_OF_THE_RFCS&counter=18446744073709551614", vault = vault)
        authenticator.next(1)
        val (last, kept) = authenticator.titled("Token").codeAt(0) to vault.text
        assertContains(kept, "counter=18446744073709551615")
        val refused = assertFailsWith<VaultException> { authenticator.next(1) }
        assertContains(refused.message.orEmpty(), "Enrol anew")
        assertEquals(last to kept, authenticator.titled("Token").codeAt(0) to vault.text)
    }

    @Test
    fun `an account of a counter that is scanned again is not added again, and goes on`() {
        val authenticator = authenticator(TOKEN)
        val id = authenticator.titled("Token").id
        authenticator.next(id)
        assertEquals(1, authenticator.add(found(TOKEN).accounts).present)
        assertEquals(1, authenticator.add(found("$TOKEN\n${TOKEN.replace("ann", "bob")}").accounts).added)
        authenticator.next(id)
        assertEquals("287082", authenticator.accounts.value.first { it.id == id }.codeAt(0))
    }

    @Test
    fun `a code of a counter is not told unless the next counter is kept`() {
        val vault = MemoryVault()
        val authenticator = authenticator(TOKEN, vault = vault)
        vault.isFull = true
        assertFailsWith<VaultException> { authenticator.next(authenticator.titled("Token").id) }
        assertNull(authenticator.titled("Token").codeAt(0))
    }

    @Test
    fun `what cannot be kept changes nothing`() {
        val vault = MemoryVault()
        val authenticator = authenticator(BANK, vault = vault)
        vault.isFull = true
        assertFailsWith<VaultException> { authenticator.add(found(TOKEN).accounts) }
        assertFailsWith<VaultException> { authenticator.remove(authenticator.titled("Example Bank").id) }
        assertEquals(listOf("Example Bank"), authenticator.accounts.value.map { it.title })
    }

    @Test
    fun `an account that is here is not added again, and one with another key is`() {
        val authenticator = authenticator(BANK)
        val added = authenticator.add(found("$BANK\n$TOKEN\n$TOKEN").accounts)
        assertEquals(listOf(1, 2), listOf(added.added, added.present))
        val renewed = Enrolment.totp(Secret.generate(), "ann@example.com", "Example Bank")
        assertEquals(1, authenticator.add(listOf(renewed)).added)
        assertEquals(3, authenticator.accounts.value.size)
    }

    @Test
    fun `accounts stand by their titles and are found by any of their words`() {
        val authenticator = authenticator(TOKEN, BANK, STEAM, "otpauth://totp/bob?secret=$KEY_OF_THE_RFCS")
        fun titles(text: String) = authenticator.accounts.value.matching(text).map { it.title }
        assertEquals(listOf("bob", "Example Bank", "Steam", "Token"), titles(""))
        assertEquals(listOf("Example Bank"), titles("ANN bank "))
        assertEquals(emptyList(), titles("bank bob"))
    }

    @Test
    fun `removing an account removes its secret from the vault`() {
        val vault = MemoryVault()
        val authenticator = authenticator(BANK, vault = vault)
        assertContains(vault.text, KEY_OF_THE_RFCS)
        authenticator.remove(authenticator.titled("Example Bank").id)
        assertFalse(KEY_OF_THE_RFCS in vault.text)
        assertTrue(Authenticator.open(vault).accounts.value.isEmpty())
    }

    @Test
    fun `a QR code of an account is read by another program as the same account`() {
        for (uri in listOf(BANK, TOKEN, STEAM, BANK.replace("ann", "%D8%B9%D9%84%D9%8A%20%F0%9F%94%90"))) {
            val account = authenticator(uri).accounts.value.single()
            val scanned = found(scan(account.qrCode().png(), folder)).accounts.single()
            assertTrue(scanned.isSameAs(found(uri).accounts.single()), uri)
        }
    }

    @Test
    fun `an export holds every account that it can, and names the others`() {
        val many = List(25) { BANK.replace("ann", "ann$it") }
        val authenticator = authenticator(TOKEN, STEAM, "$BANK&period=60", *many.toTypedArray())
        val export = authenticator.export()
        assertEquals(listOf("Example Bank", "Steam"), export.leftOut.map { it.title }.sorted())
        val scanned = found(export.codes.joinToString("\n") { scan(it.png(), folder) })
        val other = Authenticator.open(MemoryVault())
        assertEquals(26, other.add(scanned.accounts).added)
        assertEquals(26, authenticator.add(scanned.accounts).present)
    }

    @Test
    fun `nothing here prints a secret or a code`() {
        val account = authenticator(BANK).accounts.value.single()
        val typed = Manual("Example Bank", "ann", KEY_OF_THE_RFCS)
        val told = listOf(account, account.display(at(59)), account.qrCode(), typed, read(typed), read(BANK))
        for (text in told.map { it.toString() }) {
            assertFalse(KEY_OF_THE_RFCS in text || "287082" in text, text)
        }
    }

    @Test
    fun `a code is shown in groups`() {
        assertEquals(listOf("123 456", "1234 567", "1234 5678", "ABCDE"), listOf("123456", "1234567", "12345678", "ABCDE").map(::grouped))
    }
}
