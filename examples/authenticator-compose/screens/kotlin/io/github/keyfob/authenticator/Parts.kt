package io.github.keyfob.authenticator

import androidx.compose.animation.core.animateFloatAsState
import androidx.compose.animation.core.snap
import androidx.compose.animation.core.tween
import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.selectableGroup
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.role
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import io.github.keyfob.QrCode

/** How much of a code's time is left, as a ring around its seconds. */
@Composable
internal fun Countdown(display: Display.Ticking, modifier: Modifier = Modifier) {
    val urgent = display.isUrgent
    val colour = if (urgent) LocalPalette.current.urgent else MaterialTheme.colorScheme.primary
    val track = MaterialTheme.colorScheme.surfaceVariant
    // A step a second, softly; and at once to the full ring of a new code.
    val share by animateFloatAsState(display.share, if (display.share == 1f) snap() else tween(300))
    val left = display.secondsLeft
    Box(
        modifier.size(40.dp * LocalDensity.current.fontScale.coerceIn(1f, 1.5f)).clearAndSetSemantics {
            contentDescription = if (left == 1) "1 second left" else "$left seconds left"
        },
        Alignment.Center,
    ) {
        Canvas(Modifier.fillMaxSize()) {
            val width = 3.dp.toPx()
            val (inset, side) = Offset(width / 2, width / 2) to Size(size.width - width, size.height - width)
            drawArc(track, 0f, 360f, false, inset, side, style = Stroke(width))
            drawArc(colour, -90f, 360f * share, false, inset, side, style = Stroke(width, cap = StrokeCap.Round))
        }
        Text("$left", style = MaterialTheme.typography.labelSmall, color = colour)
    }
}

internal val Display.Ticking.isUrgent: Boolean get() = secondsLeft <= 5

/** The first letter of a title, in a colour that stays the same. */
@Composable
internal fun Badge(title: String, modifier: Modifier = Modifier) {
    val badges = LocalPalette.current.badges
    val (back, front) = badges[Math.floorMod(title.lowercase().hashCode(), badges.size)]
    Box(modifier.size(40.dp).background(back, CircleShape).clearAndSetSemantics {}, Alignment.Center) {
        Text(initial(title), color = front, style = MaterialTheme.typography.titleMedium)
    }
}

/** What a reader takes for one character, such as a flag, which is written as several. */
internal fun initial(title: String): String = CHARACTER.find(title.trim())?.value?.uppercase() ?: "?"

private val CHARACTER = Regex("\\X")

/** A QR code with its light border. Each module is as many whole pixels wide as fit. */
@Composable
internal fun QrPicture(code: QrCode, description: String, modifier: Modifier = Modifier) {
    val (side, modules) = code.size() to code.modules()
    Canvas(
        modifier.background(Color.White, MaterialTheme.shapes.medium).clip(MaterialTheme.shapes.medium)
            .semantics { contentDescription = description; role = Role.Image },
    ) {
        val pixels = (size.minDimension / (side + 2 * BORDER)).toInt().coerceAtLeast(1).toFloat()
        val start = ((size.minDimension - side * pixels) / 2).toInt().toFloat()
        for (row in 0 until side) {
            for (column in 0 until side) {
                if (modules[row * side + column] != 1.toByte()) continue
                drawRect(Color.Black, Offset(start + column * pixels, start + row * pixels), Size(pixels, pixels))
            }
        }
    }
}

private const val BORDER = 4

/** The head of a screen that one goes back from. */
@Composable
internal fun BackBar(title: String, onBack: () -> Unit) {
    Row(Modifier.fillMaxWidth().padding(4.dp), verticalAlignment = Alignment.CenterVertically) {
        IconButton(onBack, Modifier.size(48.dp)) { Icon(Icons.Back, "Back") }
        Text(title, Modifier.padding(start = 4.dp).semantics { heading() }, style = MaterialTheme.typography.titleLarge)
    }
}

/** One column in the middle, however wide the window is. */
@Composable
internal fun Page(title: String, onBack: () -> Unit, content: @Composable () -> Unit) {
    Column(Modifier.fillMaxSize(), horizontalAlignment = Alignment.CenterHorizontally) {
        Column(Modifier.widthIn(max = PAGE).fillMaxSize()) {
            BackBar(title, onBack)
            Column(
                Modifier.fillMaxSize().verticalScroll(rememberScrollState())
                    .padding(start = 20.dp, end = 20.dp, top = 8.dp, bottom = 24.dp),
                Arrangement.spacedBy(16.dp),
            ) { content() }
        }
    }
}

private val PAGE: Dp = 560.dp

/** One of a few. */
@Composable
internal fun <T> Choice(options: List<Pair<T, String>>, chosen: T, label: String, onChoose: (T) -> Unit) {
    Row(
        Modifier.fillMaxWidth().background(MaterialTheme.colorScheme.surfaceVariant, CircleShape).padding(4.dp)
            .selectableGroup().semantics { contentDescription = label },
        Arrangement.spacedBy(4.dp),
    ) {
        for ((option, text) in options) {
            val isChosen = option == chosen
            val colours = MaterialTheme.colorScheme
            Box(
                Modifier.weight(1f).heightIn(min = 48.dp).clip(CircleShape)
                    .background(if (isChosen) LocalPalette.current.chosen else Color.Transparent)
                    .selectable(isChosen, role = Role.RadioButton, onClick = { onChoose(option) })
                    .padding(horizontal = 8.dp),
                Alignment.Center,
            ) {
                Text(
                    text,
                    color = if (isChosen) colours.onSurface else colours.onSurfaceVariant,
                    style = MaterialTheme.typography.labelLarge,
                    textAlign = TextAlign.Center,
                )
            }
        }
    }
}

/** The button that a page is for. */
@Composable
internal fun MainButton(text: String, enabled: Boolean = true, onClick: () -> Unit) {
    Button(onClick, Modifier.fillMaxWidth().heightIn(min = 52.dp), enabled) { Text(text) }
}

/** Something worth a look, and no alarm. */
@Composable
internal fun Note(text: String) {
    Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(10.dp)) {
        Icon(Icons.Info, null, Modifier.size(20.dp), MaterialTheme.colorScheme.onSurfaceVariant)
        Text(text, style = MaterialTheme.typography.bodyMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
    }
}

/** A screen that says one thing. */
@Composable
internal fun Notice(
    title: String,
    text: String,
    action: String,
    onAction: () -> Unit,
    picture: (@Composable () -> Unit)? = null,
) {
    Box(Modifier.fillMaxSize().padding(32.dp), Alignment.Center) {
        Column(
            Modifier.widthIn(max = 360.dp).verticalScroll(rememberScrollState()),
            Arrangement.spacedBy(12.dp),
            Alignment.CenterHorizontally,
        ) {
            picture?.invoke()
            Text(
                title,
                Modifier.padding(top = 12.dp).semantics { heading() },
                style = MaterialTheme.typography.headlineSmall,
                textAlign = TextAlign.Center,
            )
            Text(
                text,
                color = MaterialTheme.colorScheme.onSurfaceVariant,
                style = MaterialTheme.typography.bodyLarge,
                textAlign = TextAlign.Center,
            )
            Button(onAction, Modifier.padding(top = 12.dp).heightIn(min = 52.dp)) { Text(action) }
        }
    }
}
