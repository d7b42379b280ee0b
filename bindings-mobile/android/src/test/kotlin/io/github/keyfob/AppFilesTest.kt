package io.github.keyfob

import java.io.File
import java.time.Clock
import java.time.Instant
import java.time.ZoneOffset
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config

/** The whole service in the files of an app. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [34])
class AppFilesTest {
    private val folder = File(RuntimeEnvironment.getApplication().noBackupFilesDir, "keyfob")
    private val clock = Clock.fixed(Instant.ofEpochSecond(1_800_000_015), ZoneOffset.UTC)
    private val keys = Keys.generate()
    private val secret = Secret.generate()

    @Test
    fun `a code is accepted once, however many ask at once, and never again after a restart`() {
        val domain = service().createDomain("Example Bank")
        service().createUser(domain, "ann", UserOptions(secret = secret, returnSecret = true))
        val code = Totp(secret).generate(clock.instant())
        val accepted = atOnce(100) { service().verifyTotp(domain, "ann", code).isAccepted() }
        println("100 verifications of one code in app files at once: $accepted accepted")
        assertEquals(1, accepted)
        assertEquals("replayed", service().verifyTotp(domain, "ann", code).code())
        assertTrue(folder.listFiles()!!.isNotEmpty())
    }

    @Test
    fun `nothing that is kept shows a secret or a name`() {
        val domain = service().createDomain("Example Bank")
        service().createUser(domain, "ann@example.com", UserOptions(secret = secret, returnSecret = true))
        for (file in folder.walk().filter { it.isFile }) {
            val kept = file.readBytes().toString(Charsets.ISO_8859_1)
            val raw = secret.exposeBytes().toString(Charsets.ISO_8859_1)
            for (word in listOf("ann@example.com", "Example Bank", secret.exposeBase32(), raw)) {
                assertTrue(word !in kept && word !in file.name, file.name)
            }
        }
    }

    /** As an app has it after each start. */
    private fun service() = Service(keys, FileStorage(folder), clock = clock)

    private fun atOnce(count: Int, work: () -> Boolean): Int {
        val (together, right) = CyclicBarrier(count) to AtomicInteger()
        List(count) {
            thread {
                together.await()
                try {
                    if (work()) right.incrementAndGet()
                } catch (error: KeyfobException) {
                    assertEquals("contention", error.code) // too many wanted one record: no acceptance
                }
            }
        }.forEach { it.join() }
        return right.get()
    }
}
