package io.github.keyfob.authenticator

import android.app.Application
import android.content.ClipData
import android.content.ClipboardManager
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.os.PersistableBundle
import android.os.SystemClock
import android.view.WindowManager
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.activity.viewModels
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.lifecycle.AndroidViewModel

/** The authenticator on Android. */
class MainActivity : ComponentActivity() {
    private val kept: Kept by viewModels()
    private val main = Handler(Looper.getMainLooper())

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        // No codes in screenshots, in recordings, or among the recent apps.
        window.setFlags(WindowManager.LayoutParams.FLAG_SECURE, WindowManager.LayoutParams.FLAG_SECURE)
        enableEdgeToEdge()
        setContent { AuthenticatorTheme { Opened(kept) } }
    }

    override fun onWindowFocusChanged(hasFocus: Boolean) {
        super.onWindowFocusChanged(hasFocus)
        clearWhenDue()
    }

    @Composable
    private fun Opened(kept: Kept) {
        BackHandler(kept.navigation.isDeep) { kept.navigation.back() }
        kept.opened.fold(
            { AuthenticatorApp(it, remember { Host(::copy, ::paste) }, kept.navigation) },
            { Unreadable((it as? VaultException ?: throw it).message.orEmpty(), kept::open) },
        )
    }

    private val clipboard get() = getSystemService(ClipboardManager::class.java)

    private fun copy(code: String) {
        val clip = ClipData.newPlainText("code", code)
        // The system shows no preview of it then. The name is that of ClipDescription.EXTRA_IS_SENSITIVE,
        // which Android has from version 13 on.
        clip.description.extras = PersistableBundle().apply { putBoolean("android.content.extra.IS_SENSITIVE", true) }
        clipboard.setPrimaryClip(clip)
        kept.copied = code to SystemClock.elapsedRealtime() + COPIED_FOR
        clearWhenDue()
    }

    /** Takes the code out of the clipboard, unless something else was copied since. */
    private fun clearWhenDue() {
        val (code, due) = kept.copied ?: return
        // Android shows the clipboard to the app in front alone: behind others this has to wait.
        if (!hasWindowFocus()) return
        val left = due - SystemClock.elapsedRealtime()
        if (left > 0) {
            main.postDelayed(::clearWhenDue, left)
            return
        }
        kept.copied = null
        if (paste() != code) return
        // Before version 9 it cannot be emptied.
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) {
            clipboard.clearPrimaryClip()
        } else {
            clipboard.setPrimaryClip(ClipData.newPlainText("", ""))
        }
    }

    /** Text alone: what a clip points to may be of any size, and another app's to open. */
    private fun paste(): String? = clipboard.primaryClip?.getItemAt(0)?.text?.toString()
}

/** In milliseconds. */
private const val COPIED_FOR = 60_000L

/** What outlives an activity that is turned round: the accounts, where the person was, what was copied. */
class Kept(application: Application) : AndroidViewModel(application) {
    val navigation = Navigation()

    /** The code that was copied last, and when it has to leave the clipboard. */
    var copied: Pair<String, Long>? = null
    private val vault by lazy { FileVault(application.noBackupFilesDir.toPath().resolve("authenticator"), KeyStoreSeal()) }

    var opened: Result<Authenticator> by mutableStateOf(read())
        private set

    fun open() {
        opened = read()
    }

    override fun onCleared() {
        runCatching { vault.close() }
    }

    private fun read(): Result<Authenticator> = runCatching { Authenticator.open(vault) }
}
