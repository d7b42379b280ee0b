use alloc::{format, string::String};
use core::num::NonZeroU16;

use zeroize::Zeroizing;

use super::{Qr, QrError};

/// How to draw a QR code as SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SvgOptions<'a> {
    /// What a screen reader says; escaped. Never put the secret here.
    pub title: &'a str,
    /// The width and height in pixels; without it the picture fills its place.
    pub pixels: Option<Pixels>,
}

impl Default for SvgOptions<'_> {
    fn default() -> Self {
        Self { title: "QR code", pixels: None }
    }
}

/// The width and height of a picture: 1 to 65535 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pixels(NonZeroU16);

impl Pixels {
    /// # Errors
    /// [`QrError::Pixels`] outside 1 to 65535.
    pub fn new(pixels: u32) -> Result<Self, QrError> {
        let pixels = u16::try_from(pixels).ok().and_then(NonZeroU16::new);
        pixels.map(Self).ok_or(QrError::Pixels)
    }

    /// The number of pixels.
    pub const fn value(self) -> u16 {
        self.0.get()
    }
}

impl Qr {
    /// Draws the code as an SVG image: one path on white with the quiet zone around
    /// it, sharp at every size. It refers to nothing outside itself and holds no
    /// script or style, so it can stand in a page that allows neither.
    ///
    /// ```
    /// use keyfob::enrolment::{ErrorCorrection, Qr, SvgOptions};
    /// let qr = Qr::encode("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", ErrorCorrection::Medium)?;
    /// let svg = qr.to_svg(SvgOptions { title: "Scan me & go", ..Default::default() });
    /// assert!(svg.contains("<title>Scan me &amp; go</title>"));
    /// # Ok::<(), keyfob::enrolment::QrError>(())
    /// ```
    pub fn to_svg(&self, options: SvgOptions<'_>) -> Zeroizing<String> {
        let side = self.size() + 2 * Self::QUIET_ZONE;
        let length = options.pixels.map_or_else(String::new, |Pixels(pixels)| {
            format!(" width=\"{pixels}\" height=\"{pixels}\"")
        });
        let start = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {side} {side}\"{length} \
             shape-rendering=\"crispEdges\"><title>"
        );
        let paper = format!(
            "</title><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\""
        );
        let room = 512 + 6 * options.title.len() + self.runs().count() * LONGEST_RUN;
        let mut svg = Zeroizing::new(String::with_capacity(room)); // never regrown: no stray copy
        svg.push_str(&start);
        append_escaped(&mut svg, options.title);
        svg.push_str(&paper);
        for (x, y, length) in self.runs() {
            let run = Zeroizing::new(format!("M{x} {y}h{length}v1h-{length}z"));
            svg.push_str(&run);
        }
        svg.push_str("\"/></svg>");
        svg
    }

    /// Runs of dark modules, as column, row and length, in the frame of the picture.
    fn runs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        let side = self.size() + 2 * Self::QUIET_ZONE;
        let dark = move |&(x, y): &(usize, usize)| self.framed(x, y);
        let places = (0..side).flat_map(move |y| (1..side).map(move |x| (x, y))); // 0 is light
        let starts = places.filter(move |&(x, y)| dark(&(x, y)) && !dark(&(x - 1, y)));
        starts.map(move |(x, y)| (x, y, (x..side).take_while(|&x| dark(&(x, y))).count()))
    }
}

fn append_escaped(svg: &mut String, title: &str) {
    for character in title.chars().filter(|c| !c.is_control()) {
        match character {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '"' => svg.push_str("&quot;"),
            '\'' => svg.push_str("&#39;"),
            other => svg.push(other),
        }
    }
}

/// `M184 184h177v1h-177z`
const LONGEST_RUN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::ErrorCorrection;

    #[test]
    fn a_title_cannot_break_out() {
        let qr = Qr::encode("a", ErrorCorrection::Low).unwrap();
        let title = "</title><script>\"'&\u{1b}\u{0}";
        let svg = qr.to_svg(SvgOptions { title, pixels: Some(Pixels::new(240).unwrap()) });
        assert!(svg.contains("<title>&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;</title>"));
        assert!(svg.contains("viewBox=\"0 0 29 29\" width=\"240\" height=\"240\""));
    }

    #[test]
    fn a_picture_without_a_width_is_refused() {
        for pixels in [1, 65_535] {
            assert_eq!(u32::from(Pixels::new(pixels).unwrap().value()), pixels);
        }
        for pixels in [0, 65_536, u32::MAX] {
            assert_eq!(Pixels::new(pixels), Err(QrError::Pixels));
        }
    }

    #[test]
    fn the_path_covers_the_dark_modules_and_no_others() {
        let qr =
            Qr::encode("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ", ErrorCorrection::Low).unwrap();
        let svg = qr.to_svg(SvgOptions::default());
        let (_, path) = svg.split_once("fill=\"#000\" d=\"").unwrap();
        let (path, _) = path.split_once('"').unwrap();
        let mut painted = std::collections::BTreeSet::new();
        for run in path.split('z').filter(|run| !run.is_empty()) {
            let (place, rest) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (length, back) = rest.split_once("v1h-").unwrap();
            assert_eq!(length, back);
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            painted.extend((x..x + length.parse::<usize>().unwrap()).map(|x| (x, y)));
        }
        let places = (0..qr.size() + 8).flat_map(|y| (0..qr.size() + 8).map(move |x| (x, y)));
        let dark: std::collections::BTreeSet<_> =
            places.filter(|&(x, y)| qr.framed(x, y)).collect();
        assert_eq!(painted, dark);
    }
}
