//! Owns the specification of which messages are answered at once, by their bytes alone. Must not open a connection.

use super::*;

/// What was passed on, and what is not sorted yet, of bytes that came at once; with what answers `a…` where it is to.
fn sorted(bytes: &[u8], at_once: &AtOnce) -> (Vec<u8>, Vec<u8>) {
    let mut messages = Messages { come: bytes.to_vec(), ..Messages::default() };
    messages.sort(at_once);
    (messages.rest, [messages.answers, messages.come].concat())
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_bytes_come_go_on_unchanged_where_nothing_is_answered(
        heads in proptest::collection::vec((0_u8.., 0_u8.., proptest::collection::vec(0_u8.., 0..20)), 0..6),
    ) {
        let bytes: Vec<u8> = heads.into_iter().flat_map(|(first, second, more)| [vec![first, second], more].concat()).collect();
        let nothing: AtOnce = Box::new(|_| None);
        let (passed, left) = sorted(&bytes, &nothing);
        proptest::prop_assert_eq!([passed, left].concat(), bytes);
    }
}

#[test]
fn behind_a_frame_that_nobody_may_send_nothing_is_answered() {
    let at_once: AtOnce = Box::new(|_| Some("answered".into()));
    let long = |first: u8, len: u64| [&[first, 0xff][..], &len.to_be_bytes(), &[0; 4]].concat();
    for (what, odd) in [
        ("a length that makes numbers run over", long(TEXT, u64::MAX - 13)),
        ("the longest length", long(TEXT, u64::MAX)),
        ("a binary one with its top bit set", long(0x82, 1 << 63)),
        ("a reserved bit", frame(TEXT | 0x10, b"a")),
        ("an opcode that is not known", frame(0x83, b"a")),
        ("a continuation of nothing", frame(0x80, b"a")),
        ("a new message within another", [frame(0x01, b"a"), frame(TEXT, b"a")].concat()),
        ("a long ping", frame(0x89, &[b'a'; 126])),
        ("a ping in pieces", frame(0x09, b"a")),
        ("no mask", told("a")),
    ] {
        let all = [odd, frame(TEXT, b"a")].concat();
        assert_eq!(sorted(&all, &at_once), (all, vec![]), "{what}");
    }
}
