package io.github.keyfob.authenticator

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.Icon
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.focus.FocusDirection
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.isShiftPressed
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.onPreviewKeyEvent
import androidx.compose.ui.input.key.type
import androidx.compose.ui.platform.LocalFocusManager
import androidx.compose.ui.text.input.KeyboardCapitalization
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import io.github.keyfob.Algorithm
import io.github.keyfob.Enrolment
import io.github.keyfob.EnrolmentKind

// What is typed here is kept in memory alone, and not with what the system saves of a screen: it
// holds the key.

@Composable
internal fun AddScreen(host: Host, actions: Actions) {
    var byHand by remember { mutableStateOf(false) }
    var text by remember { mutableStateOf("") }
    var typed by remember { mutableStateOf(Manual()) }
    Page("Add account", actions::back) {
        Choice(listOf(false to "QR text", true to "By hand"), byHand, "How to add") { byHand = it }
        if (byHand) ByHand(typed, { typed = it }, actions) else ByText(text, { text = it }, host, actions)
    }
}

@Composable
private fun ByText(text: String, onChange: (String) -> Unit, host: Host, actions: Actions) {
    var unread: Reading.Refused? by remember { mutableStateOf(null) }
    val reading = unread ?: remember(text) { read(text) }
    val refusal = (reading as? Reading.Refused)?.text
    // A text that is too large would stop the field, too.
    fun take(given: String) {
        unread = refusedUnread(given)
        if (unread == null) onChange(given)
    }
    Text(
        "Paste what the QR code of the site says, or the export of another app.",
        style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
    )
    OutlinedTextField(
        text,
        ::take,
        Modifier.fillMaxWidth().leftByTab(),
        label = { Text("Text of the QR code") },
        placeholder = { Text("otpauth://…") },
        supportingText = refusal?.let { { Text(it) } },
        isError = refusal != null,
        minLines = 3,
        maxLines = 4,
        keyboardOptions = SECRET,
    )
    TextButton({ host.paste()?.let(::take) }, Modifier.heightIn(min = 48.dp)) {
        Icon(Icons.Paste, null, Modifier.size(20.dp))
        Text("Paste", Modifier.padding(start = 8.dp))
    }
    val found = reading as? Reading.Found
    if (found != null) Preview(found)
    val count = found?.accounts?.size ?: 1
    MainButton(if (count == 1) "Add account" else "Add $count accounts", found != null) { found?.let(actions::add) }
}

@Composable
private fun Preview(found: Reading.Found) {
    Surface(color = MaterialTheme.colorScheme.surfaceContainerLow, shape = MaterialTheme.shapes.large) {
        Column(Modifier.fillMaxWidth().padding(16.dp), Arrangement.spacedBy(14.dp)) {
            for (enrolment in found.accounts.take(MOST_SHOWN)) FoundAccount(enrolment)
            if (found.accounts.size > MOST_SHOWN) Note("And ${found.accounts.size - MOST_SHOWN} more.")
            for (note in found.notes) Note(note)
        }
    }
}

/** Of what is to be added; all are drawn at once, seen or not. */
private const val MOST_SHOWN = 50

@Composable
private fun FoundAccount(enrolment: Enrolment) {
    val (issuer, name) = enrolment.issuer().orEmpty() to enrolment.account()
    val title = issuer.ifBlank { name.ifBlank { "Account without a name" } }
    Row(verticalAlignment = Alignment.CenterVertically) {
        Badge(title)
        Column(Modifier.padding(start = 12.dp)) {
            Text(title, style = MaterialTheme.typography.titleMedium, maxLines = 1, overflow = TextOverflow.Ellipsis)
            Text(
                listOf(if (issuer.isBlank()) "" else name, kind(enrolment)).filter { it.isNotBlank() }.joinToString(" · "),
                style = MaterialTheme.typography.bodySmall,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
                maxLines = 2,
                overflow = TextOverflow.Ellipsis,
            )
        }
    }
}

private fun kind(enrolment: Enrolment): String = when (val kind = enrolment.kind()) {
    is EnrolmentKind.Totp -> "${enrolment.digits()} digits, ${kind.period.seconds} s"
    is EnrolmentKind.Hotp -> "${enrolment.digits()} digits, by counter"
    is EnrolmentKind.Steam -> "Steam"
}

