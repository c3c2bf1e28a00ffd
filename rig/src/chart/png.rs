//! The PNG: the same SVG, rasterised with the font that this program carries.

use std::sync::Arc;

use once_cell::sync::OnceCell;
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{self, fontdb},
};

use crate::exit::{Code, Failure};

/// Dots for each unit of the SVG: sharp on dense screens and on paper.
const SCALE: f32 = 2.0;

/// DejaVu Sans; its licence stands beside it in `fonts/`.
static FONTS: [&[u8]; 2] =
    [include_bytes!("../../fonts/DejaVuSans.ttf"), include_bytes!("../../fonts/DejaVuSans-Bold.ttf")];

/// Rasterises a stand-alone chart.
///
/// # Errors
/// The SVG is not valid: a bug of the chart.
pub fn from_svg(svg: &str) -> Result<Vec<u8>, Failure> {
    let bug = |what: String| Failure::new(Code::Internal, format!("the chart could not be turned into a PNG: {what}"));
    let options = usvg::Options { fontdb: fonts()?, font_family: "DejaVu Sans".to_owned(), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| bug(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| bug("it has no size".to_owned()))?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or_else(|| bug("it has no size".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| bug(error.to_string()))
}

fn fonts() -> Result<Arc<fontdb::Database>, Failure> {
    static LOADED: OnceCell<Arc<fontdb::Database>> = OnceCell::new();
    LOADED
        .get_or_try_init(|| {
            let mut fonts = fontdb::Database::new();
            for font in FONTS {
                fonts.load_font_data(font.to_vec());
            }
            if fonts.is_empty() {
                return Err(Failure::new(Code::Internal, "the font that this program carries cannot be read"));
            }
            Ok(Arc::new(fonts))
        })
        .cloned()
}
