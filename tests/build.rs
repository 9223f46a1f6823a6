//! Passes the linker the argument that a program needs which links `engine`, as the phones' crate does.
//!
//! See `crates/engine/build.rs`. Invariant: the same line as in `crates/ringpost/build.rs`.

fn main() {
    println!("cargo::rustc-link-arg=-Wl,--wrap=__sys_io_uring_setup");
    println!("cargo::rerun-if-changed=build.rs");
}
