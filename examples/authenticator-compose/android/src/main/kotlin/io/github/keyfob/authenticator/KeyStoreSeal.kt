package io.github.keyfob.authenticator

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec

/**
 * Seals with a key that Android makes and keeps: it does not leave the key store, which phones
 * have in hardware, and no other app may use it. It does not move to another device, either.
 */
class KeyStoreSeal : Seal {
    override fun seal(contents: ByteArray): ByteArray {
        val cipher = Cipher.getInstance(CIPHER).apply { init(Cipher.ENCRYPT_MODE, kept() ?: made()) }
        return cipher.iv + cipher.doFinal(contents)
    }

    override fun open(sealed: ByteArray): ByteArray {
        if (sealed.size < NONCE) throw AEADBadTagException("too short")
        val key = kept() ?: throw GeneralSecurityException("the key is gone")
        val cipher = Cipher.getInstance(CIPHER)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(TAG_BITS, sealed, 0, NONCE))
        return cipher.doFinal(sealed, NONCE, sealed.size - NONCE)
    }

    private fun kept(): SecretKey? {
        val store = KeyStore.getInstance(STORE).apply { load(null) }
        return store.getKey(NAME, null) as SecretKey?
    }

    private fun made(): SecretKey {
        val use = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val asked = KeyGenParameterSpec.Builder(NAME, use)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
            .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, STORE).apply { init(asked) }.generateKey()
    }
}

private const val STORE = "AndroidKeyStore"
private const val NAME = "accounts"
private const val CIPHER = "AES/GCM/NoPadding"
private const val NONCE = 12
private const val TAG_BITS = 128
