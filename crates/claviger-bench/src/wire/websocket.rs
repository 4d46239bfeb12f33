//! Owns frames of a WebSocket (RFC 6455, section 5): a client's as bytes, and where a server's ends. Must not know what is in
//! them.

use super::Extent;
use crate::Outcome;

/// The first byte of a text frame that is a whole message.
const TEXT: u8 = 0x81;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// What the second byte says besides a length, where the frame is masked.
const MASKED: u8 = 0x80;

/// A whole message as a client sends it: masked (section 5.3), so that no one between can be made to see what he should not.
#[must_use]
pub fn frame(text: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![TEXT];
    match (u8::try_from(text.len()), u16::try_from(text.len())) {
        (Ok(len @ 0..126), _) => frame.push(MASKED + len),
        (_, Ok(len)) => {
            frame.push(MASKED + 126);
            frame.extend(len.to_be_bytes());
        }
        _ => {
            frame.push(MASKED + 127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Finds the first message, after what asks or answers whether anybody is there; `None` while it is not there whole.
///
/// # Errors
/// It is something else than one unmasked text frame, such as the end of the connection.
pub fn find(bytes: &[u8]) -> Outcome<Option<Extent>> {
    let mut at = 0;
    while let [first, second, rest @ ..] = &bytes[at..] {
        let length_bytes = match second {
            0..126 => 0,
            126 => 2,
            127 => 8,
            _ => return Err("a server's frame is masked".into()),
        };
        let Some(length) = rest.get(..length_bytes) else { return Ok(None) };
        let length = match length_bytes {
            0 => usize::from(*second),
            _ => length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)),
        };
        let start = at + 2 + length_bytes;
        let end = start.checked_add(length).ok_or("a frame of no possible length")?;
        match *first {
            TEXT => return Ok((bytes.len() >= end).then_some(Extent { status: None, start, end })),
            PING | PONG if bytes.len() >= end => at = end,
            PING | PONG => return Ok(None),
            other => return Err(format!("a frame that is no whole message: {other:#x}").into()),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server would send.
    fn unmasked(first: u8, len: usize) -> Vec<u8> {
        let mut frame = frame(&vec![b'x'; len], [0; 4]);
        frame[0] = first;
        frame[1] &= 0x7f;
        let mask = frame.len() - len - 4;
        frame.drain(mask..mask + 4);
        frame
    }

    #[test]
    fn a_clients_frame_says_its_length_and_is_masked() {
        // Section 5.7 has this example, byte for byte.
        let hello = frame(b"Hello", [0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(hello, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        for (len, header) in [
            (125, vec![0x81, 0xfd]),
            (126, vec![0x81, 0xfe, 0, 126]),
            (65_535, vec![0x81, 0xfe, 0xff, 0xff]),
            (65_536, vec![0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = frame(&vec![1; len], [1; 4]);
            assert!(frame.starts_with(&header), "{len}");
            assert_eq!(frame.len(), header.len() + 4 + len);
            assert_eq!(frame.last(), Some(&0));
        }
    }

    #[test]
    fn a_message_is_found_whole_however_long_it_is() {
        for len in [0, 1, 125, 126, 65_535, 65_536] {
            let bytes = unmasked(TEXT, len);
            let found = find(&bytes).unwrap().unwrap();
            assert_eq!((found.end - found.start, found.end), (len, bytes.len()));
            for cut in [0, 1, 2, 3, bytes.len() - 1] {
                assert_eq!(find(&bytes[..cut.min(bytes.len() - 1)]).unwrap(), None, "{len} {cut}");
            }
        }
    }

    #[test]
    fn pings_are_passed_over_and_anything_else_is_an_error() {
        let ping = unmasked(PING, 4);
        let bytes = [ping.clone(), unmasked(TEXT, 7)].concat();
        assert_eq!(find(&bytes).unwrap(), Some(Extent { status: None, start: 8, end: 15 }));
        assert_eq!(find(&ping).unwrap(), None);
        assert_eq!(find(&ping[..3]).unwrap(), None);
        for (first, name) in
            [(0x88, "close"), (0x82, "binary"), (0x01, "a first part"), (0x80, "a last part")]
        {
            assert!(find(&unmasked(first, 2)).is_err(), "{name}");
        }
        assert!(find(&frame(b"masked", [1; 4])).is_err());
    }
}
