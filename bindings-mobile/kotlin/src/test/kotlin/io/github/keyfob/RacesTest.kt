package io.github.keyfob

import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking

/** Of a thousand submissions of one code at once, one is accepted. */
class RacesTest {
    private val clock = MovingClock()
    private val memory = MemoryStorage()

    @Test
    fun `a code of a device is accepted once`() {
        val accepted = accepted(Overlapping(memory))
        println("1000 verifications of one code at once: $accepted accepted")
        assertEquals(1, accepted)
    }

    /** The control: if it passed, the test above would show nothing. */
    @Test
    fun `a storage that does not compare accepts it more than once, and is seen`() {
        val naive = object : Storage by memory {
            override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean {
                memory.write(key, record)
                return true
            }
        }
        val accepted = accepted(Overlapping(naive))
        println("the same over a storage that does not compare: $accepted accepted")
        assertTrue(accepted > 1)
    }

    @Test
    fun `a code that was sent is accepted once, from threads too`() {
        val outbox = Outbox()
        val service = Service(keys(), memory, outbox, clock = clock)
        val sent = service.send(service.createDomain(), PHONE, listOf(Channel.SMS))
        val outcomes = atOnce { service.verify(sent.otpId, outbox.code) }
        assertEquals(1, outcomes.count { it.isAccepted() })
        assertEquals(setOf("accepted", "replayed"), outcomes.map { it.code() }.toSet())
    }

    private fun accepted(storage: AsyncStorage): Int {
        val service = AsyncService(keys(), storage, clock = clock)
        val domain = runBlocking {
            service.createDomain().also {
                service.createUser(it, "ann", UserOptions(secret = secret(), returnSecret = true))
            }
        }
        val code = Totp(secret()).generate(clock.now)
        return atOnce { tolerant { service.verifyTotp(domain, "ann", code) } }.count { it?.isAccepted() == true }
    }

    private fun <T> atOnce(work: suspend () -> T): List<T> = runBlocking {
        List(1_000) { async(Dispatchers.Default) { work() } }.awaitAll()
    }

    /** That too many wanted one record at once is no acceptance. */
    private suspend fun tolerant(work: suspend () -> Outcome): Outcome? =
        try {
            work()
        } catch (error: KeyfobException) {
            assertEquals("contention", error.code)
            null
        }
}

/** Everybody has read before anybody writes. */
private class Overlapping(private val storage: Storage) : AsyncStorage by Suspending(storage) {
    override suspend fun load(key: ByteArray, now: Instant): StoredRecord? =
        storage.load(key, now).also { delay(50) }
}
