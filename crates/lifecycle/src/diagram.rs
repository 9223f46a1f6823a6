//! The table as a picture: Graphviz dot, for ARCHITECTURE.md and for the eyes of a reviewer.

use crate::State;
use crate::table::{Row, TABLE, When};
use std::fmt::Write;

/// Draws the table. One edge a row and state.
#[must_use]
pub fn dot() -> String {
    let mut text = String::from("digraph lifecycle {\n  rankdir=LR\n");
    for row in TABLE {
        for &from in row.from {
            let to = row.to.unwrap_or(from);
            let _ = writeln!(
                text,
                "  {} -> {} [label=\"{}\"]",
                name(from),
                name(to),
                label(row)
            );
        }
    }
    text.push_str("}\n");
    text
}

fn label(row: &Row) -> String {
    let mut text = format!("{:?}", row.event);
    if row.when != When::Always {
        let _ = write!(text, " [{:?}]", row.when);
    }
    let actions: Vec<String> = row.actions.iter().map(|action| format!("{action:?}")).collect();
    let _ = write!(text, " / {}", actions.join(", "));
    text
}

fn name(state: State) -> String {
    match state {
        State::Ended(end) => format!("{end:?}"),
        other => format!("{other:?}_"),
    }
}
