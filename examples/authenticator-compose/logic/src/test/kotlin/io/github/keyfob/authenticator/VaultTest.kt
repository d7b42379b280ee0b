package io.github.keyfob.authenticator

import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.attribute.PosixFilePermissions
import java.security.ProviderException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertTrue
import org.junit.jupiter.api.io.TempDir

class VaultTest {
    @TempDir
    lateinit var temporary: Path

    private val folder by lazy { temporary.resolve("config/authenticator") }

    @Test
    fun `accounts are there again after a restart`() {
        val uris = listOf(BANK, TOKEN, STEAM, "$BANK&algorithm=SHA512&digits=8&period=60", BANK.replace("ann", "%E7%8E%8B%25"))
        FileVault(folder).use { authenticator(*uris.toTypedArray(), vault = it) }
        FileVault(folder).use { vault ->
            val again = Authenticator.open(vault)
            assertEquals(uris.size, again.add(uris.flatMap { found(it).accounts }).present)
            assertEquals(uris.size, again.accounts.value.size)
        }
    }

    @Test
    fun `only the owner may read the file and see the folder`() {
        FileVault(folder).use { authenticator(BANK, vault = it) }
        fun mode(path: Path) = PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
        assertEquals("rwx------", mode(folder))
        for (name in listOf("accounts", "lock")) assertEquals("rw-------", mode(folder.resolve(name)))
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"))
        FileVault(folder).use { assertEquals("rwx------", mode(folder), "of a folder that was there") }
    }

    @Test
    fun `a write that was broken off leaves what was there`() {
        FileVault(folder).use { vault ->
            vault.write("whole".toByteArray())
            Files.writeString(folder.resolve("accounts.new"), "ha")
            assertEquals("whole", vault.read()?.decodeToString())
            vault.write("next".toByteArray())
            assertEquals("next", vault.read()?.decodeToString())
            assertFalse(Files.exists(folder.resolve("accounts.new")))
        }
    }

    @Test
    fun `two windows at once do not overwrite each other`() {
        FileVault(folder).use {
            val refused = assertFailsWith<VaultException> { FileVault(folder) }
            assertContains(refused.message.orEmpty(), "open already")
        }
        FileVault(folder).use { assertNull(it.read()) }
    }

    @Test
    fun `a closed vault touches nothing of the one that has the folder now`() {
        val first = FileVault(folder)
        first.close()
        FileVault(folder).use { second ->
            second.write("its own".toByteArray())
            for (use in listOf({ first.write("old".toByteArray()) }, { first.read() })) {
                assertContains(assertFailsWith<VaultException> { use() }.message.orEmpty(), "were closed")
            }
            first.close()
            assertFailsWith<VaultException> { FileVault(folder) }
            assertEquals("its own", second.read()?.decodeToString())
        }
    }

    @Test
    fun `a key store that fails is said as what cannot be kept, and changes nothing`() {
        val seal = TestSeal()
        FileVault(folder, seal).use { authenticator(BANK, vault = it) }
        seal.failure = ProviderException("Keystore operation failed")
        FileVault(folder, seal).use { vault ->
            for (use in listOf({ vault.write(byteArrayOf()) }, { vault.read() })) {
                assertContains(assertFailsWith<VaultException> { use() }.message.orEmpty(), "key store")
            }
            seal.failure = null
            assertEquals(1, Authenticator.open(vault).accounts.value.size)
        }
    }

    @Test
    fun `a file with an account that cannot be read is refused whole, left as it is, and not quoted`() {
        for (contents in listOf("something else", "keyfob authenticator 1\n$BANK\n$KEY_OF_THE_RFCS\n")) {
            val vault = MemoryVault(contents.toByteArray())
            val refused = assertFailsWith<VaultException> { Authenticator.open(vault) }
            assertFalse(KEY_OF_THE_RFCS in refused.stackTraceToString())
            assertEquals(contents, vault.text)
        }
    }

    @Test
    fun `a folder that cannot be is an error that says what to do`() {
        Files.writeString(temporary.resolve("config"), "a file")
        val refused = assertFailsWith<VaultException> { FileVault(folder) }
        assertContains(refused.message.orEmpty(), "see that the disk has room")
    }

    @Test
    fun `a sealed file shows no secret, and no other key opens it`() {
        FileVault(folder, TestSeal()).use { authenticator(BANK, vault = it) }
        val kept = Files.readAllBytes(folder.resolve("accounts")).toString(Charsets.ISO_8859_1)
        assertFalse(KEY_OF_THE_RFCS in kept || "otpauth" in kept)
        FileVault(folder, TestSeal()).use { vault ->
            assertTrue(assertFailsWith<VaultException> { Authenticator.open(vault) }.message.orEmpty().contains("another device"))
        }
    }
}

/** As Android's key store does it, with a key in memory. */
private class TestSeal(private val key: SecretKey = KeyGenerator.getInstance("AES").generateKey()) : Seal {
    var failure: Exception? = null

    override fun seal(contents: ByteArray): ByteArray {
        failure?.let { throw it }
        val cipher = Cipher.getInstance("AES/GCM/NoPadding").apply { init(Cipher.ENCRYPT_MODE, key) }
        return cipher.iv + cipher.doFinal(contents)
    }

    override fun open(sealed: ByteArray): ByteArray {
        failure?.let { throw it }
        val cipher = Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(128, sealed, 0, 12))
        return cipher.doFinal(sealed, 12, sealed.size - 12)
    }
}
