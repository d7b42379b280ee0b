package io.github.keyfob.authenticator

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.widthIn
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import io.github.keyfob.QrCode

/** One account as a QR code. */
@Composable
internal fun ShowScreen(account: Account, actions: Actions) {
    Page("QR code", actions::back) {
        val code = remember(account) { runCatching { account.qrCode() }.getOrNull() }
        if (code == null) {
            Note("The name of this account is too long for a QR code. Set it up at its site once more, with a shorter one.")
            return@Page
        }
        Centred {
            Text(account.title, style = MaterialTheme.typography.headlineSmall, textAlign = TextAlign.Center)
            if (account.subtitle.isNotEmpty()) Muted(account.subtitle)
        }
        Picture(code, "QR code with the key of ${account.title}")
        Note("Scan it with your other device. Show it to nobody else: whoever has this picture can make your codes.")
        if (account.display(java.time.Instant.EPOCH) is Display.OnRequest) {
            Note("Codes of this account are made one by one. Go on with one device only, or they lose count.")
        }
    }
}

/** All accounts as QR codes, one after the other. */
@Composable
internal fun ExportScreen(export: Export, actions: Actions) {
    var shown by remember { mutableIntStateOf(0) }
    val count = export.codes.size
    Page("Export all accounts", actions::back) {
        if (count > 0) {
            Centred {
                Muted("In the other app choose “import accounts” and scan" + if (count > 1) " each code." else " this code.")
            }
            Picture(export.codes[shown], "QR code ${shown + 1} of $count with the keys of your accounts")
            if (count > 1) Pages(shown, count) { shown = it }
            Note("Show it to nobody else: whoever has this picture can make the codes of all these accounts.")
        }
        if (export.leftOut.isNotEmpty()) {
            val names = export.leftOut.joinToString { it.title }
            Note("Left out, for this way of exporting has no room for their kind of code: $names. Show their QR codes one by one.")
        }
    }
}

@Composable
private fun Pages(shown: Int, count: Int, onShow: (Int) -> Unit) {
    Row(Modifier.fillMaxWidth(), Arrangement.SpaceBetween, Alignment.CenterVertically) {
        TextButton({ onShow(shown - 1) }, Modifier.heightIn(min = 48.dp), enabled = shown > 0) { Text("Previous") }
        Text("${shown + 1} of $count", style = MaterialTheme.typography.titleSmall)
        TextButton({ onShow(shown + 1) }, Modifier.heightIn(min = 48.dp), enabled = shown < count - 1) { Text("Next") }
    }
}

@Composable
private fun Picture(code: QrCode, description: String) {
    Centred { QrPicture(code, description, Modifier.widthIn(max = 384.dp).fillMaxWidth().aspectRatio(1f)) }
}

@Composable
private fun Muted(text: String) {
    Text(
        text,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
        style = MaterialTheme.typography.bodyLarge,
        textAlign = TextAlign.Center,
    )
}

@Composable
private fun Centred(content: @Composable () -> Unit) {
    Column(Modifier.fillMaxWidth(), horizontalAlignment = Alignment.CenterHorizontally) { content() }
}
