//! libFuzzer on `mms::fuzz::pdu`: PDUs of every type.
//!
//! The promises are asserted there; here only bytes are passed on.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mms::fuzz::pdu(bytes));
