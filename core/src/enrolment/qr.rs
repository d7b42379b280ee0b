use alloc::{string::String, vec, vec::Vec};
use core::{error, fmt};

use qrcodegen_no_heap::{DataTooLong, QrCode, QrCodeEcc, Version};
use zeroize::Zeroizing;

use crate::ParameterError;

/// A QR code (ISO/IEC 18004) as a matrix of dark and light modules.
///
/// It usually holds a secret, so it is wiped when dropped and printed as redacted;
/// what it is drawn as is wiped when dropped, too. Nothing leaves the process: no
/// picture service is asked.
///
/// ```
/// use keyfob::enrolment::{ErrorCorrection, Qr};
/// let qr = Qr::encode("otpauth://totp/alice?secret=GEZDGNBVGY3TQOJQ", ErrorCorrection::Medium)?;
/// assert_eq!(qr.size(), 33);
/// assert!(qr.module(0, 0), "the corner of a finder pattern is dark");
/// # Ok::<(), keyfob::enrolment::QrError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Qr {
    size: usize,
    modules: Zeroizing<Vec<bool>>,
}

/// How much of the code may be unreadable. More makes a larger code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ErrorCorrection {
    /// About 7 %.
    Low,
    /// About 15 %: right for screens.
    #[default]
    Medium,
    /// About 25 %.
    Quartile,
    /// About 30 %: for print.
    High,
}

impl ErrorCorrection {
    /// Every level, weakest first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::Quartile, Self::High];

    /// The stable name of this level, the same in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::Quartile => "quartile",
            Self::High => "high",
        }
    }
}

stable_words!(ErrorCorrection, name, ParameterError::ErrorCorrection);

impl Qr {
    /// The light border around the code that ISO/IEC 18004 asks for, in modules.
    pub const QUIET_ZONE: usize = 4;
    /// The scale of [`to_png`](Self::to_png) that suits screens.
    pub const DEFAULT_SCALE: u8 = 8;
    /// The largest scale of [`to_png`](Self::to_png): at most 5920 pixels a side.
    pub const MAXIMUM_SCALE: u8 = 32;

    /// Encodes `text` in the smallest code that holds it, with at least the error
    /// correction asked for: more where it costs no space.
    ///
    /// # Errors
    /// [`QrError::TooLong`] beyond 2953 bytes at `Low` and 1273 at `High`.
    pub fn encode(text: &str, level: ErrorCorrection) -> Result<Self, QrError> {
        let mut work = Zeroizing::new(vec![0; Version::MAX.buffer_len()]);
        let mut code = Zeroizing::new(vec![0; Version::MAX.buffer_len()]);
        let code = QrCode::encode_text(
            text,
            &mut work,
            &mut code,
            level.into(),
            Version::MIN,
            Version::MAX,
            None,
            true,
        )?;
        let side = code.size(); // 21 to 177
        let places = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        let size = side.unsigned_abs() as usize;
        let mut modules = Zeroizing::new(Vec::with_capacity(size * size)); // never regrown
        modules.extend(places.map(|(x, y)| code.get_module(x, y)));
        Ok(Self { size, modules })
    }

    /// Modules to a side, without the quiet zone: 21 to 177.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the module in column `x` of row `y`, from the top left, is dark.
    /// Everything outside is light.
    pub fn module(&self, x: usize, y: usize) -> bool {
        x < self.size && y < self.size && self.modules[y * self.size + x]
    }

    /// Draws the code with half blocks, two rows to a line, quiet zone included.
    ///
    /// Each line sets black on white itself (colours 16 and 231 of the 256, which
    /// no theme changes), so it reads alike on dark and light terminals. The output
    /// is for a terminal that knows these ANSI sequences, as good as all do.
    pub fn to_terminal(&self) -> Zeroizing<String> {
        let side = self.size + 2 * Self::QUIET_ZONE;
        let line = INK.len() + side * '█'.len_utf8() + PLAIN.len();
        let mut text = Zeroizing::new(String::with_capacity(line * side.div_ceil(2))); // never regrown
        for y in (0..side).step_by(2) {
            text.push_str(INK);
            text.extend((0..side).map(|x| half_block(self.framed(x, y), self.framed(x, y + 1))));
            text.push_str(PLAIN);
        }
        text
    }

