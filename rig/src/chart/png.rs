//! The PNG: the same SVG, rasterised with the font that this program carries.

use std::{io, ops::Range, sync::Arc};

use once_cell::sync::OnceCell;
use png::{BitDepth, ColorType, Encoder};
use resvg::{
    tiny_skia::{Color, IntSize, Pixmap, Transform},
    usvg::{self, Tree, fontdb},
};

use crate::exit::{Code, Failure};

/// Dots for each unit of the SVG: sharp on dense screens and on paper.
const SCALE: f32 = 2.0;

/// So many rows of dots are drawn and compressed at a time. A whole picture has 12 MB of dots, and would be the most that the
/// program ever holds of a small run.
const BAND: u32 = 200;

/// What lies across the edge of a picture is drawn a little differently: so many rows above and below a band are drawn with it.
const MARGIN: u32 = 2;

/// DejaVu Sans; its licence stands beside it in `fonts/`.
static FONTS: [&[u8]; 2] =
    [include_bytes!("../../fonts/DejaVuSans.ttf"), include_bytes!("../../fonts/DejaVuSans-Bold.ttf")];

/// Rasterises a stand-alone chart.
///
/// # Errors
/// The SVG is not valid: a bug of the chart.
pub fn from_svg(svg: &str) -> Result<Vec<u8>, Failure> {
    let bug = |what: &str| Failure::new(Code::Internal, format!("the chart could not be turned into a PNG: {what}"));
    let options = usvg::Options { fontdb: fonts()?, font_family: "DejaVu Sans".to_owned(), ..usvg::Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| bug(&error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| bug("it has no size"))?;
    encoded(&tree, size).map_err(|error| bug(&error.to_string()))
}

fn encoded(tree: &Tree, size: IntSize) -> io::Result<Vec<u8>> {
    let mut picture = Vec::new();
    let mut encoder = Encoder::new(&mut picture, size.width(), size.height());
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let mut rows = writer.stream_writer()?;
    for top in (0..size.height()).step_by(BAND as usize) {
        draw(tree, size.width(), top..size.height().min(top + BAND), &mut rows)?;
    }
    rows.finish()?;
    writer.finish()?;
    Ok(picture)
}

/// Draws some rows of dots, and hands them on.
fn draw(tree: &Tree, width: u32, rows: Range<u32>, out: &mut impl io::Write) -> io::Result<()> {
    let height = rows.end - rows.start;
    let Some(mut dots) = Pixmap::new(width, height + 2 * MARGIN) else { return Ok(()) };
    // On paper no dot is transparent, so none has to be divided by its alpha.
    dots.fill(Color::WHITE);
    let at = Transform::from_scale(SCALE, SCALE).post_translate(0.0, MARGIN as f32 - rows.start as f32);
    resvg::render(tree, at, &mut dots.as_mut());
    let bytes = |rows: u32| (rows * width) as usize * 4;
    out.write_all(&dots.data()[bytes(MARGIN)..bytes(MARGIN + height)])
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
