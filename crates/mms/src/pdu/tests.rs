//! Tests of `pdu`.
