package io.github.keyfob.authenticator

import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.asSkiaBitmap
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SkikoComposeUiTest
import androidx.compose.ui.test.v2.runSkikoComposeUiTest
import androidx.compose.ui.unit.Density
import java.io.IOException
import java.time.Clock
import java.time.Instant
import java.time.ZoneOffset
import kotlin.test.assertIs
import kotlinx.coroutines.flow.MutableStateFlow
import org.jetbrains.skia.Image

// An authenticator whose time stands still until it is moved.

const val KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
const val BANK = "otpauth://totp/Example%20Bank:ann@example.com?secret=$KEY&issuer=Example%20Bank"
const val TOKEN = "otpauth://hotp/Office%20door:ann?secret=$KEY&issuer=Office%20door&counter=0"

val ACCOUNTS = arrayOf(
    BANK,
    TOKEN,
    "otpauth://totp/Forge:ann-the-builder?secret=${KEY.reversed()}&issuer=Forge",
    "otpauth://totp/Health%20Portal:A.%20Example?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK&issuer=Health%20Portal&period=60&digits=8",
    "otpauth://totp/Mail:ann.with.a.very.long.address@mail.example.org?secret=ONSWG4TFORZWKY3SMV2HGZLDOJSXI43F&issuer=Mail",
    "otpauth://steam/Steam:ann?secret=MZXW6YTBOJRGC6RQMZXW6YTBOJRGC6RQ&issuer=Steam",
)

class MemoryVault : Vault {
    var contents: ByteArray? = null
    var isFull = false

    override fun read(): ByteArray? = contents

    override fun write(contents: ByteArray) {
        if (isFull) throw VaultException("There is no room on the disk.", IOException("no space"))
        this.contents = contents
    }
}

/** A person with this authenticator. */
class World(vararg uris: String, second: Long = 1_800_000_012) {
    val vault = MemoryVault()
    val authenticator = Authenticator.open(vault, exportId = { 7 }).also { it.add(uris.flatMap { uri -> found(uri).accounts }) }
    val now = MutableStateFlow(Instant.ofEpochSecond(second))
    val copied = mutableListOf<String>()
    var pasted: String? = null
    val navigation = Navigation()
    val clock: Clock = object : Clock() {
        override fun instant(): Instant = now.value

        override fun getZone() = ZoneOffset.UTC

        override fun withZone(zone: java.time.ZoneId?) = this
    }
    var dark by mutableStateOf(false)
    private val host = Host(copied::add, { pasted }, clock, now, changeLight = { dark = !dark })

    val titles: List<String> get() = authenticator.accounts.value.map { it.title }

    @Composable
    fun Content(dark: Boolean = this.dark) {
        AuthenticatorTheme(dark, INTER) { AuthenticatorApp(authenticator, host, navigation) }
    }
}

fun found(text: String): Reading.Found = assertIs<Reading.Found>(read(text))

val PHONE = Size(360f, 740f)
val WINDOW = Size(1000f, 640f)

/** Shows a world on a screen of this many dp, and does something to it. */
@OptIn(ExperimentalTestApi::class)
fun on(
    screen: Size,
    content: @Composable () -> Unit,
    scale: Float = 1f,
    fontScale: Float = 1f,
    steps: SkikoComposeUiTest.() -> Unit,
) {
    runSkikoComposeUiTest(screen * scale, Density(scale, fontScale)) {
        setContent(content)
        waitForIdle()
        steps()
    }
}

/** What the screen shows. */
@OptIn(ExperimentalTestApi::class)
fun SkikoComposeUiTest.picture(): Picture {
    waitForIdle()
    return Picture.of(Image.makeFromBitmap(captureToImage().asSkiaBitmap()))
}

/** What another program reads from a picture. */
fun scan(picture: Picture): String {
    val file = kotlin.io.path.createTempFile(suffix = ".png").toFile()
    try {
        file.writeBytes(picture.png)
        val reader = ProcessBuilder("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", file.path) // and sees no bars in it
            .redirectError(ProcessBuilder.Redirect.DISCARD)
        reader.environment()["LC_ALL"] = "C.UTF-8"
        return reader.start().inputStream.readBytes().toString(Charsets.UTF_8).trimEnd('\n')
    } finally {
        file.delete()
    }
}
