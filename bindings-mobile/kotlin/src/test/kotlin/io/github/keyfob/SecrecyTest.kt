package io.github.keyfob

import java.time.Instant
import java.util.UUID
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse

/** Nothing that is printed holds a secret, unless it was asked for by name. */
class SecrecyTest {
    private val code = Totp(secret()).generate(Instant.ofEpochSecond(START))
    private val outbox = Outbox()

    @Test
    fun `no object with a secret shows it`() {
        val service = Service(keys(), MemoryStorage(), outbox, clock = MovingClock())
        val domain = service.createDomain("Example Bank")
        val options = UserOptions(secret = secret(), returnSecret = true)
        val created = service.createUser(domain, "ann", options)
        val opened = service.openEnrolment(domain, "ann", EnrolmentOptions(secret = secret()))
        val pin = Parameter("pin", "4711")
        val enrolment = Enrolment.totp(secret(), "ann", parameters = listOf(pin))
        val sent = service.send(domain, PHONE, listOf(Channel.SMS, Channel.VOICE))
        val message = outbox.messages.last()
        val codes = NewRecoveryCodes.generate()
        val holders = listOf(
            secret(), Totp(secret()), Hotp(secret()), Steam(secret()), Totp(secret()).codeAt(Instant.ofEpochSecond(START)),
            enrolment, pin, enrolment.generator(), parseEnrolment(enrolment.toUri()), enrolment.qrCode(),
            parseMigration(exportMigration(listOf(Enrolment.totp(secret(), "ann"))).single()),
            options, created, opened, service.viewEnrolment(opened.ticket.expose()), service, keys(), sent,
            message, message.fallbacks(), codes, codes.set(), CodePolicy().generate(),
        )
        val secrets = listOf(
            BASE32, "12345678901234567890", "49, 50, 51", code, "4711", "77, 77", "otpauth://",
            opened.ticket.expose(), message.exposeCode(), codes.expose().first(),
        )
        for (holder in holders) {
            for (shown in listOf("$holder", "${listOf(holder)}", "${mapOf("held" to holder)}")) {
                for (secret in secrets) assertFalse(secret in shown, "${holder.javaClass}: $shown")
            }
        }
        assertEquals("Secret(redacted, 160 bits)", "${secret()}")
        assertEquals(BASE32, (created as Created.Enrolled).secret.exposeBase32(), "by name it is there")
    }

    @Test
    fun `no error quotes what it was given`() {
        val works = listOf<() -> Any>(
            { Secret.fromBase32("$BASE32!") },
            { parseEnrolment("otpauth://totp/ann?secret=$BASE32&digits=99") },
            { parseMigration("otpauth-migration://offline?data=$BASE32") },
            { composeMessage("no place for it", code, 5u) },
        )
        for (work in works) {
            val error = assertFailsWith<KeyfobException.Invalid> { work() }
            for (shown in listOf("$error", error.stackTraceToString(), error.text)) {
                assertFalse("GEZDGNBV" in shown || code in shown, shown)
            }
        }
    }

    @Test
    fun `what was closed is gone`() {
        val secret = secret()
        secret.close()
        assertFailsWith<IllegalStateException> { secret.exposeBase32() }
    }

    @Test
    fun `what was closed is refused as an argument too, and never read`() {
        val (secret, keys, policy) = Triple(secret(), keys(), CodePolicy())
        val (enrolment, parameter) = Enrolment.totp(secret(), "ann") to Parameter("pin", "4711")
        val service = Service(keys(), MemoryStorage(), outbox)
        val waiting = AsyncService(keys(), Suspending(MemoryStorage()))
        listOf(secret, keys, policy, enrolment, parameter, service, waiting).forEach { it.close() }
        repeat(100) { // memory that was freed holds what it held, now and then
            for (use in listOf(
                { Totp(secret) }, { Hotp(secret) }, { Steam(secret) }, { secret().isSameAs(secret) },
                { Enrolment.totp(secret, "ann") }, { exportMigration(listOf(enrolment)) },
                { Enrolment.totp(secret(), "ann", parameters = listOf(parameter)) },
                { Service(keys, MemoryStorage()) }, { service.forAccount(UUID(0, 1)) }, { waiting.forAccount(UUID(0, 1)) },
                { Service(keys(), MemoryStorage()).createUser("${UUID(0, 1)}", "ann", UserOptions(secret = secret)) },
            )) {
                assertFailsWith<IllegalStateException> { use() }
            }
        }
    }
}
