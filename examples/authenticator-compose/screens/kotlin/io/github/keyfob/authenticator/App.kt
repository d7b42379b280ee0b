package io.github.keyfob.authenticator

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxScope
import androidx.compose.foundation.layout.WindowInsets
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawing
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.layout.windowInsetsPadding
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.SnackbarHost
import androidx.compose.material3.SnackbarHostState
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.Stable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import io.github.keyfob.seconds
import java.time.Clock
import java.time.Instant
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.launch

/** What the screens need of the system that they run on. */
class Host(
    /** Puts a code into the clipboard. */
    val copy: (String) -> Unit,
    /** The text in the clipboard. */
    val paste: () -> String?,
    /** The time that codes are made for. */
    val clock: Clock = Clock.systemUTC(),
    /** When to look at it. */
    val ticks: Flow<Instant> = seconds(clock),
    /** Changes between light and dark, where the system does not say which it is. */
    val changeLight: (() -> Unit)? = null,
)

/** Which screen is shown. */
sealed interface Place {
    data object Accounts : Place

    data object Add : Place

    data class Show(val id: Long) : Place

    data object ExportAll : Place
}

/** Where the person is. */
@Stable
class Navigation {
    var place: Place by mutableStateOf(Place.Accounts)
        private set

    /** Whether there is somewhere to go back to. */
    val isDeep: Boolean get() = place != Place.Accounts

    fun open(place: Place) {
        this.place = place
    }

    fun back(): Unit = open(Place.Accounts)
}

/** The whole authenticator. */
@Composable
fun AuthenticatorApp(authenticator: Authenticator, host: Host, navigation: Navigation = remember { Navigation() }) {
    val accounts by authenticator.accounts.collectAsState()
    val messages = remember { SnackbarHostState() }
    val scope = rememberCoroutineScope()
    val actions = remember(authenticator, host, navigation) { Actions(authenticator, host, navigation, messages, scope) }
    Screen {
        when (val place = navigation.place) {
            Place.Accounts -> AccountsScreen(accounts, host, actions)
            Place.Add -> AddScreen(host, actions)
            is Place.Show -> {
                val account = accounts.find { it.id == place.id }
                if (account != null) ShowScreen(account, actions)
            }
            Place.ExportAll -> ExportScreen(remember { authenticator.export() }, actions)
        }
        // Above the button, where there is one.
        val bottom = if (navigation.isDeep || accounts.isEmpty()) 8.dp else 84.dp
        SnackbarHost(
            messages,
            Modifier.align(Alignment.BottomCenter).padding(start = 8.dp, end = 8.dp, bottom = bottom).widthIn(max = 560.dp),
        )
    }
    actions.failure?.let { Failure(it, onClose = { actions.failure = null }) }
}

/** The whole window: its colours, and none of it under a bar or a notch. */
@Composable
internal fun Screen(content: @Composable BoxScope.() -> Unit) {
    Surface(Modifier.fillMaxSize(), color = MaterialTheme.colorScheme.background) {
        Box(Modifier.fillMaxSize().windowInsetsPadding(WindowInsets.safeDrawing), content = content)
    }
}

/** What a person can do. What cannot be kept is said, and nothing is changed then. */
@Stable
internal class Actions(
    private val authenticator: Authenticator,
    private val host: Host,
    private val navigation: Navigation,
    private val messages: SnackbarHostState,
    private val scope: CoroutineScope,
) {
    var failure: String? by mutableStateOf(null)

    fun open(place: Place) = navigation.open(place)

    fun back() = navigation.back()

    fun copy(account: Account, code: String) {
        host.copy(code)
        say("Code for ${account.title} copied")
    }

    fun next(account: Account) = attempt { authenticator.next(account.id) }

    fun remove(account: Account) = attempt {
        authenticator.remove(account.id)
        say("${account.title} deleted")
    }

    fun add(found: Reading.Found) = attempt {
        val added = authenticator.add(found.accounts)
        navigation.back()
        say(told(added))
    }

    private fun attempt(work: () -> Unit) {
        try {
            work()
        } catch (error: VaultException) {
            failure = error.message
        }
    }

    private fun say(text: String) {
        scope.launch {
            messages.currentSnackbarData?.dismiss()
            messages.showSnackbar(text)
        }
    }
}

/** In place of the authenticator, where its accounts cannot be read. */
@Composable
fun Unreadable(reason: String, retry: () -> Unit) {
    Screen {
        Notice("Your accounts could not be opened", "$reason\n\nNothing was changed.", "Try again", retry)
    }
}

@Composable
private fun Failure(text: String, onClose: () -> Unit) {
    AlertDialog(
        onDismissRequest = onClose,
        title = { Text("That was not kept") },
        text = { Text(text) },
        confirmButton = { TextButton(onClose) { Text("Close") } },
    )
}

private fun told(added: Added): String = when {
    added.added == 0 -> if (added.present == 1) "This account is here already" else "These accounts are here already"
    added.present > 0 -> "${accounts(added.added)} added, ${added.present} here already"
    else -> "${accounts(added.added)} added"
}

internal fun accounts(count: Int): String = if (count == 1) "1 account" else "$count accounts"
