package io.github.keyfob

import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.time.ZoneId
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.measureTime
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/** What an application's own functions may do: throw, block, lie. Nothing is accepted for it. */
class OutsideTest {
    private val clock = MovingClock()
    private val memory = MemoryStorage()
    private val code = Totp(secret()).generate(clock.now)
    private val domain = honest().createDomain("Example Bank").also {
        honest().createUser(it, "ann", UserOptions(secret = secret(), returnSecret = true))
    }

    private fun honest() = Service(keys(), memory, clock = clock)

    private fun refused(storage: Storage, patience: Duration? = null): KeyfobException.Failed =
        assertFailsWith<KeyfobException.Failed> {
            Service(keys(), storage, clock = clock, patience = patience).verifyTotp(domain, "ann", code)
        }

    private fun refusedAsync(storage: AsyncStorage, patience: Duration): KeyfobException.Failed =
        assertFailsWith<KeyfobException.Failed> {
            runBlocking {
                AsyncService(keys(), storage, clock = clock, patience = patience).verifyTotp(domain, "ann", code)
            }
        }

    private fun stillGood() = assertEquals(Outcome.Accepted, honest().verifyTotp(domain, "ann", code))

    @Test
    fun `a storage that throws anything accepts nothing, and says what it threw`() {
        val thrown = listOf(
            IllegalStateException("the disk is full"), PortException.Unavailable("the disk is full"),
            AssertionError("the disk is full"), NotImplementedError("the disk is full"),
            StackOverflowError("the disk is full"), InterruptedException("the disk is full"),
        )
        for (failure in thrown) {
            for (at in listOf("load", "swap")) {
                val refusal = refused(Failing(memory, at, failure))
                assertEquals("storage-unavailable", refusal.code)
                assertTrue("the disk is full" in refusal.reason!!, "$refusal")
                assertEquals(failure is InterruptedException, Thread.interrupted(), "handed on to the caller")
                val suspended = refusedAsync(Suspending(Failing(memory, at, failure)), Duration.ofSeconds(20))
                assertEquals("storage-unavailable", suspended.code)
                assertTrue("the disk is full" in suspended.reason!!, "$suspended")
            }
        }
        stillGood()
    }

    @Test
    fun `a storage that is not configured is not available`() {
        assertEquals("storage-unavailable", refused(Failing(memory, "load", PortException.NotConfigured())).code)
    }

    @Test
    fun `a storage that blocks is given up, and accepts nothing`() {
        val never = CountDownLatch(1)
        val blocked = object : Storage by memory {
            override fun load(key: ByteArray, now: Instant): StoredRecord? {
                never.await()
                return null
            }
        }
        val took = measureTime {
            assertEquals("storage-unavailable", refused(blocked, Duration.ofMillis(200)).code)
            val refusal = refusedAsync(Suspending(blocked), Duration.ofMillis(200))
            assertEquals("no answer within PT0.2S", refusal.reason)
        }
        assertTrue(took.inWholeSeconds < 20, "$took")
        never.countDown()
        stillGood()
    }

    @Test
    fun `patience is some time, and none is too long`() {
        for (length in listOf(Duration.ZERO, Duration.ofNanos(-1), Duration.ofSeconds(Long.MIN_VALUE))) {
            val works = listOf<() -> Any>(
                { Service(keys(), memory, patience = length) },
                { AsyncService(keys(), Suspending(memory), patience = length) },
            )
            for (work in works) {
                val refusal = assertFailsWith<KeyfobException.Invalid> { work() }
                assertEquals("invalid-argument" to "patience", refusal.code to refusal.argument)
            }
        }
        val longest = Duration.ofSeconds(Long.MAX_VALUE)
        val service = Service(keys(), memory, clock = clock, patience = longest)
        assertIs<Outcome.Mismatch>(service.verifyTotp(domain, "ann", wrong(code)))
        val waiting = AsyncService(keys(), Suspending(memory), clock = clock, patience = longest)
        assertIs<Outcome.Mismatch>(runBlocking { waiting.verifyTotp(domain, "ann", wrong(code)) })
        stillGood()
    }

