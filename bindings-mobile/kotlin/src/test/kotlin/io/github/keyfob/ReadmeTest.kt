package io.github.keyfob

import java.io.File
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertTrue

/** The first lines of the README are these, and they work. */
class ReadmeTest {
    @Test
    fun `the three lines that the README opens with work`() {
        val totp = Totp(Secret.generate())
        val code = totp.generate(Instant.now())
        assertTrue(totp.verify(code, Instant.now(), TotpState()).isAccepted())
    }

    @Test
    fun `the README opens with them`() {
        val readme = File(System.getProperty("keyfob.readme")).readText()
        assertContains(
            readme.substringBefore("One-time passwords"),
            """
            val totp = Totp(Secret.generate())
            val code = totp.generate(Instant.now())
            println(totp.verify(code, Instant.now(), TotpState()).isAccepted()) // true
            """.trimIndent(),
        )
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
