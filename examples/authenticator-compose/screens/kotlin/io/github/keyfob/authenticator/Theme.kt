package io.github.keyfob.authenticator

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.ColorScheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Shapes
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** How everything looks, in light and in dark. */
@Composable
fun AuthenticatorTheme(
    dark: Boolean = isSystemInDarkTheme(),
    font: FontFamily = FontFamily.Default,
    content: @Composable () -> Unit,
) {
    CompositionLocalProvider(LocalPalette provides if (dark) DarkPalette else LightPalette) {
        MaterialTheme(if (dark) DarkColors else LightColors, SHAPES, typography(font), content)
    }
}

/** What Material has no words for. */
class Palette internal constructor(
    /** A code that is about to end. */
    val urgent: Color,
    /** Behind the one of a few that is chosen. */
    val chosen: Color,
    /** Behind and in front of initials. */
    val badges: List<Pair<Color, Color>>,
)

internal val LocalPalette = staticCompositionLocalOf { LightPalette }

internal val LightColors: ColorScheme = lightColorScheme(
    primary = Color(0xFF0A6659),
    onPrimary = Color.White,
    primaryContainer = Color(0xFFD3EDE6),
    onPrimaryContainer = Color(0xFF00382F),
    secondaryContainer = Color(0xFFE1E9E7),
    onSecondaryContainer = Color(0xFF1B2B28),
    background = Color(0xFFF5F7F6),
    onBackground = Color(0xFF151A19),
    surface = Color(0xFFF5F7F6),
    onSurface = Color(0xFF151A19),
    onSurfaceVariant = Color(0xFF55615E),
    surfaceVariant = Color(0xFFE4E9E7),
    surfaceContainerLowest = Color.White,
    surfaceContainerLow = Color.White,
    surfaceContainer = Color.White,
    surfaceContainerHigh = Color.White,
    surfaceContainerHighest = Color(0xFFE9EDEC),
    outline = Color(0xFF788582),
    outlineVariant = Color(0xFFDBE1DF),
    error = Color(0xFFAE2019),
    onError = Color.White,
    inverseSurface = Color(0xFF26302E),
    inverseOnSurface = Color(0xFFEFF3F2),
)

internal val DarkColors: ColorScheme = darkColorScheme(
    primary = Color(0xFF83D5C3),
    onPrimary = Color(0xFF00382F),
    primaryContainer = Color(0xFF12493F),
    onPrimaryContainer = Color(0xFFC9F0E6),
    secondaryContainer = Color(0xFF2C3936),
    onSecondaryContainer = Color(0xFFDCE6E3),
    background = Color(0xFF0F1413),
    onBackground = Color(0xFFE4E9E7),
    surface = Color(0xFF0F1413),
    onSurface = Color(0xFFE4E9E7),
    onSurfaceVariant = Color(0xFFA6B2AE),
    surfaceVariant = Color(0xFF2A3331),
    surfaceContainerLowest = Color(0xFF0B0F0E),
    surfaceContainerLow = Color(0xFF19201E),
    surfaceContainer = Color(0xFF1D2523),
    surfaceContainerHigh = Color(0xFF222B29),
    surfaceContainerHighest = Color(0xFF2A3331),
    outline = Color(0xFF84918D),
    outlineVariant = Color(0xFF2C3634),
    error = Color(0xFFFFB3AB),
    onError = Color(0xFF640A07),
    inverseSurface = Color(0xFFE4E9E7),
    inverseOnSurface = Color(0xFF1B2220),
)

internal val LightPalette = Palette(
    urgent = Color(0xFFA8480B),
    chosen = Color.White,
    badges = listOf(
        Color(0xFFD3EDE6) to Color(0xFF00513F),
        Color(0xFFDCE5FA) to Color(0xFF24407E),
        Color(0xFFF3E1EF) to Color(0xFF6B2A63),
        Color(0xFFF6E5D3) to Color(0xFF6D3B04),
        Color(0xFFE3EBD2) to Color(0xFF3C4F10),
        Color(0xFFE6E2F6) to Color(0xFF493A82),
    ),
)

internal val DarkPalette = Palette(
    urgent = Color(0xFFFFB68A),
    chosen = Color(0xFF47534F),
    badges = listOf(
        Color(0xFF143F37) to Color(0xFFA5E3D4),
        Color(0xFF23345C) to Color(0xFFBFD0F8),
        Color(0xFF48263F) to Color(0xFFF0C4E4),
        Color(0xFF4A3115) to Color(0xFFF3CFA4),
        Color(0xFF33401A) to Color(0xFFD1E0A4),
        Color(0xFF363058) to Color(0xFFD2C9F7),
    ),
)

private val SHAPES = Shapes(
    extraSmall = RoundedCornerShape(10.dp),
    small = RoundedCornerShape(12.dp),
    medium = RoundedCornerShape(16.dp),
    large = RoundedCornerShape(20.dp),
    extraLarge = RoundedCornerShape(24.dp),
)

private fun typography(font: FontFamily): Typography {
    fun style(size: Int, line: Int, weight: FontWeight = FontWeight.Normal) =
        TextStyle(fontFamily = font, fontWeight = weight, fontSize = size.sp, lineHeight = line.sp)
    return Typography(
        displaySmall = style(30, 36, FontWeight.Medium).copy(fontFeatureSettings = "tnum", letterSpacing = 1.sp), // codes
        headlineMedium = style(26, 32, FontWeight.Medium),
        headlineSmall = style(21, 28, FontWeight.Medium),
        titleLarge = style(20, 26, FontWeight.Medium),
        titleMedium = style(16, 22, FontWeight.Medium),
        titleSmall = style(14, 20, FontWeight.Medium),
        bodyLarge = style(16, 24),
        bodyMedium = style(14, 20),
        bodySmall = style(13, 18),
        labelLarge = style(14, 20, FontWeight.Medium),
        labelMedium = style(13, 18, FontWeight.Medium),
        labelSmall = style(12, 16, FontWeight.Medium).copy(fontFeatureSettings = "tnum"), // seconds
    )
}
