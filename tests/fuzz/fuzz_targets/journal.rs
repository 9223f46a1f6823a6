//! libFuzzer on `journal::fuzz::recovery`: segment, sidecar and manifest files.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| journal::fuzz::recovery(bytes));
