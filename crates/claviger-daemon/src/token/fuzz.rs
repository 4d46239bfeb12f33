//! Owns what must hold of any bytes that are presented as a secret. Must not be part of the product.

use super::{Presented, RETIRED_WINDOW, TagKey, TagMatch};

/// The generation that the seeds take the key to be in.
const GENERATION: u64 = 3;

/// Presents bytes as a secret. What they are to a key in its third generation; `None` when they have not the form.
///
/// # Panics
/// What parses does not read as it was written, or a text passes that is not, to the letter, what was minted.
#[must_use]
pub fn secret(bytes: &[u8]) -> Option<TagMatch> {
    let text = std::str::from_utf8(bytes).ok()?;
    let presented = Presented::parse(text)?;
    let (prefix, id, body, tag) = (presented.prefix(), presented.id(), presented.body(), presented.tag());
    assert_eq!(format!("{prefix}_{}_{body}{tag}", id.body()), text, "it reads otherwise than it was written");
    assert_eq!(format!("{}{tag}", *presented.hash_input()), text, "another text is hashed");

    let tags = TagKey::from_bytes([7; 32]);
    let given = |generation| tags.tag(prefix, id.body(), body, generation).as_slice() == tag.as_bytes();
    let window = RETIRED_WINDOW as u64;
    for generation in [0, 1, GENERATION, window, window + 1, u64::MAX - 1, u64::MAX] {
        let oldest = generation.saturating_sub(window).max(1);
        let expected = match generation {
            0 => TagMatch::Forged,
            _ if given(generation) => TagMatch::Current,
            _ if (oldest..generation).any(given) => TagMatch::Retired,
            _ => TagMatch::Forged,
        };
        assert_eq!(tags.check(&presented, generation), expected, "in generation {generation}");
    }
    Some(tags.check(&presented, GENERATION))
}
