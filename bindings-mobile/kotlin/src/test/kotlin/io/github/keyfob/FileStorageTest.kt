package io.github.keyfob

import java.io.File
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions
import java.time.Instant
import java.util.UUID
import java.util.concurrent.CyclicBarrier
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlin.io.path.createTempDirectory
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** Files keep what they were told to keep, whoever else is at them. */
class FileStorageTest {
    private val folder = createTempDirectory("keyfob").toFile()
    private val storage = FileStorage(folder)
    private val now = Instant.ofEpochSecond(START)

    @AfterTest
    fun leave() {
        folder.deleteRecursively()
    }

    @Test
    fun `a record is what was written last, until the second it expires in`() {
        assertNull(storage.load(key(1), now))
        assertTrue(storage.swap(key(1), null, written(1, "first", now.plusSeconds(60)), now))
        assertFalse(storage.swap(key(1), null, written(2, "second"), now))
        assertFalse(storage.swap(key(1), 7, written(2, "second"), now))
        assertContentEquals("first".toByteArray(), FileStorage(folder).load(key(1), now.plusSeconds(59))!!.data)
        assertNull(storage.load(key(1), now.plusSeconds(60)))
        assertFalse(storage.swap(key(1), 1, written(2, "second"), now.plusSeconds(60)))
        assertTrue(storage.swap(key(1), null, written(2, "second"), now.plusSeconds(60)))
        assertEquals(StoredRecord(2, "second".toByteArray()).version, storage.load(key(1), now)!!.version)
        assertTrue(storage.swap(key(1), 2, null, now))
        assertNull(storage.load(key(1), now))
        assertTrue(storage.swap(key(1), null, null, now))
    }

    @Test
    fun `a counter is never below nothing, and starts anew when it has expired`() {
        assertEquals(3, storage.add(key(1), 3, now.plusSeconds(60), now))
        assertEquals(4, storage.add(key(1), 1, now.plusSeconds(90), now.plusSeconds(59)))
        assertEquals(0, storage.add(key(1), -9, now.plusSeconds(90), now.plusSeconds(59)))
        assertEquals(1, storage.add(key(1), 1, now.plusSeconds(90), now.plusSeconds(60)))
        assertEquals(Long.MAX_VALUE, storage.add(key(1), Long.MAX_VALUE, now.plusSeconds(90), now.plusSeconds(60)))
        assertNull(storage.load(key(1), now), "a counter is no record")
    }

    @Test
    fun `a counter at its end stays there, and comes down again`() {
        val later = now.plusSeconds(60)
        assertEquals(Long.MAX_VALUE, storage.add(key(1), Long.MAX_VALUE, later, now))
        for (amount in listOf(1L, Long.MAX_VALUE, 0L)) {
            assertEquals(Long.MAX_VALUE, storage.add(key(1), amount, later, now), "and $amount")
        }
        assertEquals(Long.MAX_VALUE - 1, storage.add(key(1), -1, later, now))
        assertEquals(Long.MAX_VALUE, storage.add(key(1), 2, later, now))
        assertEquals(0, storage.add(key(1), Long.MIN_VALUE, later, now))
    }

