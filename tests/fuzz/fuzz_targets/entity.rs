//! libFuzzer on `entity::fuzz::mail`: mails, converted there and back.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entity::fuzz::mail(bytes));
