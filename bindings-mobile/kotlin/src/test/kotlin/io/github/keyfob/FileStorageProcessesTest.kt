package io.github.keyfob

import java.io.File
import java.io.RandomAccessFile
import java.nio.file.Files
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.time.Instant
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.io.path.createTempDirectory
import kotlin.io.path.createTempFile
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

/** Processes that share a folder keep the rules that threads keep. */
class FileStorageProcessesTest {
    private val folder = createTempDirectory("keyfob").toFile()
    private val started = mutableListOf<Other>()

    @AfterTest
    fun leave() {
        started.forEach { it.end() }
        folder.deleteRecursively()
    }

    @Test
    fun `a code that two processes are given at once is accepted by one`() {
        val accepted = race("locked")
        println("$ROUNDS codes, each given to two processes at once: ${told(accepted)}")
        assertTrue(accepted.all { it == 1 }, told(accepted))
    }

    /** The control: if it passed, the test above would show nothing. */
    @Test
    fun `files that processes do not lock let a code in twice, and are seen`() {
        val accepted = race("unlocked", rounds = 40)
        println("the same where reading and writing are two steps, which does not compare: ${told(accepted)}")
        assertTrue(accepted.any { it == 2 }, told(accepted))
    }

    @Test
    fun `a code is accepted at most once while both processes copy the folder, which unlocks it`() {
        val accepted = race("copying")
        println("$ROUNDS codes, each given to two processes that copy the folder, at once: ${told(accepted)}")
        assertTrue(accepted.all { it <= 1 }, told(accepted))
        assertTrue(accepted.count { it == 1 } > ROUNDS / 2, told(accepted))
    }

    @Test
    fun `two processes count every one of their adds`() {
        val others = List(2) { other("adding") }
        others.forEach { it.ask("go") }
        others.forEach { assertEquals("done", it.answer()) }
        assertEquals(2L * ADDS, FileStorage(folder).add(key(1), 0, later, now))
    }

    @Test
    fun `a process that is killed while it writes leaves a folder that opens, and whole files`() {
        val storage = FileStorage(folder)
        repeat(5) { round ->
            val other = other("adding without end")
            other.ask("go")
            assertEquals("begun", other.answer())
            Thread.sleep(7L * round)
            val before = storage.add(key(1), 0, later, now)
            other.end()
            val after = storage.add(key(1), 0, later, now)
            assertTrue(after >= before && after > 0, "$before, then $after")
            assertTrue(storage.swap(key(2), round.toLong().takeIf { it > 0 }, written(round + 1L), now))
            assertEquals(round + 1L, assertNotNull(storage.load(key(2), now)).version)
        }
        assertEquals(0, folder.resolve(".keyfob-drafts").listFiles()!!.size)
    }

    @Test
    fun `what a process has just written is not swept away by another that found the old one expired`() {
        val storage = FileStorage(folder)
        storage.add(key(1), 0, Instant.MAX, now) // sweeps, and does not again while this test writes
        storage.swap(key(2), null, WrittenRecord(1, ByteArray(1), now.minusSeconds(1)), now)
        val (small, large) = List(2) { record().copyTo(createTempFile().toFile(), overwrite = true) }
        RandomAccessFile(large, "rw").use { file -> // as a record of so many bytes, which this test need not hold
            file.seek(1)
            file.writeInt(LARGE)
            file.setLength(21L + LARGE)
        }
        val sweeping = other("sweeping")
        val written = (1L..10L).count { version ->
            large.copyTo(record(), overwrite = true)
            sweeping.ask("$version")
            assertEquals("begun", sweeping.answer())
            // It has written, and reads the large one: time for two writes that leave what it may not remove.
            Thread.sleep(5)
            Files.move(small.copyTo(folder.resolve("small")).toPath(), record().toPath(), ATOMIC_MOVE)
            val outcome = runCatching { storage.swap(key(2), null, written(version), now) }
            assertEquals("done", sweeping.answer())
            if (outcome.isSuccess) assertEquals(version, storage.load(key(2), now)?.version, "swept away")
            outcome.isSuccess
        }
        println("10 writes while another process swept: $written went through")
        assertTrue(written > 0)
        listOf(large, small).forEach { it.delete() }
    }

    private fun record() = folder.resolve("02".repeat(33) + ".record")

