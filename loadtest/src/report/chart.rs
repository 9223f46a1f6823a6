//! One drawing: axes, lines, bands, marks, a legend and what the pointer shows.
//!
//! Under `figures`. Invariants: plain SVG that is readable without script; colours are names of the page's style,
//! so that light and dark need no second drawing; coordinates are rounded to a tenth, so that the same data give
//! the same octets.

use super::page::escape;
use super::scale::Axis;
use std::fmt::Write as _;

/// Size of the drawing and of the margins around its field.
const WIDTH: f64 = 940.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 18.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 44.0;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    /// Whole.
    Solid,
    /// Dashed: the same thing, seen otherwise.
    Dashed,
    /// Points only.
    Dots,
    /// Whole, with the field below it tinted.
    Area,
}

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) colour: usize,
    pub(super) stroke: Stroke,
    pub(super) points: Vec<(f64, f64)>,
}

/// A drawing.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) height: f64,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) x_name: &'static str,
    pub(super) y_name: &'static str,
    pub(super) lines: Vec<Line>,
    /// Stretches of the x axis with a name: phases.
    pub(super) bands: Vec<(f64, f64, String)>,
    /// Places on the x axis with a name: a knee.
    pub(super) marks: Vec<(f64, String)>,
    /// Heights with a name: an objective.
    pub(super) levels: Vec<(f64, String)>,
}

impl Chart {
    /// Adds it to the page.
    pub(super) fn draw(&self, out: &mut String) {
        let _ = write!(
            out,
            "<figure class=\"card\"><figcaption><h2>{}</h2>",
            escape(&self.title)
        );
        if !self.text.is_empty() {
            let _ = write!(out, "<p>{}</p>", escape(&self.text));
        }
        self.legend(out);
        let _ = write!(
            out,
            "</figcaption><svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{}\">",
            self.height,
            escape(&self.title)
        );
        self.field(out);
        for line in &self.lines {
            self.line(line, out);
        }
        let foot = self.height - BOTTOM;
        let _ = write!(
            out,
            "<line class=\"cross\" y1=\"{TOP}\" y2=\"{foot}\"/><rect class=\"hit\" x=\"{LEFT}\" y=\"{TOP}\" \
             width=\"{}\" height=\"{}\"/></svg><output></output></figure>",
            WIDTH - LEFT - RIGHT,
            foot - TOP
        );
    }

    fn legend(&self, out: &mut String) {
        out.push_str("<ul class=\"legend\">");
        for line in &self.lines {
            let class = match line.stroke {
                Stroke::Dashed => " dashed",
                Stroke::Dots => " dots",
                Stroke::Solid | Stroke::Area => "",
            };
            let _ = write!(
                out,
                "<li><i class=\"c{}{class}\"></i>{}</li>",
                line.colour % 8,
                escape(&line.name)
            );
        }
        out.push_str("</ul>");
    }

    fn x_at(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y_at(&self, value: f64) -> f64 {
        let foot = self.height - BOTTOM;
        foot - self.y.place(value) * (foot - TOP)
    }

    /// Bands, grid, marks and levels.
    fn field(&self, out: &mut String) {
        self.bands(out);
        self.grid(out);
        self.marks(out);
    }

    fn bands(&self, out: &mut String) {
        let foot = self.height - BOTTOM;
        for (index, (from, to, name)) in self.bands.iter().enumerate() {
            let (left, right) = (self.x_at(*from), self.x_at(*to));
            let _ = write!(
                out,
                "<rect class=\"band b{}\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                index % 2,
                (right - left).max(0.0),
                foot - TOP
            );
            if right - left > 7.0 * name.len() as f64 {
                let _ = write!(
                    out,
                    "<text class=\"band\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                    (left + right) / 2.0,
                    TOP + 13.0,
                    escape(name)
                );
            }
        }
    }

    /// Lines at round numbers, the numbers, the axes' names.
    fn grid(&self, out: &mut String) {
        let foot = self.height - BOTTOM;
        for mark in self.y.marks() {
            let y = self.y_at(mark);
            let _ = write!(
                out,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"y\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                self.y.say(mark)
            );
        }
        for mark in self.x.marks() {
            let x = self.x_at(mark);
            let _ = write!(
                out,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{foot:.1}\"/>\
                 <text class=\"x\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>",
                foot + 18.0,
                self.x.say(mark)
            );
        }
        let _ = write!(
            out,
            "<text class=\"x name\" x=\"{:.1}\" y=\"{:.1}\">{}</text><text class=\"name\" \
             transform=\"translate(14 {:.1}) \
             rotate(-90)\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            foot + 37.0,
            self.x_name,
            (TOP + foot) / 2.0,
            self.y_name
        );
    }

    fn marks(&self, out: &mut String) {
        let foot = self.height - BOTTOM;
        for (at, name) in &self.marks {
            let x = self.x_at(*at);
            let _ = write!(
                out,
                "<line class=\"mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{foot:.1}\"/>\
                 <text class=\"mark\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x + 6.0,
                TOP + 14.0,
                escape(name)
            );
        }
        for (at, name) in &self.levels {
            let y = self.y_at(*at);
            let _ = write!(
                out,
                "<line class=\"mark\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"mark\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                WIDTH - RIGHT,
                LEFT + 6.0,
                y - 5.0,
                escape(name)
            );
        }
    }

    /// A line, and what the pointer shows of it: place and text of each point.
    fn line(&self, line: &Line, out: &mut String) {
        let places: Vec<(f64, f64)> = line
            .points
            .iter()
            .map(|(x, y)| (self.x_at(*x), self.y_at(*y)))
            .collect();
        let mut path = String::new();
        for (index, (x, y)) in places.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
        }
        let colour = line.colour % 8;
        if line.stroke == Stroke::Area
            && let (Some((first, _)), Some((last, _))) = (places.first(), places.last())
        {
            let foot = self.height - BOTTOM;
            let _ = write!(
                out,
                "<path class=\"area c{colour}\" d=\"{path}L{last:.1} {foot:.1}L{first:.1} {foot:.1}Z\"/>"
            );
        }
        if line.stroke == Stroke::Dots {
            for (x, y) in &places {
                let _ = write!(
                    out,
                    "<circle class=\"c{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
                );
            }
        } else {
            let dashed = if line.stroke == Stroke::Dashed {
                " dashed"
            } else {
                ""
            };
            let _ = write!(out, "<path class=\"line c{colour}{dashed}\" d=\"{path}\"/>");
        }
        let mut told = String::new();
        for ((x, _), (at, value)) in places.iter().zip(&line.points) {
            let _ = write!(told, "{x:.1}|{}|{};", self.x.say(*at), self.y.say(*value));
        }
        let _ = write!(
            out,
            "<g class=\"told\" data-name=\"{}\" data-colour=\"{colour}\" data-points=\"{}\"/>",
            escape(&line.name),
            escape(&told)
        );
    }
}
