package io.github.keyfob.authenticator

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.Canvas
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.grid.GridCells
import androidx.compose.foundation.lazy.grid.LazyVerticalGrid
import androidx.compose.foundation.lazy.grid.items
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.text.BasicText
import androidx.compose.foundation.text.TextAutoSize
import androidx.compose.material3.AlertDialog
import androidx.compose.material3.DropdownMenu
import androidx.compose.material3.DropdownMenuItem
import androidx.compose.material3.ExtendedFloatingActionButton
import androidx.compose.material3.FloatingActionButtonDefaults
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.material3.TextField
import androidx.compose.material3.TextFieldDefaults
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.onClick
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

@Composable
internal fun AccountsScreen(accounts: List<Account>, host: Host, actions: Actions) {
    if (accounts.isEmpty()) return Welcome(onAdd = { actions.open(Place.Add) })
    var sought by remember { mutableStateOf("") }
    var doomed by remember { mutableStateOf<Account?>(null) }
    val now by host.ticks.collectAsState(host.clock.instant())
    val found = accounts.matching(sought)
    Box(Modifier.fillMaxSize(), Alignment.TopCenter) {
        Column(Modifier.widthIn(max = 1080.dp).fillMaxSize()) {
            Head(listOfNotNull("Export all accounts" to { actions.open(Place.ExportAll) }, host.changeLight?.let { "Light or dark" to it }))
            if (accounts.size >= SEARCH_FROM) SearchField(sought) { sought = it }
            if (found.isEmpty()) NothingFound()
            LazyVerticalGrid(
                GridCells.Adaptive(300.dp),
                Modifier.fillMaxSize(),
                contentPadding = PaddingValues(start = 16.dp, end = 16.dp, top = 4.dp, bottom = 96.dp),
                verticalArrangement = Arrangement.spacedBy(12.dp),
                horizontalArrangement = Arrangement.spacedBy(12.dp),
            ) {
                items(found, key = { it.id }) { account ->
                    AccountCard(account, account.display(now), actions, onDelete = { doomed = account })
                }
            }
        }
        AddButton(Modifier.align(Alignment.BottomEnd).padding(20.dp)) { actions.open(Place.Add) }
    }
    doomed?.let { account ->
        DeleteDialog(account, onCancel = { doomed = null }) {
            doomed = null
            actions.remove(account)
        }
    }
}

/** With fewer accounts all are in sight. */
private const val SEARCH_FROM = 5

