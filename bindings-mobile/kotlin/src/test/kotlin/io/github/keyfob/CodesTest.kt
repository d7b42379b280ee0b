package io.github.keyfob

import java.time.Duration
import java.time.Instant
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest

class CodesTest {
    private val totp = Totp(secret())

    @Test
    @OptIn(ExperimentalCoroutinesApi::class)
    fun `codes come as their time comes, by the clock that is given`() = runTest {
        val clock = object : java.time.Clock() {
            override fun instant(): Instant = Instant.ofEpochSecond(START + 15).plusMillis(currentTime)

            override fun getZone() = java.time.ZoneOffset.UTC

            override fun withZone(zone: java.time.ZoneId?) = this
        }
        val codes = totp.codes(clock).take(3).toList()
        assertEquals(75_000 - 30_000, currentTime) // 15 s of the first, 30 of the second
        val expected = listOf(0L, 30, 60).map { totp.generate(Instant.ofEpochSecond(START + it)) }
        assertEquals(expected, codes.map { it.value })
        assertEquals(listOf(30L, 60, 90).map { Instant.ofEpochSecond(START + it) }, codes.map { it.validUntil })
        assertEquals(Duration.ofSeconds(15), codes[0].remaining(Instant.ofEpochSecond(START + 15)))
        assertEquals(Duration.ZERO, codes[0].remaining(Instant.ofEpochSecond(START + 99)))
    }

    @Test
    fun `no clock, however wrong, ends the stream`() = runTest {
        for (time in listOf(Instant.MIN, Instant.MAX)) {
            val clock = java.time.Clock.fixed(time, java.time.ZoneOffset.UTC)
            assertEquals(listOf(time, time), seconds(clock).take(2).toList())
            assertEquals(totp.generate(time), totp.codes(clock).first().value)
        }
    }

    @Test
    fun `a clock that is set takes the codes along, and a tick without a new code is none`() = runBlocking {
        val clock = MovingClock(Instant.ofEpochSecond(START))
        val ticks = MutableSharedFlow<Unit>()
        val seen = mutableListOf<String>()
        val watching = launch { Steam(secret()).codes(clock, ticks).take(3).collect { seen.add(it.value) } }
        ticks.subscriptionCount.collectUntil { it > 0 }
        for (second in listOf(0L, 1, 29, 30, 31, -3600)) {
            clock.now = Instant.ofEpochSecond(START + second)
            ticks.emit(Unit)
        }
        watching.join()
        assertEquals(listOf(0L, 30, -3600).map { Steam(secret()).generate(Instant.ofEpochSecond(START + it)) }, seen)
    }

    @Test
    fun `a code is used once, and what is remembered says so`() {
        val now = Instant.ofEpochSecond(START + 15)
        val code = totp.generate(now)
        val first = totp.verify(code, now, TotpState()) as TotpOutcome.Accepted
        assertEquals(TotpOutcome.Replayed(first.step), totp.verify(code, now.plusSeconds(30), first.state))
        assertEquals(TotpOutcome.Malformed, totp.verify("what a user typed", now, first.state))
    }

    /** A field that counts cuts an emoji in two. */
    @Test
    fun `half a character typed is a wrong code and no exception`() {
        val half = "🔐".take(1)
        val now = Instant.ofEpochSecond(START)
        assertEquals(TotpOutcome.Malformed, totp.verify("12345$half", now, TotpState()))
        assertEquals(HotpOutcome.Malformed, Hotp(secret()).verify("12345$half", 0u))
        assertEquals("invalid-argument", codeOf { Secret.fromBase32("$BASE32$half") })
        val service = Service(keys(), MemoryStorage(), Outbox(), clock = MovingClock())
        val sent = service.send(service.createDomain(), PHONE, listOf(Channel.SMS))
        assertEquals("malformed", service.verify(sent.otpId, half).code())
    }

    @Test
    fun `half a character is no name, or two users would be one`() {
        val service = Service(keys(), MemoryStorage(), Outbox(), clock = MovingClock())
        val domain = service.createDomain()
        for (half in listOf("\ud83d", "\udd10")) {
            assertEquals("invalid-argument", codeOf { service.createUser(domain, "bob$half") })
            assertEquals("invalid-argument", codeOf { service.createDomain("Bank$half") })
        }
        service.createUser(domain, "bob\ud83d\udd10")
    }

    @Test
    fun `what cannot be used is named`() {
        val cases = mapOf<String, () -> Any>(
            "invalid-digits" to { Totp(secret(), digits = -1) },
            "invalid-period" to { Totp(secret(), period = Duration.ofMillis(1_500)) },
            "invalid-window" to { Totp(secret(), window = Window(-1, 1)) },
            "secret-empty" to { Secret.fromBase32("") },
            "qr-scale" to { QrCode.encode("a").png(0) },
            "invalid-key" to { Keys(ByteArray(31), mapOf(1u to ByteArray(32))) },
        )
        for ((code, work) in cases) {
            val error = assertFailsWith<KeyfobException.Invalid>(code) { work() }
            assertEquals(code, error.code)
        }
        for (number in listOf(-1, 128, 200)) {
            assertEquals("invalid-window", codeOf { Totp(secret(), driftLimit = number) })
            assertEquals("invalid-recovery-count", codeOf { NewRecoveryCodes.generate(number) })
        }
        assertEquals("invalid-recovery-count", codeOf { NewRecoveryCodes.generate(0) })
        for (pixels in listOf(-1, 0, 65_536)) assertEquals("qr-pixels", codeOf { QrCode.encode("a").svg(pixels = pixels) })
    }
}

private fun codeOf(work: () -> Any): String = assertFailsWith<KeyfobException.Invalid> { work() }.code

private suspend fun <T> kotlinx.coroutines.flow.Flow<T>.collectUntil(done: (T) -> Boolean) {
    try {
        collect { if (done(it)) throw Enough() }
    } catch (_: Enough) {
        return
    }
}

private class Enough : Exception()
