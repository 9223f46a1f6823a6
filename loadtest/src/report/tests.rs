//! The report: self-contained, escaped, honest about void runs.

use super::{render, render_sweep};
use crate::folder;
use crate::scenario::{Loop, Slo};
use crate::summary::derive;
use crate::sweep::conclude;
use crate::synthetic::{Scratch, USUAL, write};

fn page(void: bool) -> String {
    let scratch = Scratch::new();
    let folder = scratch.0.join("run");
    write(&folder, USUAL);
    let raw = folder::read(&folder).unwrap();
    let mut summary = derive(
        &raw.conditions.scenario,
        &raw.entries,
        &raw.samples,
        raw.checksums.clone(),
    );
    if void {
        summary.void.push("because <b>".to_owned());
    }
    render(&raw, &summary)
}

#[test]
fn nothing_is_fetched_from_elsewhere() {
    let page = page(false);
    for word in ["http://", "https://", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("prefers-color-scheme:dark"));
    assert_eq!(page.matches("<figure").count(), page.matches("</figure>").count());
    assert!(page.matches("<svg").count() >= 4);
    assert!(!page.contains("NaN") && !page.contains("inf"));
}

#[test]
fn texts_are_escaped_and_void_runs_say_so() {
    assert!(page(false).contains("synthetic &lt;&amp;&gt;"));
    let void = page(true);
    assert!(void.contains("Void: nothing may be concluded") && void.contains("because &lt;b&gt;"));
    assert!(!page(false).contains("Void:"));
}

#[test]
fn an_empty_sweep_is_drawn_too() {
    let sweep = conclude(
        Vec::new(),
        Loop::Open,
        Slo::default(),
        "nothing was measured".to_owned(),
    );
    assert!(render_sweep("x", &sweep).contains("nothing was measured"));
}