@Composable
private fun Head(entries: List<Pair<String, () -> Unit>>) {
    Row(
        Modifier.fillMaxWidth().padding(start = 16.dp, end = 8.dp, top = 12.dp, bottom = 8.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Text(
            "Accounts",
            Modifier.weight(1f).semantics { heading() },
            style = MaterialTheme.typography.headlineMedium,
        )
        Menu("Menu", entries)
    }
}

@Composable
private fun SearchField(text: String, onChange: (String) -> Unit) {
    TextField(
        text,
        onChange,
        Modifier.padding(start = 16.dp, end = 16.dp, bottom = 12.dp).widthIn(max = 480.dp).fillMaxWidth(),
        placeholder = { Text("Search accounts") },
        leadingIcon = { Icon(Icons.Search, null) },
        trailingIcon = {
            if (text.isNotEmpty()) IconButton({ onChange("") }, Modifier.size(48.dp)) { Icon(Icons.Close, "Clear the search") }
        },
        singleLine = true,
        shape = CircleShape,
        colors = TextFieldDefaults.colors(
            focusedContainerColor = MaterialTheme.colorScheme.surfaceVariant,
            unfocusedContainerColor = MaterialTheme.colorScheme.surfaceVariant,
            focusedIndicatorColor = Color.Transparent,
            unfocusedIndicatorColor = Color.Transparent,
        ),
    )
}

@Composable
private fun NothingFound() {
    Text(
        "No account has this in its name.",
        Modifier.padding(horizontal = 20.dp, vertical = 12.dp),
        MaterialTheme.colorScheme.onSurfaceVariant,
        style = MaterialTheme.typography.bodyLarge,
    )
}

@Composable
private fun AccountCard(account: Account, display: Display, actions: Actions, onDelete: () -> Unit) {
    val code = when (display) {
        is Display.Ticking -> display.code
        is Display.OnRequest -> display.code
    }
    Surface(
        onClick = { if (code == null) actions.next(account) else actions.copy(account, code) },
        modifier = Modifier.semantics {
            onClick(if (code == null) "make the first code" else "copy the code", null)
        },
        shape = MaterialTheme.shapes.large,
        color = MaterialTheme.colorScheme.surfaceContainerLow,
        border = BorderStroke(1.dp, MaterialTheme.colorScheme.outlineVariant),
    ) {
        Column(Modifier.padding(start = 16.dp, end = 8.dp, top = 8.dp, bottom = 12.dp)) {
            Row(verticalAlignment = Alignment.CenterVertically) {
                Badge(account.title)
                Names(account, Modifier.weight(1f).padding(horizontal = 12.dp))
                Menu(
                    "More about ${account.title}",
                    listOf("Show QR code" to { actions.open(Place.Show(account.id)) }, "Delete" to onDelete),
                )
            }
            Row(Modifier.padding(top = 2.dp).heightIn(min = 48.dp), verticalAlignment = Alignment.CenterVertically) {
                CodeText(code, display, Modifier.weight(1f).padding(end = 8.dp))
                when (display) {
                    is Display.Ticking -> Countdown(display, Modifier.padding(horizontal = 4.dp))
                    is Display.OnRequest -> NextButton(account, actions)
                }
            }
        }
    }
}

@Composable
private fun Names(account: Account, modifier: Modifier) {
    val lines = if (LocalDensity.current.fontScale > 1.3f) 2 else 1
    Column(modifier) {
        Text(account.title, style = MaterialTheme.typography.titleMedium, maxLines = lines, overflow = TextOverflow.Ellipsis)
        if (account.subtitle.isNotEmpty()) {
            Text(
                account.subtitle,
                style = MaterialTheme.typography.bodySmall,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
                maxLines = lines,
                overflow = TextOverflow.Ellipsis,
            )
        }
    }
}

@Composable
private fun CodeText(code: String?, display: Display, modifier: Modifier) {
    val isUrgent = display is Display.Ticking && display.isUrgent
    val colour = when {
        code == null -> MaterialTheme.colorScheme.outline
        isUrgent -> LocalPalette.current.urgent
        else -> MaterialTheme.colorScheme.primary
    }
    BasicText(
        if (code == null) "••• •••" else grouped(code),
        // Digit by digit, or a screen reader makes a number of it.
        modifier.semantics { contentDescription = if (code == null) "No code yet" else "Code " + code.toList().joinToString(" ") },
        style = MaterialTheme.typography.displaySmall.copy(colour),
        maxLines = 1,
        softWrap = false,
        // Whole, however large somebody has text.
        autoSize = TextAutoSize.StepBased(16.sp, MaterialTheme.typography.displaySmall.fontSize),
    )
}

@Composable
private fun NextButton(account: Account, actions: Actions) {
    IconButton({ actions.next(account) }, Modifier.size(48.dp)) {
        Icon(Icons.Next, "Next code for ${account.title}", tint = MaterialTheme.colorScheme.primary)
    }
}

@Composable
private fun AddButton(modifier: Modifier, onClick: () -> Unit) {
    ExtendedFloatingActionButton(
        onClick,
        modifier,
        shape = MaterialTheme.shapes.large,
        containerColor = MaterialTheme.colorScheme.primary,
        elevation = FloatingActionButtonDefaults.elevation(2.dp, 2.dp, 2.dp, 3.dp),
    ) {
        Icon(Icons.Add, null)
        Text("Add account", Modifier.padding(start = 8.dp))
    }
}

@Composable
private fun Menu(label: String, entries: List<Pair<String, () -> Unit>>) {
    var isOpen by remember { mutableStateOf(false) }
    Box {
        IconButton({ isOpen = true }, Modifier.size(48.dp)) {
            Icon(Icons.More, label, tint = MaterialTheme.colorScheme.onSurfaceVariant)
        }
        DropdownMenu(isOpen, { isOpen = false }) {
            for ((text, action) in entries) {
                DropdownMenuItem(
                    { Text(text, style = MaterialTheme.typography.bodyLarge) },
                    { isOpen = false; action() },
                )
            }
        }
    }
}

@Composable
private fun DeleteDialog(account: Account, onCancel: () -> Unit, onDelete: () -> Unit) {
    val site = account.issuer.ifBlank { "the site" }
    AlertDialog(
        onDismissRequest = onCancel,
        title = { Text("Delete ${account.title}?") },
        text = {
            val whose = if (account.subtitle.isEmpty()) "" else " for ${account.subtitle}"
            Text("You can make no more codes$whose. Turn off two-step sign-in at $site first, or you may be locked out.")
        },
        confirmButton = {
            TextButton(onDelete) { Text("Delete", color = MaterialTheme.colorScheme.error) }
        },
        dismissButton = { TextButton(onCancel) { Text("Keep") } },
    )
}

@Composable
private fun Welcome(onAdd: () -> Unit) {
    Notice(
        "No accounts yet",
        "Turn on two-step sign-in at a site, and add the text of its QR code or its key here. You can bring accounts from another app, too.",
        "Add account",
        onAdd,
        picture = { WelcomePicture() },
    )
}

@Composable
private fun WelcomePicture() {
    val (colour, track) = MaterialTheme.colorScheme.primary to MaterialTheme.colorScheme.surfaceVariant
    Canvas(Modifier.size(112.dp)) {
        val width = 7.dp.toPx()
        val (inset, side) = Offset(width / 2, width / 2) to Size(size.width - width, size.height - width)
        drawArc(track, 0f, 360f, false, inset, side, style = Stroke(width))
        drawArc(colour, -90f, 250f, false, inset, side, style = Stroke(width, cap = StrokeCap.Round))
        for (place in -1..1) drawCircle(colour, 5.5.dp.toPx(), center + Offset(place * 22.dp.toPx(), 0f))
    }
}
