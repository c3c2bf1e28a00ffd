//! Colours and fonts of the chart.

use crate::chart::states;

/// Who gives the chart its colours and fonts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// The chart itself: a file that is looked at alone, on white paper, with the font that this program carries.
    Standalone,
    /// The page around it: the report's style sheet colours the classes.
    Inherit,
}

/// Classes and colours on paper; those of the states are in [`states`].
const STANDALONE: &str = "
.hc-paper{fill:#ffffff}
text{font-family:'DejaVu Sans',Verdana,sans-serif;font-size:13px;fill:#3b4252}
.hc-title{font-size:20px;font-weight:bold;fill:#1c2333}
.hc-facts{font-size:13px;fill:#5b6478}
.hc-panel{font-size:14px;font-weight:bold;fill:#1c2333}
.hc-tick{font-size:12px;fill:#5b6478}
.hc-mark{font-size:12px;stroke:#ffffff}
.hc-end{text-anchor:end}
.hc-mid{text-anchor:middle}
.hc-grid{stroke:#e3e7ee;stroke-width:1;fill:none}
.hc-axis{stroke:#9aa3b5;stroke-width:1;fill:none}
.hc-step{stroke:#9aa3b5;stroke-width:1;stroke-dasharray:2 4;fill:none}
.hc-target{stroke:#1c2333;stroke-width:2;stroke-dasharray:6 4;fill:none}
.hc-hatch{stroke:#ffffff;stroke-width:1.5;fill:none}
.hc-age{fill:#c98a1b}
";

impl Theme {
    /// Room on the left and on the right: a page has its own.
    pub(crate) fn margin(self) -> f64 {
        match self {
            Theme::Standalone => 24.0,
            Theme::Inherit => 2.0,
        }
    }

    /// The style element, if the chart brings its own.
    pub(crate) fn defs(self) -> String {
        match self {
            Theme::Standalone => format!("<style>{STANDALONE}{}</style>\n", states::rules()),
            Theme::Inherit => String::new(),
        }
    }
}

/// Text that may stand in XML and HTML, in elements and in quoted attributes. Control characters, which XML forbids,
/// become `�`.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(character),
            control if control.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}
