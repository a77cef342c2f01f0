//! Short header values and numbers, written where they stand: every answer has four of them, and `format!` would
//! allocate and check each several times (a tenth of what a memory hit costs outside the kernel). Written through a
//! reference: handed on by value the text was copied at each step.

use actix_web::http::header::HeaderValue;

/// Longer ones are cut: nothing here is.
const MOST_BYTES: usize = 96;

/// A text that is being put together, without allocating.
pub struct Short {
    bytes: [u8; MOST_BYTES],
    length: usize,
}

impl Short {
    pub fn new() -> Self {
        Short { bytes: [0; MOST_BYTES], length: 0 }
    }

    /// ASCII.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.ascii(text.as_bytes())
    }

    fn ascii(&mut self, bytes: &[u8]) -> &mut Self {
        let room = &mut self.bytes[self.length..];
        let length = bytes.len().min(room.len());
        room[..length].copy_from_slice(&bytes[..length]);
        self.length += length;
        self
    }

    /// A duration as milliseconds with three digits behind the point, cut off: `0.021`.
    pub fn millis(&mut self, nanoseconds: u64) -> &mut Self {
        let micros = nanoseconds / 1_000;
        let part = (micros % 1_000) as u16;
        let digit = |tens: u16| b'0' + (part / tens % 10) as u8;
        self.number(micros / 1_000).ascii(&[b'.', digit(100), digit(10), digit(1)])
    }

    pub fn number(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.ascii(&digits[at..])
    }

    /// Sixteen digits, small letters.
    pub fn hex(&mut self, number: u64) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits: [u8; 16] =
            std::array::from_fn(|at| DIGITS[(number >> (60 - 4 * at) & 15) as usize]);
        self.ascii(&digits)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(self.as_bytes())
            .unwrap_or_else(|_| HeaderValue::from_static("unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_format_has_them() {
        for ns in [0, 999, 1_000, 21_000, 999_999, 1_000_000, 12_345_678, 60_000_000_000, u64::MAX]
        {
            let micros = ns / 1_000;
            let expected = format!("{}.{:03}ms", micros / 1_000, micros % 1_000);
            assert_eq!(Short::new().millis(ns).text("ms").header(), expected, "{ns}");
        }
        for number in [0, 1, 0xfedc_ba98_7654_3210, u64::MAX] {
            assert_eq!(Short::new().hex(number).header(), format!("{number:016x}"));
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let mut long = Short::new();
        long.text(&"a".repeat(90)).text("bcdefghij").text("k");
        assert_eq!(long.as_bytes(), format!("{}bcdefg", "a".repeat(90)).as_bytes());
    }
}
