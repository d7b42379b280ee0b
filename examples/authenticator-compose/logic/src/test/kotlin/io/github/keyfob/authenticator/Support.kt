package io.github.keyfob.authenticator

import java.io.IOException
import java.nio.file.Path
import java.time.Instant
import kotlin.test.assertIs

/** Of RFC 4226 and RFC 6238: `12345678901234567890`. */
const val KEY_OF_THE_RFCS = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
const val BANK = "otpauth://totp/Example%20Bank:ann@example.com?secret=$KEY_OF_THE_RFCS&issuer=Example%20Bank"
const val TOKEN = "otpauth://hotp/Token:ann?secret=$KEY_OF_THE_RFCS&issuer=Token&counter=0"
const val STEAM = "otpauth://steam/Steam:ann?secret=$KEY_OF_THE_RFCS&issuer=Steam"

fun at(second: Long): Instant = Instant.ofEpochSecond(second)

/** A vault that is full from some write on. */
class MemoryVault(var contents: ByteArray? = null) : Vault {
    var isFull = false

    override fun read(): ByteArray? = contents

    override fun write(contents: ByteArray) {
        if (isFull) throw VaultException("The disk is full.", IOException("no space"))
        this.contents = contents
    }

    val text: String get() = contents?.toString(Charsets.UTF_8).orEmpty()
}

fun found(text: String): Reading.Found = assertIs<Reading.Found>(read(text))

fun authenticator(vararg texts: String, vault: Vault = MemoryVault()): Authenticator =
    Authenticator.open(vault).also { it.add(texts.flatMap { text -> found(text).accounts }) }

fun Authenticator.titled(title: String): Account = accounts.value.first { it.title == title }

fun Account.codeAt(second: Long): String? = when (val display = display(at(second))) {
    is Display.Ticking -> display.code
    is Display.OnRequest -> display.code
}

/** What another program reads from a picture. */
fun scan(png: ByteArray, folder: Path): String {
    val file = folder.resolve("code.png").toFile().apply { writeBytes(png) }
    val reader = ProcessBuilder("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.path) // and sees no bars in it
        .redirectError(ProcessBuilder.Redirect.DISCARD)
    reader.environment()["LC_ALL"] = "C.UTF-8"
    return reader.start().inputStream.readBytes().toString(Charsets.UTF_8).trimEnd('\n')
}
