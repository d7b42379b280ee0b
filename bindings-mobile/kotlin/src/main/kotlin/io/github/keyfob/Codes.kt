package io.github.keyfob

import java.time.Clock
import java.time.Duration
import java.time.Instant
import java.time.temporal.ChronoUnit
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChangedBy
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map

/** A code and how long it lasts. It prints as redacted. */
public class Code internal constructor(
    /** The code, for the screen of the person it belongs to. Keep it out of logs. */
    public val value: String,
    /** When the next one takes its place. */
    public val validUntil: Instant,
) {
    /** How long it still lasts at a time; nothing once it is over. */
    public fun remaining(time: Instant): Duration =
        Duration.between(time, validUntil).coerceAtLeast(Duration.ZERO)

    override fun toString(): String = "Code(redacted, until $validUntil)"
}

/** The code that is current at a time, and how long it lasts. */
public fun Totp.codeAt(time: Instant): Code = Code(generate(time), end(time, remaining(time)))

/** The code that is current at a time, and how long it lasts. */
public fun Steam.codeAt(time: Instant): Code = Code(generate(time), end(time, remaining(time)))

/**
 * The present code, and then each next one as its time comes.
 *
 * It follows [clock], also one that is set: at each tick of [ticker] it looks what time it is.
 */
public fun Totp.codes(clock: Clock = Clock.systemUTC(), ticker: Flow<Any?> = seconds(clock)): Flow<Code> =
    ticker.map { codeAt(clock.instant()) }.distinctUntilChangedBy { it.validUntil }

/** As that of [Totp]. */
public fun Steam.codes(clock: Clock = Clock.systemUTC(), ticker: Flow<Any?> = seconds(clock)): Flow<Code> =
    ticker.map { codeAt(clock.instant()) }.distinctUntilChangedBy { it.validUntil }

/** Ticks at once, and then at the beginning of each second of [clock]: what a countdown is drawn by. */
public fun seconds(clock: Clock = Clock.systemUTC()): Flow<Instant> = flow {
    while (true) {
        val now = clock.instant()
        emit(now)
        delay(1_000L - clock.instant().nano / 1_000_000)
    }
}

private fun end(time: Instant, remaining: Duration): Instant =
    time.coerceIn(Instant.EPOCH, LATEST).truncatedTo(ChronoUnit.SECONDS).plus(remaining)

/** Whatever a clock says, a code that begins by then has an end. */
private val LATEST = Instant.MAX.minus(Duration.ofMinutes(2))
