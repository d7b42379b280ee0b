package io.github.keyfob

import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.withTimeoutOrNull

// Nothing that an application's function does may end the process or look like an answer: what it
// throws, be it an Error, becomes a PortException, and so does silence.

/**
 * How long is waited. What is no time is refused by name; what is too long to count is as good as
 * without an end, and is cut before anything is started.
 */
internal class Patience(private val length: Duration) {
    init {
        if (length <= Duration.ZERO) {
            val wanted = "give a length of time that is more than nothing"
            throw KeyfobException.Invalid("invalid-argument", wanted, "patience", null, null)
        }
    }

    val nanos: Long = length.coerceAtMost(LONGEST).toNanos()

    /** In whole ones, and never none of them. */
    val millis: Long = (nanos + 999_999) / 1_000_000

    override fun toString(): String = "$length"

    private companion object {
        val LONGEST: Duration = Duration.ofDays(36_500)
    }
}

/** Runs a function of the application. */
private fun <T> guarded(patience: Patience?, work: () -> T): T =
    try {
        if (patience == null) work() else within(patience, work)
    } catch (failure: InterruptedException) {
        Thread.currentThread().interrupt() // it was meant for this thread's owner, too
        throw asPortException(failure)
    } catch (failure: Throwable) {
        throw asPortException(failure)
    }

/** As above, on another thread, so that one that blocks holds nobody up. */
private fun <T> within(patience: Patience, work: () -> T): T {
    val answer = threads.submit(work)
    try {
        return answer.get(patience.nanos, TimeUnit.NANOSECONDS)
    } catch (failure: ExecutionException) {
        throw asPortException(failure.cause ?: failure)
    } catch (_: TimeoutException) {
        throw tooSlow(patience)
    } finally {
        answer.cancel(true)
    }
}

/** As above, for one that suspends; or that should, and blocks. */
private suspend fun <T : Any> guardedAsync(patience: Patience, work: suspend () -> T?): T? {
    val answer = scope.async { Answer(work()) }
    try {
        val given = withTimeoutOrNull(patience.millis) { answer.await() }
        return (given ?: throw tooSlow(patience)).value
    } catch (failure: CancellationException) {
        throw failure
    } catch (failure: Throwable) {
        throw asPortException(failure)
    } finally {
        answer.cancel()
    }
}

private class Answer<T>(val value: T)

private fun asPortException(failure: Throwable): PortException =
    when (failure) {
        is PortException.Unavailable -> PortException.Unavailable(legible(failure.reason))
        is PortException -> failure
        else -> PortException.Unavailable(legible(describe(failure)))
    }

private fun describe(failure: Throwable): String =
    try {
        failure.toString()
    } catch (_: Throwable) {
        failure.javaClass.name
    }

private fun tooSlow(patience: Patience) = PortException.Unavailable("no answer within $patience")

private val threads = Executors.newCachedThreadPool { work ->
    Thread(work, "keyfob").apply { isDaemon = true }
}

private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO)

internal class ClockTime(private val clock: Clock) : TimeSource {
    override fun now(): Instant = guarded(null) { clock.instant() }
}

internal class GuardedStorage(private val storage: Storage, private val patience: Patience?) : Storage {
    override fun load(key: ByteArray, now: Instant): StoredRecord? =
        guarded(patience) { storage.load(key, now) }

    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean =
        guarded(patience) { storage.swap(key, expected, record, now) }

    override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long =
        guarded(patience) { storage.add(key, amount, expiresAt, now) }
}

internal class GuardedDelivery(private val delivery: Delivery, private val patience: Patience?) : Delivery {
    override fun deliver(message: Message): Receipt =
        guarded(patience) { delivery.deliver(message) }
}

internal class GuardedOperator(private val operator: SimSwapOperator, private val patience: Patience?) :
    SimSwapOperator {
    override fun simSwap(phone: String, maxAgeHours: Int): SimSwap =
        guarded(patience) { operator.simSwap(phone, maxAgeHours) }
}

internal class GuardedAsyncStorage(private val storage: AsyncStorage, private val patience: Patience) :
    AsyncStorage {
    override suspend fun load(key: ByteArray, now: Instant): StoredRecord? =
        guardedAsync(patience) { storage.load(key, now) }

    override suspend fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean =
        guardedAsync(patience) { storage.swap(key, expected, record, now) }!!

    override suspend fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long =
        guardedAsync(patience) { storage.add(key, amount, expiresAt, now) }!!
}

internal class GuardedAsyncDelivery(private val delivery: AsyncDelivery, private val patience: Patience) :
    AsyncDelivery {
    override suspend fun deliver(message: Message): Receipt =
        guardedAsync(patience) { delivery.deliver(message) }!!
}

internal class GuardedAsyncOperator(
    private val operator: AsyncSimSwapOperator,
    private val patience: Patience,
) : AsyncSimSwapOperator {
    override suspend fun simSwap(phone: String, maxAgeHours: Int): SimSwap =
        guardedAsync(patience) { operator.simSwap(phone, maxAgeHours) }!!
}
