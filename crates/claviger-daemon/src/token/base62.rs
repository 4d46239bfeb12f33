//! Owns random base62 texts and base62 numbers.

use claviger_api::id::BASE62;
use zeroize::Zeroizing;

use super::{NoRandomness, fill_random};

/// Makes a text of `len` base62 characters, each equally likely.
///
/// # Errors
/// The operating system gave no randomness.
pub fn random_text(len: usize) -> Result<Zeroizing<String>, NoRandomness> {
    /// The largest multiple of 62 that fits into a byte: what lies above is drawn again, so no digit is likelier.
    const FAIR: u8 = 248;
    let mut text = Zeroizing::new(String::with_capacity(len));
    let mut bytes = Zeroizing::new([0_u8; 64]);
    loop {
        fill_random(bytes.as_mut())?;
        for byte in bytes.iter().filter(|byte| **byte < FAIR) {
            if text.len() == len {
                return Ok(text);
            }
            text.push(char::from(BASE62[usize::from(byte % 62)]));
        }
    }
}

/// Writes the lowest `N` base62 digits of a number, the most significant first.
pub(super) fn digits<const N: usize>(mut number: u64) -> [u8; N] {
    let mut digits = [0; N];
    for digit in digits.iter_mut().rev() {
        let place = (number % 62) as usize;
        *digit = BASE62[place];
        number /= 62;
    }
    digits
}

/// Reads base62 digits as a number. What is no digit counts as one, so check before.
pub(super) fn value(digits: &str) -> u64 {
    digits.bytes().fold(0, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => byte.wrapping_sub(b'a').wrapping_add(36),
        };
        value * 62 + u64::from(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_texts_have_their_length_and_differ() {
        let (one, other) = (random_text(43).unwrap(), random_text(43).unwrap());
        assert_eq!(one.len(), 43);
        assert!(one.bytes().all(|byte| BASE62.contains(&byte)));
        assert_ne!(one, other);
    }

    #[test]
    fn digits_count_in_base62() {
        assert_eq!(&digits::<3>(0), b"000");
        assert_eq!(&digits::<3>(61), b"00z");
        assert_eq!(&digits::<3>(62), b"010");
        for number in [0, 9, 10, 35, 36, 61, 62, 238_327] {
            assert_eq!(value(std::str::from_utf8(&digits::<3>(number)).unwrap()), number);
        }
    }
}
