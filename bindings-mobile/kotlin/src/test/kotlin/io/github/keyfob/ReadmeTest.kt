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
}
