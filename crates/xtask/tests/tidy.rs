//! The tidy test: every check of the house over this checkout.
//!
//! It stands at the end of the house's flow: what it refuses does not land. That the checks can refuse at all is
//! shown in `canaries.rs`.
//!
//! Invariants: reads the checkout only; needs cargo, and git where there is a `.git`.

use xtask::checks;
use xtask::tree::{Tree, workspace};

#[test]
fn the_checkout_keeps_the_house_rules() {
    let tree = Tree::load(&workspace()).expect("the workspace can be read");

    assert!(
        tree.members
            .iter()
            .any(|m| m.name == "xtask" && m.folder == "crates/xtask"),
        "{:?}",
        tree.members
    );
    let this = tree
        .files
        .iter()
        .find(|f| f.path == "crates/xtask/tests/tidy.rs")
        .expect("this file is in the tree");
    assert!(this.is_test() && this.tokens.as_ref().is_ok_and(|t| t.len() > 50));

    let findings: Vec<String> = checks::run(&tree).iter().map(ToString::to_string).collect();
    assert!(
        findings.is_empty(),
        "{} findings\n{}\n",
        findings.len(),
        findings.join("\n")
    );
}
