package io.github.keyfob

import java.time.Clock
import java.time.Instant
import java.time.ZoneId
import java.time.ZoneOffset
import java.util.Collections
import kotlinx.coroutines.yield

// What the tests share: a service whose outside world stands still until it is moved.

internal const val START = 1_800_000_000L
internal const val BASE32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
internal const val PHONE = "+447700900121"

internal fun secret(): Secret = Secret.fromBase32(BASE32)

internal fun keys(): Keys = Keys(ByteArray(32) { 77 }, mapOf(1u to ByteArray(32) { 78 }))

/** A code that differs in its first character. */
internal fun wrong(code: String): String = (if (code[0] == '0') "1" else "0") + code.drop(1)

internal class MovingClock(var now: Instant = Instant.ofEpochSecond(START + 15)) : Clock() {
    override fun instant(): Instant = now

    override fun getZone(): ZoneId = ZoneOffset.UTC

    override fun withZone(zone: ZoneId?): Clock = this
}

/** A storage as the contract has it. */
internal class MemoryStorage : Storage {
    private class Held(val version: Long, val data: ByteArray, val expiresAt: Instant?)

    private var records = HashMap<String, Held>()
    private var counters = HashMap<String, Pair<Long, Instant>>()

    /** How many records there are. */
    @get:Synchronized val size: Int get() = records.size

    @Synchronized
    fun copy(): MemoryStorage = MemoryStorage().also {
        it.records = HashMap(records)
        it.counters = HashMap(counters)
    }

    @Synchronized
    override fun load(key: ByteArray, now: Instant): StoredRecord? =
        held(key, now)?.let { StoredRecord(it.version, it.data.copyOf()) }

    @Synchronized
    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean {
        if (held(key, now)?.version != expected) return false
        write(key, record)
        return true
    }

    @Synchronized
    override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long {
        val (sum, end) = counters[name(key)]?.takeIf { now < it.second } ?: (0L to expiresAt)
        val after = (sum + amount).coerceAtLeast(0)
        counters[name(key)] = after to end
        return after
    }

    /** Writes whatever was there before: what a storage must not do. */
    @Synchronized
    fun write(key: ByteArray, record: WrittenRecord?) {
        if (record == null) {
            records.remove(name(key))
        } else {
            records[name(key)] = Held(record.version, record.data, record.expiresAt)
        }
    }

    private fun held(key: ByteArray, now: Instant): Held? =
        records[name(key)]?.takeIf { it.expiresAt == null || now < it.expiresAt }

    private fun name(key: ByteArray) = key.joinToString("") { "%02x".format(it) }
}

/** A storage as functions that suspend, and let others go first. */
internal class Suspending(private val storage: Storage) : AsyncStorage {
    override suspend fun load(key: ByteArray, now: Instant): StoredRecord? =
        storage.load(key, now).also { yield() }

    override suspend fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean =
        storage.swap(key, expected, record, now)

    override suspend fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long =
        storage.add(key, amount, expiresAt, now)
}

/** A delivery that keeps what it is given. */
internal class Outbox : Delivery {
    var channels: Set<Channel> = Channel.entries.toSet()
    val messages: MutableList<Message> = Collections.synchronizedList(mutableListOf())

    override fun deliver(message: Message): Receipt {
        if (message.channel() !in channels) throw PortException.NotConfigured()
        messages.add(message)
        return Receipt.QUEUED
    }

    /** The code in the last message. */
    val code: String get() = messages.last().exposeCode()
}
