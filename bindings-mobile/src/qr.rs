use keyfob::enrolment::{ErrorCorrection as Level, Pixels, Qr, SvgOptions};

use crate::{
    error::{KeyfobError, invalid},
    number::{byte, size},
    redacted::redacted,
};

/// How much of a QR code may be unreadable. More makes a larger code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ErrorCorrection {
    /// About 7 %.
    Low,
    /// About 15 %: right for screens.
    Medium,
    /// About 25 %.
    Quartile,
    /// About 30 %: for print.
    High,
}

#[uniffi::export]
impl ErrorCorrection {
    /// The stable name, the same in every language.
    pub fn code(&self) -> String {
        Level::from(*self).name().to_owned()
    }
}

/// A QR code. It usually holds a secret: it prints as redacted and is wiped when closed or
/// collected, and no picture service is asked.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct QrCode(Qr);

#[uniffi::export]
impl QrCode {
    /// Encodes a text in the smallest code that holds it, with at least the error correction
    /// asked for; `Medium` if nothing is said.
    #[uniffi::constructor(default(level = None))]
    pub fn encode(text: String, level: Option<ErrorCorrection>) -> Result<Self, KeyfobError> {
        let text = keyfob::Zeroizing::new(text);
        let level = level.map_or_else(Level::default, Into::into);
        Qr::encode(&text, level).map(Self).map_err(invalid("text"))
    }

    /// Modules to a side, without the light border of four that belongs around it.
    pub fn size(&self) -> i32 {
        size(self.0.size())
    }

    /// Whether the module in column `x` of row `y` is dark, from the top left. Everything
    /// outside is light.
    pub fn is_dark(&self, x: i32, y: i32) -> bool {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return false };
        self.0.module(x, y)
    }

    /// Every module, row by row, one byte each: 1 is dark.
    pub fn modules(&self) -> Vec<u8> {
        let side = self.0.size();
        let places = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        places.map(|(x, y)| u8::from(self.0.module(x, y))).collect()
    }

    /// An SVG image: one path on white with the light border around it. `title` is what a
    /// screen reader says; never put the secret there. Without `pixels` it fills its place.
    #[uniffi::method(default(title = None, pixels = None))]
    pub fn svg(&self, title: Option<String>, pixels: Option<i32>) -> Result<String, KeyfobError> {
        let usual = SvgOptions::default();
        let title = title.as_deref().unwrap_or(usual.title);
        let number = |pixels| u32::try_from(pixels).unwrap_or(u32::MAX);
        let pixels = pixels.map(|it| Pixels::new(number(it)).map_err(invalid("pixels")));
        let pixels = pixels.transpose()?.or(usual.pixels);
        Ok(self.0.to_svg(SvgOptions { title, pixels }).to_string())
    }

    /// A PNG image of one bit a pixel with `scale` pixels (1 to 32) to a module, the light
    /// border included.
    #[uniffi::method(default(scale = 8))]
    pub fn png(&self, scale: i32) -> Result<Vec<u8>, KeyfobError> {
        self.0.to_png(byte(scale)).map(|png| png.to_vec()).map_err(invalid("scale"))
    }
}

redacted!(QrCode);

impl From<ErrorCorrection> for Level {
    fn from(level: ErrorCorrection) -> Self {
        match level {
            ErrorCorrection::Low => Self::Low,
            ErrorCorrection::Medium => Self::Medium,
            ErrorCorrection::Quartile => Self::Quartile,
            ErrorCorrection::High => Self::High,
        }
    }
}
