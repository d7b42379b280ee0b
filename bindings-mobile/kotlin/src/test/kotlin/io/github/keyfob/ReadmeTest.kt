package io.github.keyfob

import java.io.File
import java.time.Instant
import kotlin.io.path.createTempDirectory
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking

/**
 * What the pieces of code in the README take for granted: what a reader has of their own. They are
 * tests of a class that is written from the README when the library is built.
 */
abstract class ReadmeNames {
    private val outbox = Outbox()
    protected val totp: Totp = Totp(secret())
    protected val typed: String = totp.generate(Instant.now())
    protected val scanned: String = exportMigration(listOf(unusual)).single()
    protected val folder: File = createTempDirectory().toFile()

    protected fun provider(message: Message): Receipt = outbox.deliver(message)

    protected fun store(state: TotpState) = assertEquals(true, state.lastStep != null)

    protected fun refuse(words: String): Unit = throw AssertionError(words)

    /** Of the account that was scanned; [until] may be over by now, but what was shown was its code. */
    protected fun show(code: String, until: Instant) {
        val totp = Totp(unusual.secret(), algorithm = Algorithm.SHA256, digits = 8)
        assertEquals(totp.generate(until.minusSeconds(30)), code)
        throw Shown() // the codes go on for ever
    }

    protected fun show(code: String): Unit = throw AssertionError("no code of ${code.length} moves on by use here")

    protected fun read(piece: suspend () -> Unit): Unit = runBlocking {
        try {
            piece()
        } catch (_: Shown) {
            return@runBlocking
        }
    }

    private class Shown : Exception()

    private companion object {
        /** An account whose codes are wrong for whoever takes the secret alone. */
        val unusual = Enrolment.totp(secret(), "ann", algorithm = Algorithm.SHA256, digits = 8)
    }
}

/** The README and what it says of the jar. */
class ReadmeTest {
    @Test
    fun `the README opens with three lines that a newcomer can run`() {
        val readme = File(System.getProperty("keyfob.readme")).readText()
        val opening = readme.substringAfter("```kotlin\n").substringBefore("```").trimEnd().lines()
        assertEquals(3, opening.size)
        assertContains(readme.substringBefore("One-time passwords"), opening.last())
    }

    /** Whatever `LD_LIBRARY_PATH` has: cargo sets it to where it builds. */
    @Test
    fun `the engine is the one that the jar carries`() {
        assertTrue(Totp(secret()).generate(Instant.EPOCH).isNotEmpty())
        val mapped = File("/proc/self/maps").readLines().map { it.substringAfterLast('/') }
        assertTrue(mapped.none { "keyfob_mobile" in it }, "a library by its name and not the jar's")
        assertTrue(Secret::class.java.protectionDomain.codeSource.location.path.endsWith(".jar"))
    }
}