@Composable
private fun ByHand(typed: Manual, onChange: (Manual) -> Unit, actions: Actions) {
    var isTried by remember { mutableStateOf(false) }
    var isMore by remember { mutableStateOf(false) }
    val reading = remember(typed) { read(typed) }
    val refused = (reading as? Reading.Refused).takeIf { isTried }
    fun error(field: Field) = refused?.takeIf { it.field == field }?.text
    Entry("Site", typed.issuer, error(Field.ISSUER), hint = "For instance: Example Bank") { onChange(typed.copy(issuer = it)) }
    Entry("Account", typed.name, error(Field.NAME), hint = "Your name there, if you like") { onChange(typed.copy(name = it)) }
    Entry("Key", typed.key, error(Field.KEY), hint = "The letters and digits that the site shows", options = KEY) {
        onChange(typed.copy(key = it))
    }
    TextButton({ isMore = !isMore }, Modifier.heightIn(min = 48.dp)) {
        Icon(if (isMore) Icons.Up else Icons.Down, null, Modifier.size(20.dp))
        Text(if (isMore) "Less" else "More, if the site asks for it", Modifier.padding(start = 8.dp))
    }
    if (isMore) More(typed, ::error, onChange)
    if (refused != null && refused.field == null) {
        Text(refused.text, color = MaterialTheme.colorScheme.error, style = MaterialTheme.typography.bodyMedium)
    }
    (reading as? Reading.Found)?.notes?.forEach { Note(it) }
    MainButton("Add account") {
        isTried = true
        (reading as? Reading.Found)?.let(actions::add)
    }
}

@Composable
private fun More(typed: Manual, error: (Field) -> String?, onChange: (Manual) -> Unit) {
    Choice(listOf(false to "By time", true to "By counter"), typed.isCounted, "Kind of code") { onChange(typed.copy(isCounted = it)) }
    Choice(listOf(6, 7, 8).map { it to "$it digits" }, typed.digits, "Length of a code") { onChange(typed.copy(digits = it)) }
    Choice(ALGORITHMS, typed.algorithm, "Algorithm") { onChange(typed.copy(algorithm = it)) }
    if (typed.isCounted) {
        Entry("Counter", typed.counter, error(Field.COUNTER), options = NUMBER) { onChange(typed.copy(counter = it)) }
    } else {
        Entry("Seconds for each code", typed.period, error(Field.PERIOD), options = NUMBER) { onChange(typed.copy(period = it)) }
    }
}

@Composable
private fun Entry(
    label: String,
    text: String,
    error: String?,
    hint: String? = null,
    options: KeyboardOptions = KeyboardOptions.Default,
    onChange: (String) -> Unit,
) {
    OutlinedTextField(
        text,
        onChange,
        Modifier.fillMaxWidth(),
        label = { Text(label) },
        supportingText = (error ?: hint)?.let { { Text(it) } },
        isError = error != null,
        singleLine = true,
        keyboardOptions = options,
    )
}

/** A field of several lines would keep the key for itself, and those who use no mouse in it. */
@Composable
private fun Modifier.leftByTab(): Modifier {
    val focus = LocalFocusManager.current
    return onPreviewKeyEvent { event ->
        if (event.key != Key.Tab) return@onPreviewKeyEvent false
        if (event.type == KeyEventType.KeyDown) {
            focus.moveFocus(if (event.isShiftPressed) FocusDirection.Previous else FocusDirection.Next)
        }
        true
    }
}

private val ALGORITHMS = listOf(Algorithm.SHA1 to "SHA-1", Algorithm.SHA256 to "SHA-256", Algorithm.SHA512 to "SHA-512")

/** Keyboards learn no words from it. */
private val SECRET = KeyboardOptions(autoCorrectEnabled = false, keyboardType = KeyboardType.Uri)
private val KEY =
    KeyboardOptions(KeyboardCapitalization.Characters, autoCorrectEnabled = false, keyboardType = KeyboardType.Ascii)
private val NUMBER = KeyboardOptions(keyboardType = KeyboardType.Number)
