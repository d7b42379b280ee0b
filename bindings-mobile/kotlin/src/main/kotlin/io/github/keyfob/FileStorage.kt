package io.github.keyfob

import java.io.File
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.FileAttribute
import java.nio.file.attribute.PosixFilePermissions
import java.time.Duration
import java.time.Instant
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap

/**
 * A [Storage] in a folder of an app, such as `File(context.noBackupFilesDir, "keyfob")`: one file
 * for each record, for as many of them as an app has users.
 *
 * Threads and processes that use one folder wait for each other, so that of two that swap one record
 * the second finds it changed. On a disk of this machine, that is: one that several machines mount
 * may keep no order among them. A write is on the disk, under its name, before it is answered; a
 * crash, or the end of the process at any moment, leaves the old file or the new one. A folder that
 * came back from a backup lets used codes in a second time: keep it out of backups, or name the
 * moment as `replayFloor`.
 *
 * Files are for their owner alone, and so is the folder if it is made here. What has expired is
 * removed about once an hour, by a write.
 *
 * @param folder is made, with those above it, if it is not there
 */
public class FileStorage(private val folder: File) : Storage {
    private val door = doors.computeIfAbsent(folder.canonicalPath) { Any() }
    private val drafts = folder.resolve("drafts").toPath()
    private var swept: Instant? = null

    // No lock: a file is replaced whole, and whoever swaps afterwards says what was seen here.
    override fun load(key: ByteArray, now: Instant): StoredRecord? =
        read(record(key), now)?.let { StoredRecord(it.number, it.data) }

    override fun swap(key: ByteArray, expected: Long?, record: WrittenRecord?, now: Instant): Boolean = alone { draft ->
        val file = record(key)
        val before = read(file, now)
        if (before?.number != expected) return@alone false
        val after = record?.let { Entry(it.version, it.expiresAt, it.data) }
        // What is removed is written as expired: unlike a removal, that fails if the draft is gone.
        if (after != null || before != null) write(draft, file, after ?: Entry(0, Instant.MIN, NOTHING))
        sweep(now)
        true
    }

    override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long = alone { draft ->
        val file = counter(key)
        val before = read(file, now) ?: Entry(0, expiresAt, NOTHING)
        val sum = sum(before.number, amount)
        write(draft, file, Entry(sum, before.expiresAt, NOTHING))
        sweep(now)
        sum
    }

    private fun record(key: ByteArray) = folder.resolve("${hex(key)}.record")

    private fun counter(key: ByteArray) = folder.resolve("${hex(key)}.counter")

    /** Runs [work], which may write through a draft, while no other thread or process is at the folder. */
    private fun <T> alone(work: (draft: Path) -> T): T = synchronized(door) {
        Files.createDirectories(drafts, *only("rwx------"))
        val file = folder.resolve("lock").toPath()
        FileChannel.open(file, setOf(CREATE, WRITE), *only("rw-------")).use { channel ->
            channel.lock().use {
                val draft = draft()
                try {
                    work(draft)
                } finally {
                    Files.deleteIfExists(draft)
                }
            }
        }
    }

    /**
     * A new draft, the only one. The lock alone would not do: a process loses it when anything in it
     * closes the lock's file, as what copies the folder does. So each makes its draft, removes those
     * of others and only then reads: of two that are here all the same, one finds its draft gone.
     */
    private fun draft(): Path {
        val own = Files.createFile(drafts.resolve(UUID.randomUUID().toString()), *only("rw-------"))
        Files.newDirectoryStream(drafts) { it != own }.use { others -> others.forEach(Files::deleteIfExists) }
        return own
    }

    private fun write(draft: Path, file: File, entry: Entry) {
        try {
            FileChannel.open(draft, WRITE).use { channel ->
                val bytes = entry.toBytes()
                while (bytes.hasRemaining()) channel.write(bytes)
                channel.force(true)
            }
            Files.move(draft, file.toPath(), ATOMIC_MOVE)
        } catch (_: NoSuchFileException) {
            throw PortException.Unavailable("another process wrote to the folder at this moment; try again")
        }
        // Until then a crash could take the change of names back.
        FileChannel.open(folder.toPath(), READ).use { it.force(true) }
    }

    /** Who may use what is made, where files have such modes. */
    private fun only(mode: String): Array<FileAttribute<*>> {
        if ("posix" !in folder.toPath().fileSystem.supportedFileAttributeViews()) return emptyArray()
        return arrayOf(PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)))
    }

    /** Whatever cannot be read or removed stays: the write that this comes after has succeeded. */
    private fun sweep(now: Instant) {
        val last = swept
        // A clock that was ahead, and is not any more, does not put this off.
        if (last != null && Duration.between(last, now) in Duration.ZERO..<REST) return
        swept = now
        for (file in folder.listFiles { file -> file.extension in KINDS }.orEmpty()) {
            runCatching {
                val isOver = Entry.from(file.readBytes())?.isOver(now) ?: false
                if (isOver) file.delete()
            }
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
            private val MOMENTS = Instant.MIN.epochSecond..Instant.MAX.epochSecond

            fun from(file: ByteArray): Entry? {
                if (file.size < HEAD) return null
                val bytes = ByteBuffer.wrap(file)
                if (bytes.get() != FORMAT || bytes.getInt() != file.size - HEAD) return null
                val (number, expiry) = bytes.getLong() to bytes.getLong()
                if (expiry != NEVER && expiry !in MOMENTS) return null
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
