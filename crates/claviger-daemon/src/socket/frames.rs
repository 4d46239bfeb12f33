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
    /// Whether one of them said goodbye.
    closed: bool,
}

/// The first byte of a text message in one frame.
pub(super) const TEXT: u8 = 0x81;

/// The first opcode of a control frame, and that of goodbye.
const CONTROL: u8 = 8;
const CLOSE: u8 = 8;
const PONG: u8 = 10;

/// The bits of the first byte that nobody has agreed on.
const RESERVED: u8 = 0x70;

/// How long the payload of a control frame can be. Bytes.
const LONGEST_CONTROL: u64 = 125;

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
            debug_assert!(self.header.len() <= LONGEST_HEADER);
            if let Some(header) = Header::read(&self.header) {
                if header.is_data() {
                    self.fragmented = !header.is_last();
                }
                self.closed |= header.is_close();
                self.payload = header.payload;
                self.header.clear();
            }
        }
    }

    /// The number of the message that has begun and is not there whole.
    pub(super) fn unfinished(&self) -> Option<u64> {
        self.is_inside_message().then_some(self.begun)
    }

    /// Whether this side has said goodbye.
    pub(super) fn has_closed(&self) -> bool {
        self.closed
    }

    fn is_inside_message(&self) -> bool {
        self.fragmented || self.payload > 0 || !self.header.is_empty()
    }
}

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The first byte: whether it is the last of its message, three reserved bits, and what it is.
    pub(super) first: u8,
    /// How long the header itself is. Bytes.
    pub(super) len: usize,
    /// How long is what follows. Bytes.
    pub(super) payload: u64,
    /// What that is masked with.
    pub(super) mask: Option<[u8; 4]>,
}

impl Header {
    /// Reads the header that bytes begin with; `None` while it is not there whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (first, second) = (*bytes.first()?, *bytes.get(1)?);
        let (length_bytes, short) = match second & 0x7f {
            126 => (2, None),
            127 => (8, None),
            short => (0, Some(u64::from(short))),
        };
        let (length, rest) = bytes.get(2..)?.split_at_checked(length_bytes)?;
        let payload =
            short.unwrap_or_else(|| length.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)));
        let mask = if second & 0x80 == 0 { None } else { Some(*rest.first_chunk::<4>()?) };
        let len = 2 + length_bytes + if mask.is_some() { 4 } else { 0 };
        Some(Self { first, len, payload, mask })
    }

    /// Whether it is the last frame of its message.
    pub(super) fn is_last(self) -> bool {
        self.first & 0x80 != 0
    }

    /// Whether it is of a message. Control frames may come between those of one.
    pub(super) fn is_data(self) -> bool {
        self.first & 0x0f < CONTROL
    }

    /// Whether RFC 6455, section 5, lets a client send it, within a message in several frames or between messages.
    pub(super) fn is_sound(self, is_within: bool) -> bool {
        let has_place = match self.first & 0x0f {
            0 => is_within,
            1 | 2 => !is_within,
            CLOSE..=PONG => self.is_last() && self.payload <= LONGEST_CONTROL,
            _ => false,
        };
        has_place && self.first & RESERVED == 0 && self.mask.is_some() && self.payload >> 63 == 0
    }

    /// Whether nothing of meaning comes after it.
    pub(super) fn is_close(self) -> bool {
        self.first & 0x0f == CLOSE
    }
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