    /// The module at a place counted from the corner of the quiet zone.
    pub(super) fn framed(&self, x: usize, y: usize) -> bool {
        let inside = |n: usize| n.checked_sub(Self::QUIET_ZONE);
        inside(x).zip(inside(y)).is_some_and(|(x, y)| self.module(x, y))
    }
}

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Qr(redacted, {0} by {0} modules)", self.size)
    }
}

impl From<ErrorCorrection> for QrCodeEcc {
    fn from(level: ErrorCorrection) -> Self {
        match level {
            ErrorCorrection::Low => Self::Low,
            ErrorCorrection::Medium => Self::Medium,
            ErrorCorrection::Quartile => Self::Quartile,
            ErrorCorrection::High => Self::High,
        }
    }
}

/// Why a QR code cannot be made or drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QrError {
    /// The text is longer than any QR code of this level holds.
    TooLong,
    /// The scale is outside 1 to [`Qr::MAXIMUM_SCALE`].
    Scale,
    /// The width is outside 1 to 65535 pixels.
    Pixels,
}

impl QrError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::TooLong => "qr-too-long",
            Self::Scale => "qr-scale",
            Self::Pixels => "qr-pixels",
        }
    }
}

impl fmt::Display for QrError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the text is too long for a QR code; shorten the names or lower the error correction",
            Self::Scale => "the scale must be 1 to 32 pixels a module",
            Self::Pixels => "the width must be 1 to 65535 pixels",
        })
    }
}

impl error::Error for QrError {}

impl From<DataTooLong> for QrError {
    fn from(_: DataTooLong) -> Self {
        Self::TooLong
    }
}

const INK: &str = "\x1b[38;5;16;48;5;231m";
const PLAIN: &str = "\x1b[0m\n";

fn half_block(upper: bool, lower: bool) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn qr() -> Qr {
        Qr::encode("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", ErrorCorrection::Low).unwrap()
    }

    #[test]
    fn the_terminal_shows_every_module_and_the_quiet_zone() {
        let qr = qr();
        let text = qr.to_terminal();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), (qr.size() + 8).div_ceil(2));
        for (row, line) in lines.iter().enumerate() {
            let blocks = line.strip_prefix(INK).unwrap().strip_suffix(PLAIN.trim_end()).unwrap();
            assert_eq!(blocks.chars().count(), qr.size() + 8);
            for (x, block) in blocks.chars().enumerate() {
                assert_eq!(matches!(block, '█' | '▀'), qr.framed(x, row * 2));
                assert_eq!(matches!(block, '█' | '▄'), qr.framed(x, row * 2 + 1));
            }
        }
        assert!(lines[0].contains(&" ".repeat(qr.size() + 8)));
    }

    #[test]
    fn outside_is_light() {
        let qr = qr();
        assert!(!qr.module(qr.size(), 0) && !qr.module(0, usize::MAX));
    }

    #[test]
    fn too_much_text_is_refused_at_each_level() {
        let limits = [
            (ErrorCorrection::Low, 2953),
            (ErrorCorrection::Medium, 2331),
            (ErrorCorrection::Quartile, 1663),
            (ErrorCorrection::High, 1273),
        ];
        for (level, bytes) in limits {
            assert!(Qr::encode(&"a".repeat(bytes), level).is_ok());
            assert_eq!(Qr::encode(&"a".repeat(bytes + 1), level), Err(QrError::TooLong));
        }
        assert_eq!(Qr::encode(&"a".repeat(100_000), ErrorCorrection::Low), Err(QrError::TooLong));
    }

    #[test]
    fn a_code_is_printed_as_redacted() {
        assert_eq!(format!("{:?}", qr()), "Qr(redacted, 29 by 29 modules)");
    }
}
