//! Figures of bars that tell their numbers and zoom: one run large, or several as small multiples.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    chart::{
        Grid, Series, grid,
        style::{Theme, escape},
    },
    report::page::bars,
};

/// A chart twice, wide, and narrow for small screens (the style sheet shows one), with what zooms it and what tells its
/// numbers; `more` comes below and zooms with it.
pub fn framed(wide: &str, narrow: &str, caption: &str, more: &str) -> String {
    let mut html = String::from("<figure class=\"chart\" data-charts><div class=\"zoom\" hidden>");
    for (how, label) in [("in", "zoom in"), ("out", "zoom out"), ("all", "all")] {
        let _ = write!(html, "<button type=\"button\" data-zoom=\"{how}\">{label}</button>");
    }
    let _ = write!(
        html,
        "<span class=\"soft\"></span></div><div class=\"wide\">{wide}</div><div class=\"narrow\">{narrow}</div>\
         <figcaption>{}<span class=\"hint\"> · point at a bar, or use the arrow keys, for its numbers; drag over bars to \
         zoom in</span></figcaption>{more}<output class=\"tip\" hidden></output></figure>",
        escape(caption)
    );
    html
}

/// Several runs as small pictures, at most so many side by side, with the numbers behind them.
pub fn multiples(all: &[Series], columns: usize, one_scale: bool, caption: &str) -> (String, Vec<Value>) {
    let draw = |columns, width| {
        let of = Grid { title: "Tasks by state", facts: "", columns, width, one_scale, theme: Theme::Inherit };
        grid(all, &of)
    };
    let figure = framed(&draw(columns, 1080.0), &draw(1, 400.0), caption, "");
    (figure, all.iter().map(|series| bars(series, &[])).collect())
}
