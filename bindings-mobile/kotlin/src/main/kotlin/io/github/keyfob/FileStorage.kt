package io.github.keyfob

import java.io.File
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.DirectoryNotEmptyException
import java.nio.file.Files
import java.nio.file.LinkOption.NOFOLLOW_LINKS
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.CREATE_NEW
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
 * @param folder is the storage's alone: keep nothing else in it. It is made, with those above it, if
 *   it is not there
 */
public class FileStorage(private val folder: File) : Storage {
    private val door = doors.computeIfAbsent(folder.canonicalPath) { Any() }
    private val drafts = folder.resolve(".keyfob-drafts").toPath()
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
        sweep(draft, now)
        true
    }

    override fun add(key: ByteArray, amount: Long, expiresAt: Instant, now: Instant): Long = alone { draft ->
        val file = counter(key)
        val before = read(file, now) ?: Entry(0, expiresAt, NOTHING)
        val sum = sum(before.number, amount)
        write(draft, file, Entry(sum, before.expiresAt, NOTHING))
        sweep(draft, now)
        sum
    }

    private fun record(key: ByteArray) = folder.resolve("${hex(key)}.record")

    private fun counter(key: ByteArray) = folder.resolve("${hex(key)}.counter")

    /** Runs [work], which may write through a draft, while no other thread or process is at the folder. */
    private fun <T> alone(work: (draft: Path) -> T): T = synchronized(door) {
        make(folder.toPath().toAbsolutePath())
        makeDrafts()
        val file = folder.resolve("lock").toPath()
        FileChannel.open(file, setOf(CREATE, WRITE), *only("rw-------")).use { channel ->
            channel.lock().use {
                val draft = draft()
                try {
                    work(draft)
                } finally {
                    runCatching { remove(draft) } // what stays, the next one removes
                }
            }
        }
    }

    /** Makes a folder, and those above it, on the disk under their names. */
    private fun make(place: Path) {
        if (Files.isDirectory(place)) return
        make(place.parent)
        Files.createDirectories(place, *only("rwx------"))
        sync(place.parent)
    }

    /** What is behind a link is not this storage's to remove anything from. */
    private fun makeDrafts() {
        if (Files.isDirectory(drafts, NOFOLLOW_LINKS)) return
        if (Files.exists(drafts, NOFOLLOW_LINKS)) {
            throw PortException.Unavailable("${drafts.fileName} in the storage's folder is a link or a file; remove it")
        }
        Files.createDirectories(drafts, *only("rwx------"))
    }

    /**
     * A new draft, the only one. The lock alone would not do: a process loses it when anything in it
     * closes the lock's file, as what copies the folder does. So each makes its draft, removes those
     * of others and only then reads: of two that are here all the same, one finds its draft gone.
     *
     * A draft is a folder. What is written moves out of it, and what has expired moves into it: the
     * system refuses both once it is gone, so that neither undoes what another process wrote.
     */
    private fun draft(): Path {
        val own = Files.createDirectory(drafts.resolve("${UUID.randomUUID()}.draft"), *only("rwx------"))
        Files.newDirectoryStream(drafts) { it != own && isDraft(it) }.use { others -> others.forEach(::remove) }
        return own
    }

    private fun isDraft(place: Path) =
        DRAFT.matches("${place.fileName}") && Files.isDirectory(place, NOFOLLOW_LINKS)

    private fun remove(draft: Path) {
        repeat(TRIES) {
            try {
                Files.newDirectoryStream(draft).use { files -> files.forEach(Files::deleteIfExists) }
                return Files.delete(draft)
            } catch (_: NoSuchFileException) {
                return
            } catch (_: DirectoryNotEmptyException) {
                // Whose it is has just moved something into it.
            }
        }
        throw PortException.Unavailable("${drafts.fileName} in the storage's folder cannot be emptied; remove it")
    }

    private fun write(draft: Path, file: File, entry: Entry) {
        val new = draft.resolve("new")
        try {
            FileChannel.open(new, setOf(CREATE_NEW, WRITE), *only("rw-------")).use { channel ->
                val bytes = entry.toBytes()
                while (bytes.hasRemaining()) channel.write(bytes)
                channel.force(true)
            }
            Files.move(new, file.toPath(), ATOMIC_MOVE)
        } catch (_: NoSuchFileException) {
            throw PortException.Unavailable("another process wrote to the folder at this moment; try again")
        }
        sync(folder.toPath())
    }

    /** Until then a crash could take back what names were given or changed in a folder. */
    private fun sync(place: Path) = FileChannel.open(place, READ).use { it.force(true) }

    /** Who may use what is made, where files have such modes. */
    private fun only(mode: String): Array<FileAttribute<*>> {
        if ("posix" !in folder.toPath().fileSystem.supportedFileAttributeViews()) return emptyArray()
        return arrayOf(PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode)))
    }

    /** Whatever cannot be read or removed stays: the write that this comes after has succeeded. */
    private fun sweep(draft: Path, now: Instant) {
        val last = swept
        // A clock that was ahead, and is not any more, does not put this off.
        if (last != null && Duration.between(last, now) in Duration.ZERO..<REST) return
        swept = now
        for (file in folder.listFiles { file -> file.extension in KINDS }.orEmpty()) {
            runCatching {
                val isOver = Entry.from(file.readBytes())?.isOver(now) ?: false
                if (isOver) Files.move(file.toPath(), draft.resolve("old"), ATOMIC_MOVE)
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
        val entry = Entry.from(bytes)
            ?: throw PortException.Unavailable("${file.name} is damaged; restore it, or remove it with what it held")
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
        val DRAFT = Regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.draft")
        const val TRIES = 100

        fun hex(key: ByteArray) = key.joinToString("") { "%02x".format(it) }

        fun sum(number: Long, amount: Long): Long {
            val sum = number + amount
            val isTooLarge = amount > 0 && sum < number
            return if (isTooLarge) Long.MAX_VALUE else sum.coerceAtLeast(0)
        }
    }
}