    /** How many processes each code was accepted by. */
    private fun race(how: String, rounds: Int = ROUNDS): List<Int> {
        val domain = Service(keys(), FileStorage(folder)).use { service ->
            service.createDomain().also {
                service.createUser(it, "ann", UserOptions(secret = secret(), returnSecret = true))
            }
        }
        val others = List(2) { other(how, domain) }
        return List(rounds) { round ->
            others.forEach { it.ask("$round") }
            val answers = others.map { it.answer() }
            assertFalse(answers.any { it == null }, "a process ended")
            answers.count { it == "accepted" }
        }
    }

    private fun other(vararg words: String) = Other(folder, words).also { started += it }

    private fun told(accepted: List<Int>) =
        (0..2).joinToString { times -> "$times times ${accepted.count { it == times }}" }

    /** Another process at the same folder. */
    private class Other(folder: File, words: Array<out String>) {
        private val process = ProcessBuilder(
            listOf(File(System.getProperty("java.home"), "bin/java").path, "-cp", System.getProperty("java.class.path")) +
                listOf(OtherProcess::class.java.name, folder.path) + words,
        ).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        private val answers = process.inputReader()

        fun ask(words: String) = process.outputWriter().run {
            write("$words\n")
            flush()
        }

        fun answer(): String? = answers.readLine()

        fun end() {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS)
        }
    }

    private companion object {
        const val ROUNDS = 300
    }
}

private const val ADDS = 100
private const val LARGE = 64_000_000

private val now = Instant.ofEpochSecond(START)
private val later = now.plusSeconds(60)

private fun key(number: Int) = ByteArray(33) { number.toByte() }

private fun written(version: Long) = WrittenRecord(version, "mine".toByteArray(), null)

/** What the other process does: as it is told, line by line. */
internal object OtherProcess {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (folder, how) = File(arguments[0]) to arguments[1]
        val storage = FileStorage(folder)
        when (how) {
            "adding" -> {
                readln()
                repeat(ADDS) { storage.add(key(1), 1, later, now) }
                println("done")
            }
            "adding without end" -> {
                readln()
                storage.add(key(1), 1, later, now)
                println("begun")
                while (true) storage.add(key(1), 1, later, now)
            }
            "sweeping" -> {
                thread(isDaemon = true) { while (true) copy(folder.resolve("lock")) }
                sweep(folder, storage)
            }
            "unlocked" -> verify(UnlockedStorage(storage), arguments[2])
            "copying" -> {
                thread(isDaemon = true) { while (true) folder.listFiles().orEmpty().forEach(::copy) }
                verify(storage, arguments[2])
            }
            else -> verify(storage, arguments[2])
        }
    }

    /** Verifies the code of each time step that it is told. */
    private fun verify(storage: Storage, domain: String) {
        val clock = MovingClock()
        val (service, totp) = Service(keys(), storage, clock = clock) to Totp(secret())
        while (true) {
            val round = readlnOrNull() ?: return
            clock.now = Instant.ofEpochSecond(START + 15 + 30 * round.toLong())
            val outcome = try {
                service.verifyTotp(domain, "ann", totp.generate(clock.now)).code()
            } catch (error: KeyfobException) {
                error.code // nothing was accepted
            }
            println(outcome)
        }
    }

    /** Writes so late each time that it sweeps afterwards, and says when it has written. */
    private fun sweep(folder: File, storage: Storage) {
        while (true) {
            val round = readlnOrNull() ?: return
            val counter = folder.resolve("01".repeat(33) + ".counter")
            val before = counter.modified()
            val writing = thread { storage.add(key(1), 1, Instant.MAX, now.plusSeconds(7_200 * round.toLong())) }
            while (writing.isAlive && counter.modified() == before) Thread.onSpinWait()
            println("begun")
            writing.join()
            println("done")
        }
    }

    private fun File.modified() = if (exists()) Files.getLastModifiedTime(toPath()) else null

    /** Opens and closes a file, as one who makes a backup does. */
    private fun copy(file: File) {
        if (file.isFile) runCatching { file.readBytes() }
    }
}

/** Looks first and writes then, as code that is written in haste does. */
internal class UnlockedStorage(private val storage: Storage, private val pause: Long = 5) : Storage by storage {
    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean {
        if (storage.load(key, now)?.version != expected) return false
        Thread.sleep(pause)
        while (!storage.swap(key, storage.load(key, now)?.version, record, now)) continue
        return true
    }
}
