package io.github.keyfob.authenticator

import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.FileChannel
import java.nio.file.Files
import java.nio.file.NoSuchFileException
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardOpenOption.CREATE
import java.nio.file.StandardOpenOption.CREATE_NEW
import java.nio.file.StandardOpenOption.READ
import java.nio.file.StandardOpenOption.WRITE
import java.nio.file.attribute.FileAttribute
import java.nio.file.attribute.PosixFilePermissions
import java.security.GeneralSecurityException
import java.security.ProviderException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean

/** Where accounts are kept. */
public interface Vault {
    /** What was written last; absent before that. */
    public fun read(): ByteArray?

    /** Takes the place of what was there, whole or not at all. */
    public fun write(contents: ByteArray)
}

/** Why accounts could not be read or kept, and what to do. It quotes nothing of them. */
public class VaultException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** What makes the contents of a file unreadable to others, where the system keeps a key for that. */
public interface Seal {
    public fun seal(contents: ByteArray): ByteArray

    public fun open(sealed: ByteArray): ByteArray
}

/**
 * A file that only its owner may read (mode 0600 in a folder of mode 0700), replaced whole at each
 * write and on the disk when [write] returns.
 *
 * Without a [seal] the secrets stand in it as they are: whoever reads the owner's files reads them.
 *
 * One program at a time has it: a second that opens it is refused, so that neither overwrites what
 * the other added. Once closed it reads and writes nothing more: another may have it then.
 */
public class FileVault(private val folder: Path, private val seal: Seal? = null) : Vault, AutoCloseable {
    private val file = folder.resolve("accounts")
    private val isClosed = AtomicBoolean()
    private val place = guarded("opened") {
        Files.createDirectories(folder, *only("rwx------"))
        // It may have been there, open to others.
        if (hasModes()) Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"))
        folder.toRealPath()
    }
    private val lock = guarded("opened") {
        if (!taken.add(place)) throw openAlready()
        try {
            FileChannel.open(folder.resolve("lock"), setOf(CREATE, WRITE), *only("rw-------")).also(::take)
        } catch (failure: Exception) {
            taken.remove(place)
            throw failure
        }
    }

    @Synchronized
    override fun read(): ByteArray? = guarded("read") {
        refuseIfClosed()
        val kept = try {
            Files.readAllBytes(file)
        } catch (_: NoSuchFileException) {
            return null
        }
        seal?.open(kept) ?: kept
    }

    @Synchronized
    override fun write(contents: ByteArray): Unit = guarded("written") {
        refuseIfClosed()
        val next = folder.resolve("accounts.new")
        Files.deleteIfExists(next) // of a write that was broken off
        FileChannel.open(next, setOf(CREATE_NEW, WRITE), *only("rw-------")).use { channel ->
            val bytes = ByteBuffer.wrap(seal?.seal(contents) ?: contents)
            while (bytes.hasRemaining()) channel.write(bytes)
            channel.force(true)
        }
        Files.move(next, file, ATOMIC_MOVE)
        FileChannel.open(folder, READ).use { it.force(true) } // the new name, too
    }

    /** Lets another program have it, when a write that is under way is done. */
    @Synchronized
    override fun close() {
        // Once: what is taken afterwards is another's.
        if (!isClosed.compareAndSet(false, true)) return
        try {
            lock.close()
        } finally {
            taken.remove(place)
        }
    }

    private fun refuseIfClosed() {
        if (!isClosed.get()) return
        throw VaultException("The accounts in $folder were closed. Open the authenticator again to go on.")
    }

    private fun take(channel: FileChannel) {
        if (channel.tryLock() != null) return
        channel.close()
        throw openAlready()
    }

    private fun openAlready() =
        VaultException("The authenticator is open already. Go on in its other window, or close that first.")

    private fun only(permissions: String): Array<FileAttribute<*>> {
        if (!hasModes()) return emptyArray()
        return arrayOf(PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)))
    }

    private fun hasModes() = "posix" in folder.fileSystem.supportedFileAttributeViews()

    private inline fun <T> guarded(done: String, work: () -> T): T = try {
        work()
    } catch (failure: IOException) {
        throw VaultException("The accounts in $folder could not be $done: see that the disk has room and the folder is yours.", failure)
    } catch (failure: GeneralSecurityException) {
        throw VaultException("The accounts in $folder were sealed by another device or another app.", failure)
    } catch (failure: ProviderException) { // what Android's key store throws where it fails itself
        throw VaultException("The key store of the system failed. Unlock the device, or start it anew, and try again.", failure)
    }

    private companion object {
        /**
         * The folders that this process has. A file must not even be opened a second time for its lock:
         * to close it again would let go of the first one's.
         */
        val taken: MutableSet<Path> = ConcurrentHashMap.newKeySet()
    }
}
