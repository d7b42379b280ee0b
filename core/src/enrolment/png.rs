use alloc::{vec, vec::Vec};

use zeroize::Zeroizing;

use super::{Qr, QrError};

impl Qr {
    /// Draws the code as a PNG image of one bit a pixel, `scale` pixels to a module,
    /// quiet zone included. 8 is right for a screen.
    ///
    /// The compressor's working memory is not wiped; prefer [`to_svg`](Self::to_svg)
    /// where memory is not to be trusted.
    ///
    /// # Errors
    /// [`QrError::Scale`] outside 1 to [`MAXIMUM_SCALE`](Self::MAXIMUM_SCALE).
    pub fn to_png(&self, scale: u8) -> Result<Zeroizing<Vec<u8>>, QrError> {
        if !(1..=Self::MAXIMUM_SCALE).contains(&scale) {
            return Err(QrError::Scale);
        }
        let scale = usize::from(scale);
        let pixels = (self.size() + 2 * Self::QUIET_ZONE) * scale;
        let side = (pixels as u32).to_be_bytes(); // at most 185 * 32
        let rows = self.rows(pixels, scale);
        let image = Zeroizing::new(miniz_oxide::deflate::compress_to_vec_zlib(&rows, 6));

        let mut png = Zeroizing::new(Vec::with_capacity(image.len() + 64)); // never regrown
        png.extend(b"\x89PNG\r\n\x1a\n");
        chunk(&mut png, *b"IHDR", &[&side[..], &side, &[1, 0, 0, 0, 0]].concat()); // 1 bit, grey
        chunk(&mut png, *b"IDAT", &image);
        chunk(&mut png, *b"IEND", &[]);
        Ok(png)
    }

    /// The rows as PNG wants them: a filter byte (none), then eight pixels to a byte,
    /// light ones set.
    fn rows(&self, pixels: usize, scale: usize) -> Zeroizing<Vec<u8>> {
        let width = 1 + pixels.div_ceil(8);
        let mut rows = Zeroizing::new(vec![0; width * pixels]);
        for (y, row) in rows.chunks_mut(width).enumerate() {
            for x in (0..pixels).filter(|x| !self.framed(x / scale, y / scale)) {
                row[1 + x / 8] |= 0x80 >> (x % 8);
            }
        }
        rows
    }
}

/// Appends a chunk: length, type, content, and the CRC of the latter two.
fn chunk(png: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) {
    png.extend((content.len() as u32).to_be_bytes()); // far below 2^31: see MAXIMUM_SCALE
    let checked = png.len();
    png.extend(kind);
    png.extend(content);
    png.extend(crc(&png[checked..]).to_be_bytes());
}

/// The CRC-32 of ISO 3309, four bits at a time: a picture is small, and the tables that make
/// it faster are 16 KiB more in a WebAssembly module, and cannot be compressed.
fn crc(bytes: &[u8]) -> u32 {
    let halves = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    !halves.fold(u32::MAX, |crc, half| crc >> 4 ^ CRC[(crc as u8 & 15 ^ half) as usize])
}

/// What each four bits leave of the polynomial.
const CRC: [u32; 16] = {
    let mut table = [0; 16];
    let mut half = 0;
    while half < 16 {
        let mut crc = half;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[half as usize] = crc;
        half += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::crc;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc(b"123456789"), 0xcbf4_3926); // the check value of CRC-32
        assert_eq!(crc(b"IEND"), 0xae42_6082); // as every PNG ends
    }
}
