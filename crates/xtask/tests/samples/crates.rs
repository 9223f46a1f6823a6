//! Samples for the checks of crates and manifests: rings, confined libraries, reasons, lints.
//!
//! Data for `canaries.rs`.
//!
//! Invariants: none of its own; the manifests are as short as they can be.

use xtask::tree::{File, Tree};

use crate::{Sample, depends, member, passed, refused, source};

pub(crate) fn samples() -> Vec<Sample> {
    let mut all = rings();
    all.extend(confined());
    all.extend(manifests());
    all
}

fn rings() -> Vec<Sample> {
    vec![
        refused(
            "ring-known",
            depends("helpers", &[]),
            &[(1, "`helpers` is in no ring")],
        ),
        passed("ring-known", depends("mm7", &[])),
        refused(
            "ring-edge",
            depends("base", &["mms"]),
            &[(1, "`base` may not depend on `mms`: Codecs lies outside Words")],
        ),
        refused(
            "ring-edge",
            depends("admit", &["mms"]),
            &[(1, "rules never import a codec")],
        ),
        refused(
            "ring-edge",
            depends("mms", &["admit"]),
            &[(1, "Rules lies outside Codecs")],
        ),
        refused(
            "ring-edge",
            depends("http1", &["wsp"]),
            &[(1, "not listed in SAME_RING")],
        ),
        refused(
            "ring-edge",
            depends("wsp", &["mms"]),
            &[(1, "not listed in SAME_RING")],
        ),
        refused(
            "ring-edge",
            depends("control", &["engine"]),
            &[(1, "control plane never calls engine")],
        ),
        refused(
            "ring-edge",
            depends("loadtest", &["admit", "engine"]),
            &[(1, "a client"), (1, "a client")],
        ),
        refused(
            "ring-edge",
            depends("ringpost", &["xtask"]),
            &[(1, "both are Programs")],
        ),
        passed(
            "ring-edge",
            depends("mms", &["base", "wsp", "lib:thiserror", "test:engine"]),
        ),
        passed(
            "ring-edge",
            depends("store", &["journal", "lifecycle", "mms", "base"]),
        ),
        passed("ring-edge", depends("ringpost", &["engine", "control", "base"])),
        passed("ring-edge", depends("tests", &["ringpost", "loadtest", "engine"])),
        passed("ring-edge", depends("loadtest", &["mms", "base"])),
    ]
}

fn confined() -> Vec<Sample> {
    let of = |name: &str, text: &str| Tree {
        files: vec![File::new(format!("crates/{name}/src/lib.rs"), text)],
        members: vec![member(name, &[])],
    };
    vec![
        refused(
            "confined-dependency",
            depends("shard", &["lib:glommio", "lib:memmap2", "test:lib:rkyv"]),
            &[
                (1, "`glommio` belongs to engine and loadtest"),
                (1, "`memmap2` belongs to journal"),
                (1, "`rkyv`"),
            ],
        ),
        passed("confined-dependency", depends("engine", &["lib:glommio"])),
        passed("confined-dependency", depends("store", &["lib:rkyv", "lib:libc"])),
        refused(
            "confined-path",
            of("shard", "//! x\nuse glommio::Task;\n"),
            &[(2, "`glommio` belongs")],
        ),
        refused(
            "confined-path",
            of("shard", "fn f() {\n    ::rkyv::access();\n}\n"),
            &[(2, "`rkyv` belongs to store")],
        ),
        refused(
            "confined-path",
            of("store", "macro_rules! m {() => {memmap2::Mmap}}\n"),
            &[(1, "`memmap2`")],
        ),
        passed("confined-path", of("engine", "use glommio::Task;\n")),
        passed(
            "confined-path",
            of(
                "shard",
                "// glommio::Task\n/// Like glommio::Task.\nfn glommio() { x::glommio::y() }\n",
            ),
        ),
        passed(
            "confined-path",
            of(
                "shard",
                "const S: &str = \"glommio::Task\";\nuse super::glommio::Task;\n",
            ),
        ),
    ]
}

fn manifests() -> Vec<Sample> {
    let root = |text: &str| source("Cargo.toml", text);
    let base = |text: &str| source("crates/base/Cargo.toml", text);
    vec![
        refused(
            "dependency-reason",
            root(
                "[workspace.dependencies]\n# Words.\nbase = { path = \"b\" }\nahash = \"0.8\"\nlibc = \"0.2\" # C.\n",
            ),
            &[(4, "`ahash` has no reason"), (5, "`libc` has no reason")],
        ),
        passed(
            "dependency-reason",
            root("[workspace.dependencies]\nahash = \"0.8\" # Fast keyed hash of numbers.\n\n[x]\ny = 1\n"),
        ),
        refused(
            "dependency-inherited",
            base(
                "[dependencies]\nahash = \"0.8\"\n\n[target.x.dev-dependencies]\nwsp = { path = \"../wsp\" }\n",
            ),
            &[(2, "not from the workspace"), (5, "not from the workspace")],
        ),
        passed(
            "dependency-inherited",
            base("[dependencies]\na.workspace = true\nb = { workspace = true, optional = true } # x\n"),
        ),
        refused(
            "lints-inherited",
            base("[package]\nname = \"base\"\n"),
            &[(1, "no lint is enforced")],
        ),
        refused(
            "lints-inherited",
            base("[package]\nname = \"base\"\n[lints.rust]\nunsafe_code = \"allow\"\n"),
            &[(1, "no lint")],
        ),
        passed(
            "lints-inherited",
            base("[package]\nname = \"base\"\n\n[lints]\nworkspace = true\n"),
        ),
    ]
}
