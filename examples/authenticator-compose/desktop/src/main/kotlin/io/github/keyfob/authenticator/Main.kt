package io.github.keyfob.authenticator

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.type
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.platform.Font
import androidx.compose.ui.unit.DpSize
import androidx.compose.ui.unit.dp
import androidx.compose.ui.window.Window
import androidx.compose.ui.window.application
import androidx.compose.ui.window.rememberWindowState
import java.awt.Dimension
import java.awt.GraphicsEnvironment
import java.awt.Toolkit
import java.awt.datatransfer.DataFlavor
import java.nio.file.Files
import java.nio.file.Path
import kotlin.system.exitProcess

/** The authenticator in a window. */
fun main() {
    if (GraphicsEnvironment.isHeadless()) {
        System.err.println("There is no display to open a window on: set DISPLAY, or put xvfb-run before the command.")
        exitProcess(1)
    }
    application { AuthenticatorWindow(::exitApplication) }
}

@Composable
private fun AuthenticatorWindow(close: () -> Unit) {
    val navigation = remember { Navigation() }
    Window(
        close,
        rememberWindowState(size = DpSize(420.dp, 780.dp)),
        title = "Authenticator",
        onPreviewKeyEvent = { event ->
            val goesBack = event.key == Key.Escape && event.type == KeyEventType.KeyDown && navigation.isDeep
            if (goesBack) navigation.back()
            goesBack
        },
    ) {
        window.minimumSize = Dimension(340, 480)
        val system = isSystemInDarkTheme()
        var dark by remember { mutableStateOf(system || Files.exists(WANTS_DARK)) }
        AuthenticatorTheme(dark, INTER) {
            Opened(navigation) {
                dark = !dark
                // For the next time; it is no matter if that cannot be kept.
                runCatching { if (dark) Files.createFile(WANTS_DARK) else Files.delete(WANTS_DARK) }
            }
        }
    }
}

@Composable
private fun Opened(navigation: Navigation, changeLight: () -> Unit) {
    var tries by remember { mutableStateOf(0) }
    val opened = remember(tries) { runCatching { Authenticator.open(vault) } }
    opened.fold(
        { AuthenticatorApp(it, remember { Host({ codes.copy(it) }, ::paste, changeLight = changeLight) }, navigation) },
        { Unreadable((it as? VaultException ?: throw it).message.orEmpty(), retry = { tries += 1 }) },
    )
}

private val folder = configFolder().resolve("keyfob-authenticator")

private val vault by lazy { FileVault(folder) }

/** A file that is there if the person wants it dark: Linux does not tell programs. */
private val WANTS_DARK = folder.resolve("dark")

/** Where the user's programs keep what is theirs, as the XDG base directories have it. */
private fun configFolder(): Path {
    val named = System.getenv("XDG_CONFIG_HOME")?.let(Path::of)?.takeIf { it.isAbsolute }
    return named ?: Path.of(System.getProperty("user.home"), ".config")
}

private val codes by lazy { CodeClipboard(Toolkit.getDefaultToolkit().systemClipboard) }

/** Nothing, if the clipboard has no text or is another program's at the moment. */
private fun paste(): String? = runCatching {
    Toolkit.getDefaultToolkit().systemClipboard.getData(DataFlavor.stringFlavor) as String
}.getOrNull()

/** Carried along: not every system has a good one. Scripts that it lacks come from the system. */
internal val INTER: FontFamily =
    FontFamily(Font("fonts/Inter-Regular.otf"), Font("fonts/Inter-Medium.otf", FontWeight.Medium))
