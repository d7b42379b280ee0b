package io.github.keyfob

import java.io.File
import java.io.IOException
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.TRUNCATE_EXISTING
import java.nio.file.StandardOpenOption.WRITE
import java.time.Duration
import java.time.Instant
import java.util.concurrent.ConcurrentHashMap

/**
 * A [Storage] in a folder of an app, such as `File(context.noBackupFilesDir, "keyfob")`: one file
 * for each record, for as many of them as an app has users.
 *
 * Threads that use one folder wait for each other, so that of two that swap one record the second
 * finds it changed. Use a folder in one process at a time, and open nothing in it by other means:
 * processes wait for each other at a file whose lock goes when anything in the process closes that
 * file, as what copies the folder does. A write is on the disk, under its name, before it is
 * answered; a crash leaves the old file or the new one. A folder that came back from a backup lets
 * used codes in a second time: keep it out of backups, or name the moment as `replayFloor`.
 *
 * What has expired is removed about once an hour, by a write.
 *
 * @param folder is made, with those above it, if it is not there
 */
public class FileStorage(private val folder: File) : Storage {
    private val door = doors.computeIfAbsent(folder.canonicalPath) { Any() }
    private var swept: Instant? = null

    override fun load(key: ByteArray, now: Instant): StoredRecord? =
        alone { read(record(key), now)?.let { StoredRecord(it.number, it.data) } }

    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean = alone {
        val file = record(key)
        if (read(file, now)?.number != expected) return@alone false
        if (record == null) {
            remove(file)
        } else {
            write(file, Entry(record.version, record.expiresAt, record.data))
        }
        sweep(now)
        true
    }

    override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long = alone {
        val file = counter(key)
        val before = read(file, now) ?: Entry(0, expiresAt, NOTHING)
        val sum = sum(before.number, amount)
        write(file, Entry(sum, before.expiresAt, NOTHING))
        sweep(now)
        sum
    }

    private fun record(key: ByteArray) = folder.resolve("${hex(key)}.record")

    private fun counter(key: ByteArray) = folder.resolve("${hex(key)}.counter")

    /** Runs [work] while no other thread and no other process is at the folder. */
    private fun <T> alone(work: () -> T): T = synchronized(door) {
        Files.createDirectories(folder.toPath())
        RandomAccessFile(folder.resolve("lock"), "rw").use { lock -> lock.channel.lock().use { work() } }
    }

    private fun write(file: File, entry: Entry) {
        val new = folder.resolve("new").toPath() // one is enough: whoever writes is alone
        FileChannel.open(new, CREATE, WRITE, TRUNCATE_EXISTING).use { channel ->
            val bytes = entry.toBytes()
            while (bytes.hasRemaining()) channel.write(bytes)
            channel.force(true)
        }
        Files.move(new, file.toPath(), ATOMIC_MOVE)
        keepNames()
    }

    private fun remove(file: File) {
        if (Files.deleteIfExists(file.toPath())) keepNames()
    }

    /** Until then a crash could take a change of names back. */
    private fun keepNames() = FileChannel.open(folder.toPath(), READ).use { it.force(true) }

    /** What cannot be read or removed stays: the write that this comes after has succeeded. */
    private fun sweep(now: Instant) {
        val last = swept
        if (last != null && now < last.plus(REST)) return
        swept = now
        for (file in folder.listFiles { file -> file.extension in KINDS }.orEmpty()) {
            val entry = try {
                Entry.from(file.readBytes())
            } catch (_: IOException) {
                null
            }
            if (entry != null && entry.isOver(now)) file.delete()
        }
    }

    /** What a file holds; nothing, if it is not there or has expired. */
    private fun read(file: File, now: Instant): Entry? {
        val bytes = try {
            Files.readAllBytes(file.toPath())
        } catch (_: NoSuchFileException) {
            return null
        }
        val entry = Entry.from(bytes) ?: throw PortException.Unavailable("${file.name} is damaged")
        return entry.takeUnless { it.isOver(now) }
    }

    /** What stands in a file: a version or a sum, when it expires, and the body of a record. */
    private class Entry(val number: Long, val expiresAt: Instant?, val data: ByteArray) {
        fun isOver(now: Instant): Boolean = expiresAt != null && now >= expiresAt

        fun toBytes(): ByteBuffer = ByteBuffer.allocate(HEAD + data.size).apply {
            put(FORMAT).putInt(data.size).putLong(number).putLong(expiresAt?.epochSecond ?: NEVER).put(data)
            flip()
        }

        companion object {
            private const val FORMAT: Byte = 1
            private const val HEAD = 21
            private const val NEVER = Long.MAX_VALUE

            fun from(file: ByteArray): Entry? {
                if (file.size < HEAD) return null
                val bytes = ByteBuffer.wrap(file)
                if (bytes.get() != FORMAT || bytes.getInt() != file.size - HEAD) return null
                val (number, expiry) = bytes.getLong() to bytes.getLong()
                val expiresAt = expiry.takeIf { it != NEVER }?.let { Instant.ofEpochSecond(it) }
                return Entry(number, expiresAt, file.copyOfRange(HEAD, file.size))
            }
        }
    }

    private companion object {
        /** What threads of this process wait at: a file cannot be locked twice within one. */
        val doors = ConcurrentHashMap<String, Any>()
        val NOTHING = ByteArray(0)
        val KINDS = setOf("record", "counter")
        val REST: Duration = Duration.ofHours(1)

        fun hex(key: ByteArray) = key.joinToString("") { "%02x".format(it) }

        fun sum(number: Long, amount: Long): Long {
            val sum = number + amount
            val isTooLarge = amount > 0 && sum < number
            return if (isTooLarge) Long.MAX_VALUE else sum.coerceAtLeast(0)
        }
    }
}
