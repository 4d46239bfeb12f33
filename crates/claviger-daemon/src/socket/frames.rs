//! Owns where one WebSocket message ends and the next begins (RFC 6455, section 5.2). Must not look into one.

/// Follows the bytes of one side of a WebSocket.
#[derive(Default)]
pub(super) struct Frames {
    header: Vec<u8>,
    /// Bytes of the payload that are still to come.
    payload: u64,
    /// Whether a message in several frames has begun and not ended.
    fragmented: bool,
    /// How many messages were begun, control frames included.
    begun: u64,
}

/// Two bytes, eight of length, four of mask.
const LONGEST_HEADER: usize = 14;

impl Frames {
    /// Takes bytes as they come.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            if self.payload > 0 {
                let here = usize::try_from(self.payload).unwrap_or(usize::MAX).min(bytes.len());
                self.payload -= here as u64;
                bytes = &bytes[here..];
                continue;
            }
            if !self.is_inside_message() {
                self.begun += 1;
            }
            self.header.push(*first);
            bytes = &bytes[1..];
            if let Some(payload) = payload_after(&self.header) {
                let (is_last, opcode) = (self.header[0] & 0x80 != 0, self.header[0] & 0x0f);
                // Control frames may come between those of a message.
                if opcode < 8 {
                    self.fragmented = !is_last;
                }
                self.payload = payload;
                self.header.clear();
            }
        }
    }

    /// The number of the message that has begun and is not there whole.
    pub(super) fn unfinished(&self) -> Option<u64> {
        self.is_inside_message().then_some(self.begun)
    }

    fn is_inside_message(&self) -> bool {
        self.fragmented || self.payload > 0 || !self.header.is_empty()
    }
}

/// The length of the payload that follows a header; `None` while the header is not there whole.
fn payload_after(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let (length_bytes, short) = match second & 0x7f {
        126 => (2, None),
        127 => (8, None),
        short => (0, Some(u64::from(short))),
    };
    debug_assert!(header.len() <= LONGEST_HEADER);
    if header.len() < 2 + length_bytes + mask {
        return None;
    }
    let length = &header[2..2 + length_bytes];
    Some(short.unwrap_or_else(|| length.iter().fold(0, |length, byte| length << 8 | u64::from(*byte))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame, as clients send them.
    fn frame(first: u8, payload: usize) -> Vec<u8> {
        let mut frame = vec![first];
        match payload {
            0..126 => frame.push(0x80 | u8::try_from(payload).unwrap()),
            126..65_536 => {
                frame.push(0xfe);
                frame.extend(u16::try_from(payload).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0xff);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame.extend(vec![0; payload]);
        frame
    }

    #[test]
    fn a_message_is_whole_with_its_last_byte_however_it_is_cut() {
        for payload in [0, 1, 125, 126, 65_535, 65_536] {
            let bytes = frame(0x81, payload);
            for piece in [1, 7, bytes.len()] {
                let mut frames = Frames::default();
                for (n, part) in bytes.chunks(piece).enumerate() {
                    frames.take(part);
                    assert_eq!(
                        frames.is_inside_message(),
                        (n + 1) * piece < bytes.len(),
                        "{payload} {piece}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_message_has_a_number_of_its_own() {
        let mut frames = Frames::default();
        frames.take(&frame(0x81, 5)[..4]);
        let first = frames.unfinished().unwrap();
        frames.take(&[&frame(0x81, 5)[4..], &frame(0x81, 5)[..4]].concat());
        assert_eq!(frames.unfinished(), Some(first + 1));
        frames.take(&frame(0x81, 5)[4..]);
        assert_eq!(frames.unfinished(), None);
    }

    #[test]
    fn fragments_are_one_message_and_a_ping_between_them_ends_nothing() {
        let mut frames = Frames::default();
        for (first, is_inside) in [(0x01, true), (0x89, true), (0x00, true), (0x80, false), (0x89, false)] {
            frames.take(&frame(first, 5));
            assert_eq!(frames.is_inside_message(), is_inside, "{first:#x}");
        }
    }
}
