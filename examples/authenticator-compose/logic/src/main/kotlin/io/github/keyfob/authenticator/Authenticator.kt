package io.github.keyfob.authenticator

import io.github.keyfob.Enrolment
import io.github.keyfob.EnrolmentKind
import io.github.keyfob.QrCode
import io.github.keyfob.ReadingMode
import io.github.keyfob.exportMigration
import io.github.keyfob.parseEnrolment
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/**
 * The accounts of a person, kept in a [vault][Vault].
 *
 * Every change is stored before it shows: a code of a counter is not told before the counter that
 * follows it is kept. What cannot be stored throws a [VaultException] and changes nothing.
 */
public class Authenticator private constructor(
    private val vault: Vault,
    kept: List<Account>,
    private val exportId: () -> Int?,
) {
    private val state = MutableStateFlow(kept.sortedWith(BY_TITLE))
    private var lastId = kept.size.toLong()

    /** The accounts by their titles. */
    public val accounts: StateFlow<List<Account>> = state.asStateFlow()

    /**
     * Adds accounts. Those that are here already, secret and all, are not added again, wherever their
     * counters stand: to go back would make codes again that were used.
     */
    @Synchronized
    public fun add(enrolments: List<Enrolment>): Added {
        val present = state.value.mapTo(HashSet()) { identity(it.enrolment) }
        val fresh = enrolments.filter { present.add(identity(it)) }
        if (fresh.isNotEmpty()) keep(state.value + fresh.map { Account(++lastId, it) })
        return Added(fresh.size, enrolments.size - fresh.size)
    }

    /** Removes an account and its secret. */
    @Synchronized
    public fun remove(id: Long) {
        keep(state.value.filter { it.id != id })
    }

    /** Makes the next code of an account whose codes are made one by one; fails when they are used up. */
    @Synchronized
    public fun next(id: Long) {
        keep(state.value.map { if (it.id == id) it.advanced() ?: it else it })
    }

    /**
     * All accounts as QR codes that another authenticator imports, one after the other, and what
     * it would not understand. Whoever sees them can make the codes.
     */
    public fun export(): Export {
        val (fit, other) = state.value.partition { canMigrate(it.enrolment) }
        val uris = if (fit.isEmpty()) emptyList() else exportMigration(fit.map { it.enrolment }, exportId())
        return Export(uris.map { QrCode.encode(it) }, other)
    }

    private fun keep(accounts: List<Account>) {
        vault.write(accounts.joinToString("\n", HEADER, "\n") { it.enrolment.toUri() }.toByteArray())
        state.value = accounts.sortedWith(BY_TITLE)
    }

    public companion object {
        /**
         * The accounts that a vault keeps; fails rather than leave one out.
         *
         * @param exportId ties the QR codes of an export together: a random number, if it gives none
         */
        public fun open(vault: Vault, exportId: () -> Int? = { null }): Authenticator {
            val text = vault.read()?.toString(Charsets.UTF_8) ?: HEADER
            if (!text.startsWith(HEADER)) throw VaultException("This is no file of accounts.")
            val uris = text.removePrefix(HEADER).lines().filter { it.isNotEmpty() }
            return Authenticator(vault, uris.mapIndexed(::account), exportId)
        }
    }
}

/** What became of accounts that were to be added. */
public class Added internal constructor(
    /** How many are new. */
    public val added: Int,
    /** How many were here before. */
    public val present: Int,
)

/** Accounts on their way to another authenticator. */
public class Export internal constructor(
    /** To be scanned one after the other. */
    public val codes: List<QrCode>,
    /** What they leave out: the format has no words for these. Export them one by one. */
    public val leftOut: List<Account>,
)

/** Those that a text picks, in the same order. */
public fun List<Account>.matching(text: String): List<Account> {
    val words = text.trim().lowercase().split(' ').filter { it.isNotEmpty() }
    return filter { account ->
        val name = "${account.issuer} ${account.name}".lowercase()
        words.all { it in name }
    }
}

private const val HEADER = "keyfob authenticator 1\n"

private val BY_TITLE = compareBy<Account>({ it.title.lowercase() }, { it.name.lowercase() }, { it.id })

private fun account(index: Int, uri: String): Account =
    try {
        Account(index + 1L, parseEnrolment(uri, ReadingMode.LENIENT).enrolment)
    } catch (_: Exception) { // its message might quote the line
        throw VaultException("Account ${index + 1} of the file cannot be read.")
    }

/** What is the same for accounts that differ in their counters alone. */
private fun identity(enrolment: Enrolment): String {
    val isCounted = enrolment.kind() is EnrolmentKind.Hotp
    return (if (isCounted) enrolment.withCounter(0u) else enrolment).toUri()
}

private fun canMigrate(enrolment: Enrolment): Boolean = runCatching { exportMigration(listOf(enrolment), 0) }.isSuccess