    @Test
    fun `a storage that answers wrongly accepts nothing`() {
        val data = ByteArray(80) { it.toByte() }
        val garbage = object : Storage by memory {
            override fun load(key: ByteArray, now: Instant) = StoredRecord(1, data)
        }
        val empty = object : Storage by memory {
            override fun load(key: ByteArray, now: Instant) = StoredRecord(0, ByteArray(0))
        }
        val misplaced = object : Storage by memory { // one record for every key
            override fun load(key: ByteArray, now: Instant): StoredRecord? {
                val other = key.copyOf().also { it[0] = 'd'.code.toByte() }
                return memory.load(other, now) ?: memory.load(key, now)?.let { StoredRecord(it.version + 1, it.data) }
            }
        }
        for (lying in listOf(garbage, empty, misplaced)) assertEquals("record-corrupt", refused(lying).code)
        val conflicting = object : Storage by memory {
            override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant) = false
        }
        assertEquals("contention", refused(conflicting).code)
        stillGood()
    }

    @Test
    fun `a sum that cannot be is no room to send`() {
        val negative = object : Storage by memory {
            override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant) = -1L
        }
        val outbox = Outbox()
        val refusal = assertFailsWith<KeyfobException.Failed> {
            Service(keys(), negative, outbox, clock = clock).send(domain, PHONE, listOf(Channel.SMS))
        }
        assertEquals("storage-unavailable", refusal.code)
        assertEquals(0, outbox.messages.size)
    }

    @Test
    fun `a clock that throws, and one that is far off, end nothing`() {
        val broken = object : Clock() {
            override fun instant(): Instant = error("no time")

            override fun getZone(): ZoneId = throw AssertionError()

            override fun withZone(zone: ZoneId?) = this
        }
        val refusal = assertFailsWith<KeyfobException.Failed> {
            Service(keys(), memory, clock = broken).verifyTotp(domain, "ann", code)
        }
        assertTrue("no time" in refusal.reason!!, "$refusal")
        for (far in listOf(Instant.MIN, Instant.MAX)) {
            val outcome = Service(keys(), memory, clock = MovingClock(far)).verifyTotp(domain, "ann", code)
            assertEquals("mismatch", outcome.code())
        }
        assertIs<Outcome.Accepted>(honest().verifyTotp(domain, "ann", code))
    }

    @Test
    fun `a delivery that throws has sent nothing, and is no storage`() {
        val lost = object : Delivery {
            override fun deliver(message: Message) = error("the line is cut")
        }
        val service = Service(keys(), memory, lost, clock = clock)
        val refusal = assertFailsWith<KeyfobException.Failed> { service.send(domain, PHONE, listOf(Channel.SMS)) }
        assertEquals("provider-unavailable", refusal.code)
        assertTrue("the line is cut" in refusal.reason!!)
        val none = assertFailsWith<KeyfobException> { honest().send(domain, "+447700900122", listOf(Channel.SMS)) }
        assertEquals("channel-not-configured", none.code)
    }

    @Test
    fun `of several failures the reason is that of the one that is told`() {
        val none = object : Delivery {
            override fun deliver(message: Message) = throw PortException.NotConfigured()
        }
        val leaking = object : Storage by memory { // what was taken for the message is not given back
            override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long =
                if (amount < 0) error("the disk is full") else memory.add(key, amount, expiresAt, now)
        }
        val refusal = assertFailsWith<KeyfobException.Failed> {
            Service(keys(), leaking, none, clock = clock).send(domain, PHONE, listOf(Channel.SMS))
        }
        assertEquals("channel-not-configured", refusal.code)
        assertTrue("a `delivery` for this channel" in refusal.reason.orEmpty(), refusal.reason)
    }

    @Test
    fun `a call that is cancelled ends what it waits for, and tells and accepts nothing`() = runBlocking {
        val reached = CompletableDeferred<Unit>()
        val ended = CompletableDeferred<Unit>()
        val waiting = object : AsyncStorage by Suspending(memory) {
            override suspend fun swap(
                key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant,
            ): Boolean {
                reached.complete(Unit)
                try {
                    awaitCancellation()
                } finally {
                    ended.complete(Unit)
                }
            }
        }
        val service = AsyncService(keys(), waiting, clock = clock)
        val told = AtomicInteger()
        val call = launch(Dispatchers.Default) {
            service.verifyTotp(domain, "ann", code)
            told.incrementAndGet()
        }
        withTimeout(20_000) { reached.await() }
        call.cancelAndJoin()
        withTimeout(20_000) { ended.await() }
        assertEquals(0, told.get())
        assertEquals(Outcome.Accepted, AsyncService(keys(), Suspending(memory), clock = clock).verifyTotp(domain, "ann", code))
    }

    @Test
    fun `calls go on while one waits`() = runBlocking {
        val (reached, gate) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
        val slow = object : AsyncStorage by Suspending(memory) { // the first to come waits
            override suspend fun load(key: ByteArray, now: Instant): StoredRecord? {
                if (reached.complete(Unit)) gate.await()
                return memory.load(key, now)
            }
        }
        val service = AsyncService(keys(), slow, clock = clock, patience = Duration.ofSeconds(60))
        val first = async(Dispatchers.Default) { service.verifyTotp(domain, "ann", code) }
        withTimeout(20_000) { reached.await() }
        val second = async(Dispatchers.Default) { service.verifyTotp(domain, "ann", wrong(code)) }
        assertIs<Outcome.Mismatch>(withTimeout(20_000) { second.await() })
        assertTrue(first.isActive)
        gate.complete(Unit)
        assertEquals(Outcome.Accepted, first.await())
    }
}

/** Fails in one of its functions. */
private class Failing(
    private val storage: Storage,
    private val at: String,
    private val failure: Throwable,
) : Storage by storage {
    override fun load(key: ByteArray, now: Instant): StoredRecord? {
        if (at == "load") throw failure
        return storage.load(key, now)
    }

    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean {
        if (at == "swap") throw failure
        return storage.swap(key, expected, record, now)
    }
}
