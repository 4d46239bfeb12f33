//! Owns the way from libFuzzer to what must hold of any bytes in a row's place. Must not say itself what that is: the daemon
//! crate does, so that its tests hold the seeds to the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = claviger_daemon::fuzz::record(bytes);
});
