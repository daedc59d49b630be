//! How every figure is drawn: one drawing in SVG, and the same in PNG.
//!
//! The PNG is made from the SVG (resvg), so there is one drawing code. Its letters are Roboto's, which
//! is part of the program: figures look the same on a machine without fonts.

pub mod attention;
pub mod raster;
pub mod trace;

use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, anyhow};
use image::RgbaImage;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, TextStyle};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Pixels of the PNG for one of the SVG: sharp on today's screens.
const SCALE: f32 = 2.0;

/// Apache License 2.0, see `assets/LICENSE-Roboto`.
const ROBOTO: &[u8] = include_bytes!("../assets/Roboto-Regular.ttf");

/// Okabe and Ito's colours: told apart by colour-blind readers too.
pub const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

/// Ink of text and axes.
pub const INK: RGBColor = RGBColor(38, 38, 38);

/// What is there for orientation only.
pub const FAINT: RGBColor = RGBColor(150, 150, 150);

/// An area that is drawn on.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Two axes of numbers.
pub type Axes = Cartesian2d<RangedCoordf64, RangedCoordf64>;

/// What drawing gives.
pub type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Size of a title's letters, in pixels.
pub const TITLE: u32 = 18;
/// Of what stands at axes and in legends.
pub const LABEL: u32 = 14;

/// Draws on white and gives the SVG.
///
/// # Errors
/// When drawing fails.
pub fn svg(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<String> {
    let mut svg = String::new();
    let drawn = || -> Drawn {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
        Ok(())
    };
    drawn().map_err(|error| anyhow!("a figure cannot be drawn: {error}"))?;
    Ok(svg)
}

/// The SVG as the bytes of a PNG file, sharp on today's screens.
///
/// # Errors
/// When it cannot be drawn.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let picture = raster(svg, SCALE)?;
    picture
        .encode_png()
        .context("a figure cannot be encoded as PNG")
}

/// The SVG in pixels, so that pictures can be laid on it.
///
/// # Errors
/// When it cannot be drawn.
pub fn pixels(svg: &str, scale: f32) -> Result<RgbaImage> {
    let pixmap = raster(svg, scale)?;
    // The ground is opaque, so premultiplied colours are colours.
    RgbaImage::from_raw(pixmap.width(), pixmap.height(), pixmap.data().to_vec())
        .context("a figure has another size than its pixels")
}

fn raster(svg: &str, scale: f32) -> Result<Pixmap> {
    static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(ROBOTO.to_vec());
        fonts.set_sans_serif_family("Roboto");
        Arc::new(fonts)
    });
    let options = Options {
        fontdb: FONTS.clone(),
        font_family: "Roboto".to_owned(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).context("a figure cannot be turned into pixels")?;
    let size = tree.size().to_int_size();
    let [width, height] =
        [size.width(), size.height()].map(|side| (side as f32 * scale).ceil() as u32);
    let mut pixmap = Pixmap::new(width, height).context("a figure has no pixels")?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    Ok(pixmap)
}

/// Letters of this size and colour, anchored there.
pub fn letters(size: u32, colour: RGBColor, across: HPos, down: VPos) -> TextStyle<'static> {
    TextStyle {
        font: (FontFamily::SansSerif, f64::from(size)).into_font(),
        color: colour.to_backend_color(),
        pos: Pos::new(across, down),
    }
}

/// A chart with a title and two described axes on a faint grid.
///
/// # Errors
/// When drawing fails.
pub fn chart<'a, 'b>(
    area: &'b Area<'a>,
    title: &str,
    [across, down]: [(&str, std::ops::Range<f64>); 2],
    [across_label, down_label]: [&dyn Fn(&f64) -> String; 2],
) -> Result<ChartContext<'b, SVGBackend<'a>, Axes>, Box<dyn std::error::Error>> {
    let mut builder = ChartBuilder::on(area);
    if !title.is_empty() {
        builder.caption(title, letters(TITLE, INK, HPos::Left, VPos::Top));
    }
    let mut chart = builder
        .margin(14)
        .margin_right(22)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(across.1, down.1)?;
    let label = letters(LABEL, INK, HPos::Center, VPos::Top);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(228, 228, 228))
        .axis_style(FAINT)
        .label_style(
            (FontFamily::SansSerif, f64::from(LABEL) - 1.0)
                .into_font()
                .color(&INK),
        )
        .axis_desc_style(label)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(across_label)
        .y_label_formatter(down_label)
        .x_desc(across.0)
        .y_desc(down.0)
        .draw()?;
    Ok(chart)
}

/// Dashes from one corner to the other: what chance, or perfect calibration, would give.
///
/// # Errors
/// When drawing fails.
pub fn diagonal<'a, 'b: 'a>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, Axes>,
    colour: RGBColor,
) -> Drawn {
    let ends = [(0.0, 0.0), (1.0, 1.0)];
    chart.draw_series(DashedLineSeries::new(ends, 5, 4, colour.stroke_width(1)))?;
    Ok(())
}

/// A legend with these letters.
///
/// # Errors
/// When drawing fails.
pub fn legend<'a, 'b: 'a>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, Axes>,
    place: SeriesLabelPosition,
) -> Drawn {
    chart
        .configure_series_labels()
        .position(place)
        .margin(10)
        .label_font(letters(LABEL, INK, HPos::Left, VPos::Top))
        .border_style(RGBColor(210, 210, 210))
        .background_style(WHITE.mix(0.92))
        .draw()?;
    Ok(())
}

/// `90 %` of 0.9.
pub fn percent(share: &f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// What of the text fits into `width` pixels of letters of `size`, its beginning left out: of a path
/// the end tells most.
pub fn end_of(text: &str, size: u32, width: u32) -> String {
    // Roboto's letters are a little more than half as wide as high.
    let most = (f64::from(width) / (0.54 * f64::from(size))) as usize;
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let end: String = text.chars().skip(count + 1 - most.max(1)).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_in_pixels_is_of_twice_the_size() {
        let svg = svg((60, 40), |area| {
            let style = letters(LABEL, INK, HPos::Left, VPos::Top);
            area.draw_text("<a & b> é", &style, (4, 4))?;
            Ok(())
        })
        .unwrap();
        assert!(svg.contains("&lt;a &amp; b&gt; é"), "{svg}");
        let png = image::load_from_memory(&png(&svg).unwrap())
            .unwrap()
            .to_luma8();
        assert_eq!(png.dimensions(), (120, 80));
        // There is ink where the letters are, and none below them.
        let dark = |rows: std::ops::Range<u32>| {
            rows.flat_map(|y| (0..120).map(move |x| (x, y)))
                .filter(|(x, y)| png.get_pixel(*x, *y).0[0] < 128)
                .count()
        };
        assert!(dark(0..40) > 50);
        assert_eq!(dark(48..80), 0);
    }

    #[test]
    fn a_long_path_keeps_its_end() {
        assert_eq!(end_of("a/b.png", 10, 100), "a/b.png");
        let short = end_of("Training/glioma_tumor/gg (12).jpg", 10, 100);
        assert!(
            short.starts_with('…') && short.ends_with("(12).jpg"),
            "{short}"
        );
        assert!(short.chars().count() <= 18, "{short}");
        assert_eq!(end_of("abc", 10, 0), "…");
    }
}
