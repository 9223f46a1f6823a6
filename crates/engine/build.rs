//! Passes the linker the argument that puts the flag shim (`src/ring_flags.rs`) in front of liburing's set-up call.
//!
//! Stands before the flow: it only decides how this crate's own tests are linked. Cargo does not hand a link
//! argument on to the programs that use a library, so each program that links `engine` has the same line in its own
//! `build.rs`. A target-wide flag in `.cargo/config.toml` was not taken: an environment's RUSTFLAGS replaces it
//! without a word, whereas a program that lacks this line does not link at all (`__real___sys_io_uring_setup` is
//! undefined).

fn main() {
    println!("cargo::rustc-link-arg=-Wl,--wrap=__sys_io_uring_setup");
    println!("cargo::rerun-if-changed=build.rs");
}
