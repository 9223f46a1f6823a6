//! Tests of a phone's parts.