    @Test
    fun `only the owner may read the files and see the folder`() {
        val made = folder.resolve("a/b")
        FileStorage(made).run {
            swap(key(1), null, written(1, "first"), now)
            add(key(1), 1, now.plusSeconds(60), now)
        }
        val files = made.walk().toList()
        assertEquals(setOf("b", DRAFTS, "lock"), files.map { it.name }.filter { it.length < 66 }.toSet())
        for (file in files + made.parentFile) {
            val mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file.toPath()))
            assertEquals(if (file.isDirectory) "rwx------" else "rw-------", mode, file.name)
        }
    }

    @Test
    fun `a write whose draft another took away is an error, and what was there stays`() {
        storage.swap(key(1), null, written(1, "first"), now)
        val ended = AtomicBoolean()
        val other = thread { // as a process does that was let in although this one is at work
            while (!ended.get()) folder.resolve(DRAFTS).listFiles().orEmpty().forEach { it.deleteRecursively() }
        }
        val failed = try {
            (1L..200L).count { version ->
                val before = storage.load(key(1), now)!!.version
                val outcome = runCatching { storage.swap(key(1), before, written(version + 1, "next"), now) }
                val after = storage.load(key(1), now)!!.version
                assertEquals(if (outcome.isSuccess) version + 1 else before, after)
                outcome.onFailure { assertIs<PortException.Unavailable>(it) }.isFailure
            }
        } finally {
            ended.set(true)
            other.join()
        }
        assertTrue(failed > 0)
    }

    @Test
    fun `of many that swap one record at once, one does`() {
        val winners = winners { FileStorage(folder) }
        println("64 swaps of one record in files at once: $winners went through")
        assertEquals(1, winners)
    }

    /** The control: if it passed, the test above would show nothing. */
    @Test
    fun `files that nobody locks are written more than once, and are seen`() {
        val winners = winners { UnlockedStorage(storage, pause = 50) }
        println("the same where reading and writing are two steps, which does not compare: $winners went through")
        assertTrue(winners > 1)
    }

    @Test
    fun `a code that was used is used after a restart, too`() {
        val clock = MovingClock()
        val domain = Service(keys(), storage, clock = clock).use { service ->
            val domain = service.createDomain()
            service.createUser(domain, "ann", UserOptions(secret = secret(), returnSecret = true))
            assertTrue(service.verifyTotp(domain, "ann", Totp(secret()).generate(clock.now)).isAccepted())
            domain
        }
        val again = Service(keys(), FileStorage(folder), clock = clock)
        assertEquals("replayed", again.verifyTotp(domain, "ann", Totp(secret()).generate(clock.now)).code())
    }

    @Test
    fun `a file that is damaged is no empty place, and what was half written is none`() {
        storage.swap(key(1), null, written(1, "first"), now)
        draft("new").writeText("half a re")
        assertEquals(1, storage.load(key(1), now)!!.version)
        storage.swap(key(2), null, written(1, "other"), now)
        assertEquals(0, folder.resolve(DRAFTS).list()!!.size)
        storage.swap(key(2), 1, null, now)
        val file = folder.listFiles()!!.single { it.name == "01".repeat(33) + ".record" }
        for (damaged in listOf(ByteArray(0), ByteArray(64), file.readBytes().dropLast(1).toByteArray())) {
            file.writeBytes(damaged)
            assertFailsWith<PortException.Unavailable> { storage.load(key(1), now) }
            assertFailsWith<PortException.Unavailable> { storage.swap(key(1), null, written(2, "second"), now) }
        }
    }

    @Test
    fun `what an app keeps in the folder stays, and so does what a link leads to`() {
        val elsewhere = createTempDirectory("keyfob").toFile()
        val kept = listOf("drafts", DRAFTS).flatMap { listOf("$it/letter", "$it/of/others") }.map(folder::resolve)
        for (file in kept + elsewhere.resolve("letter")) {
            file.parentFile.mkdirs()
            file.writeText("kept")
        }
        val link = folder.resolve("$DRAFTS/${UUID.randomUUID()}.draft")
        Files.createSymbolicLink(link.toPath(), elsewhere.toPath())
        assertTrue(storage.swap(key(1), null, written(1, "first"), now))
        for (file in kept + link.resolve("letter")) assertEquals("kept", file.readText(), file.path)
        elsewhere.deleteRecursively()
    }

    @Test
    fun `drafts are not made behind a link, nor is what is there removed`() {
        val elsewhere = createTempDirectory("keyfob").toFile()
        val kept = elsewhere.resolve("${UUID.randomUUID()}.draft/new")
        kept.parentFile.mkdir()
        kept.writeText("kept")
        val link = Files.createSymbolicLink(folder.resolve(DRAFTS).toPath(), elsewhere.toPath())
        val error = assertFailsWith<PortException.Unavailable> { storage.add(key(1), 1, now.plusSeconds(60), now) }
        assertEquals("$DRAFTS in the storage's folder is a link or a file; remove it", error.reason)
        assertEquals("kept", kept.readText())
        Files.delete(link)
        assertEquals(1, storage.add(key(1), 1, now.plusSeconds(60), now))
        elsewhere.deleteRecursively()
    }

    @Test
    fun `drafts that cannot be emptied are an error that says so, and nothing is written`() {
        draft("of others/letter").writeText("kept")
        val error = assertFailsWith<PortException.Unavailable> { storage.swap(key(1), null, written(1, "first"), now) }
        assertEquals("$DRAFTS in the storage's folder cannot be emptied; remove it", error.reason)
        assertNull(storage.load(key(1), now))
        folder.resolve(DRAFTS).deleteRecursively()
        assertTrue(storage.swap(key(1), null, written(1, "first"), now))
    }

    @Test
    fun `a file whose expiry is no moment is damaged, and no write beside it fails`() {
        storage.swap(key(1), null, written(1, "first"), now)
        val file = folder.listFiles()!!.single { it.extension == "record" }
        for (expiry in listOf(Long.MAX_VALUE - 1, Long.MIN_VALUE, Instant.MAX.epochSecond + 1)) {
            file.writeBytes(ByteBuffer.wrap(file.readBytes()).putLong(13, expiry).array())
            assertFailsWith<PortException.Unavailable> { storage.load(key(1), now) }
            assertEquals(1, FileStorage(folder).add(key(2), 1, now.plusSeconds(60), now))
            assertEquals(0, storage.add(key(2), -1, now.plusSeconds(60), now))
        }
        for (expiry in listOf(Long.MAX_VALUE, Instant.MAX.epochSecond)) {
            file.writeBytes(ByteBuffer.wrap(file.readBytes()).putLong(13, expiry).array())
            assertEquals(1, storage.load(key(1), now)!!.version)
        }
    }

    @Test
    fun `nothing that is met while sweeping makes the write before it fail`() {
        RandomAccessFile(folder.resolve("large.record"), "rw").use { it.setLength(1L shl 33) }
        folder.resolve("of others.counter").mkdir()
        assertEquals(1, storage.add(key(1), 1, Instant.MAX, Instant.MAX.minusSeconds(1)))
        assertEquals(2, storage.add(key(1), 1, Instant.MAX, Instant.MAX.minusSeconds(1)))
    }

    @Test
    fun `a clock that was far ahead once does not keep what expires afterwards`() {
        storage.swap(key(1), null, written(1, "kept"), now.plusSeconds(1_000_000_000))
        storage.swap(key(2), null, written(1, "old", now.plusSeconds(60)), now)
        storage.swap(key(3), null, written(1, "new"), now.plusSeconds(3_600))
        assertEquals(2, folder.listFiles()!!.count { it.extension == "record" })
    }

    @Test
    fun `what has expired goes away by itself, and nothing else does`() {
        storage.swap(key(4), null, written(1, "damaged", now.plusSeconds(60)), now.minusSeconds(7_200))
        folder.listFiles()!!.single { it.extension == "record" }.writeText("damaged")
        storage.swap(key(1), null, written(1, "old", now.plusSeconds(60)), now)
        storage.add(key(1), 1, now.plusSeconds(60), now)
        storage.swap(key(2), null, written(1, "kept"), now)
        storage.swap(key(3), null, written(1, "new"), now.plusSeconds(3_600))
        assertEquals(3, folder.listFiles()!!.count { it.extension in setOf("record", "counter") })
        assertEquals(1, storage.load(key(2), now)!!.version)
    }

    /** A file of a draft that a process left which ended while it wrote. */
    private fun draft(name: String): File =
        folder.resolve("$DRAFTS/${UUID.randomUUID()}.draft/$name").also { it.parentFile.mkdirs() }

    private fun winners(storage: () -> Storage): Int {
        val together = CyclicBarrier(64)
        val won = AtomicInteger()
        List(64) { number ->
            thread {
                val own = storage()
                together.await()
                if (own.swap(key(1), null, written(number + 1L, "mine"), now)) won.incrementAndGet()
            }
        }.forEach { it.join() }
        return won.get()
    }
}

private const val DRAFTS = ".keyfob-drafts"

private fun key(number: Int) = ByteArray(33) { number.toByte() }

private fun written(version: Long, data: String, expiresAt: Instant? = null) =
    WrittenRecord(version, data.toByteArray(), expiresAt)
