//! Contact sheets: rows of pictures under headings, with captions.

use std::io::Cursor;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use image::DynamicImage;
use image::codecs::png::PngEncoder;
use image::imageops::{self, FilterType};
use plotters::element::Rectangle;
use plotters::style::Color;
use plotters::style::text_anchor::{HPos, VPos};

use crate::canvas::{Area, DrawResult, TITLE_HEIGHT, svg};
use crate::error::FigureError;
use crate::fonts::text_width;
use crate::pixels::{PNG_SCALE, pixels};
use crate::style::{CAPTION_SIZE, Colour, INK, LABEL_SIZE, TITLE_SIZE, text_style};
use crate::text::truncate_start;

/// Space around the sheet, in pixels.
const MARGIN: u32 = 16;

/// Height of a heading that is not a title, in pixels.
const HEADING_HEIGHT: u32 = 26;

/// Height of a line of a caption, in pixels.
const LINE: u32 = 17;

/// Width of a frame, in pixels; it lies in the gap between pictures.
const FRAME: u32 = 3;

/// A contact sheet.
///
/// # Examples
/// ```
/// use figures::Colour;
/// use figures::sheet::{Row, Sheet, Tile};
///
/// let tile = Tile {
///     picture: image::DynamicImage::new_luma8(28, 28),
///     frame: None,
///     captions: vec![("a digit".to_owned(), Colour::Ink)],
/// };
/// let rows = vec![Row::Title("Digits".to_owned()), Row::tiles([tile])];
/// let sheet = Sheet { side: 56, gap: 8, columns: 4, rows };
/// assert!(sheet.svg()?.contains("a digit"));
/// # Ok::<(), figures::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Longer side of each picture, in pixels.
    pub side: u32,
    /// Space between pictures, in pixels. A frame takes 3 of it on every side.
    pub gap: u32,
    /// Minimum width of the sheet, in pictures.
    pub columns: usize,
    /// Rows from the top down.
    pub rows: Vec<Row>,
}

/// Row of a [`Sheet`].
#[derive(Clone, Debug)]
pub enum Row {
    /// Large text.
    Title(String),
    /// Text of the usual size, in a colour.
    Heading(String, Colour),
    /// Pictures side by side, with a name on the left; none if empty.
    Tiles {
        /// Name of the row.
        name: String,
        /// Pictures.
        tiles: Vec<Tile>,
    },
}

impl Row {
    /// Creates a row of pictures without a name.
    pub fn tiles(tiles: impl IntoIterator<Item = Tile>) -> Self {
        Self::Tiles {
            name: String::new(),
            tiles: tiles.into_iter().collect(),
        }
    }
}

/// Picture of a [`Sheet`].
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// The picture. Its pixels are enlarged without smoothing.
    pub picture: DynamicImage,
    /// Colour of a frame around it.
    pub frame: Option<Colour>,
    /// Lines below it.
    pub captions: Vec<(String, Colour)>,
}

/// Tile at its upper left corner, in pixels.
type Placed<'a> = ([u32; 2], &'a Tile);

impl Sheet {
    /// Draws the sheet and returns the SVG, with the pictures embedded at their own resolution.
    ///
    /// # Errors
    /// When drawing fails.
    pub fn svg(&self) -> Result<String, FigureError> {
        let (mut svg, placed) = self.drawn()?;
        svg.truncate(svg.rfind("</svg>").unwrap_or(svg.len()));
        for ([left, top], tile) in placed {
            let [width, height] = self.size(&tile.picture);
            let data = BASE64_STANDARD.encode(encoded(&tile.picture)?);
            svg += &format!(
                "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>\n"
            );
        }
        Ok(svg + "</svg>\n")
    }

    /// Draws the sheet and returns the bytes of a PNG file, at twice the size.
    ///
    /// # Errors
    /// When drawing fails.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        let (svg, placed) = self.drawn()?;
        let mut sheet = pixels(&svg, PNG_SCALE as f32)?;
        for (corner, tile) in placed {
            let [width, height] = self.size(&tile.picture).map(|side| PNG_SCALE * side);
            let is_enlarged = width >= tile.picture.width();
            let filter = [FilterType::Triangle, FilterType::Nearest][usize::from(is_enlarged)];
            let picture = tile
                .picture
                .resize_exact(width, height, filter)
                .into_rgba8();
            let [left, top] = corner.map(|place| i64::from(PNG_SCALE * place));
            imageops::replace(&mut sheet, &picture, left, top);
        }
        encoded(&DynamicImage::from(DynamicImage::from(sheet).into_rgb8()))
    }

    /// Returns width and height of a picture on the sheet, in pixels.
    fn size(&self, picture: &DynamicImage) -> [u32; 2] {
        let sides = [picture.width(), picture.height()];
        let longer = sides[0].max(sides[1]).max(1);
        sides.map(|side| (side * self.side / longer).max(1))
    }

    /// Draws everything but the pictures, and returns where these are.
    fn drawn(&self) -> Result<(String, Vec<Placed<'_>>), FigureError> {
        let left = self.left();
        let size = self.total_size(left);
        let mut placed = Vec::new();
        let svg = svg(size, |area| {
            let mut top = MARGIN;
            for row in &self.rows {
                self.draw_row(area, row, [left, top], &mut placed)?;
                top += self.height(row);
            }
            Ok(())
        })?;
        Ok((svg, placed))
    }

    /// Returns the left end of the pictures, which leaves space for the names of rows.
    fn left(&self) -> u32 {
        let widths = self.rows.iter().map(|row| match row {
            Row::Tiles { name, .. } if !name.is_empty() => {
                text_width(name, LABEL_SIZE).ceil() as u32 + self.gap
            }
            _ => 0,
        });
        MARGIN + widths.max().unwrap_or(0)
    }

    fn total_size(&self, left: u32) -> (u32, u32) {
        let widths = self.rows.iter().map(|row| match row {
            Row::Title(text) => MARGIN + text_width(text, TITLE_SIZE).ceil() as u32,
            Row::Heading(text, _) => MARGIN + text_width(text, LABEL_SIZE).ceil() as u32,
            Row::Tiles { tiles, .. } => left + tiles.len() as u32 * (self.side + self.gap),
        });
        let heights = self.rows.iter().map(|row| self.height(row));
        let columns = left + self.columns as u32 * (self.side + self.gap);
        let width = widths.fold(columns, u32::max) + MARGIN;
        (width, heights.sum::<u32>() + 2 * MARGIN)
    }

    fn height(&self, row: &Row) -> u32 {
        match row {
            Row::Title(_) => TITLE_HEIGHT,
            Row::Heading(..) => HEADING_HEIGHT,
            Row::Tiles { tiles, .. } => {
                let lines = tiles.iter().map(|tile| tile.captions.len());
                self.side + lines.max().unwrap_or(0) as u32 * LINE + self.gap
            }
        }
    }

    fn draw_row<'a>(
        &self,
        area: &Area<'_>,
        row: &'a Row,
        [left, top]: [u32; 2],
        placed: &mut Vec<Placed<'a>>,
    ) -> DrawResult {
        let middle = |height: u32| (MARGIN as i32, (top + height / 2) as i32);
        match row {
            Row::Title(text) => {
                let style = text_style(TITLE_SIZE, INK, HPos::Left, VPos::Center);
                area.draw_text(text, &style, middle(TITLE_HEIGHT - MARGIN))?;
            }
            Row::Heading(text, colour) => {
                let style = text_style(LABEL_SIZE, colour.rgb(), HPos::Left, VPos::Center);
                area.draw_text(text, &style, middle(HEADING_HEIGHT - FRAME))?;
            }
            Row::Tiles { name, tiles } => {
                let style = text_style(LABEL_SIZE, INK, HPos::Right, VPos::Center);
                let place = ((left - self.gap) as i32, (top + self.side / 2) as i32);
                area.draw_text(name, &style, place)?;
                for (column, tile) in (0..).zip(tiles) {
                    let corner = [left + column * (self.side + self.gap), top];
                    self.draw_tile(area, tile, corner)?;
                    placed.push((corner, tile));
                }
            }
        }
        Ok(())
    }

    /// Draws frame and captions of a tile.
    fn draw_tile(&self, area: &Area<'_>, tile: &Tile, [left, top]: [u32; 2]) -> DrawResult {
        let [width, height] = self.size(&tile.picture);
        if let Some(colour) = tile.frame {
            let corner = |x: u32, y: u32, frame: i32| (x as i32 + frame, y as i32 + frame);
            let corners = [
                corner(left, top, -(FRAME as i32)),
                corner(left + width, top + height, FRAME as i32),
            ];
            area.draw(&Rectangle::new(corners, colour.rgb().filled()))?;
        }
        for (line, (text, colour)) in (0..).zip(&tile.captions) {
            let style = text_style(CAPTION_SIZE, colour.rgb(), HPos::Left, VPos::Top);
            let text = truncate_start(text, CAPTION_SIZE, self.side);
            let place = (left as i32, (top + self.side + 4 + line * LINE) as i32);
            area.draw_text(&text, &style, place)?;
        }
        Ok(())
    }
}

fn encoded(picture: &DynamicImage) -> Result<Vec<u8>, FigureError> {
    let mut png = Cursor::new(Vec::new());
    // `write_to` would compile the encoders of all formats.
    let written = picture.write_with_encoder(PngEncoder::new(&mut png));
    written.map_err(|error| FigureError::Encode(error.to_string()))?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::GrayImage;

    fn sheet() -> Sheet {
        let picture = GrayImage::from_raw(2, 1, vec![0, 200]).unwrap();
        let tile = Tile {
            picture: picture.into(),
            frame: Some(Colour::Alert),
            captions: vec![("正常".to_owned(), Colour::Series(2))],
        };
        let rows = vec![
            Row::Title("सामान्य".to_owned()),
            Row::Heading("2 pictures".to_owned(), Colour::Alert),
            Row::tiles([tile.clone(), tile]),
        ];
        Sheet {
            side: 8,
            gap: 8,
            columns: 9,
            rows,
        }
    }

    #[test]
    fn pictures_and_captions_are_in_the_svg() {
        let svg = sheet().svg().unwrap();
        assert_eq!(svg.matches("width=\"8\" height=\"4\"").count(), 2);
        assert_eq!(svg.matches("base64,iVBORw0").count(), 2);
        for text in ["सामान्य", "2 pictures", "#C81E1E", "#009E73"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        assert!(svg.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn pictures_frames_and_names_are_in_the_png() {
        let sheet = sheet();
        let png = image::load_from_memory(&sheet.png().unwrap())
            .unwrap()
            .to_rgb8();
        let (left, top) = (MARGIN, MARGIN + TITLE_HEIGHT + HEADING_HEIGHT);
        let at = |x: u32, y: u32| png.get_pixel(x * PNG_SCALE, y * PNG_SCALE).0;
        let pixels = [at(left, top), at(left + 4, top), at(left + 16, top + 3)];
        assert_eq!(pixels, [[0; 3], [200; 3], [0; 3]]);
        assert_eq!([at(left - 2, top), at(left, top + 5)], [[200, 30, 30]; 2]);
        assert!(png.width() >= PNG_SCALE * 9 * (8 + 8));
        // The title, which Roboto has no characters for, leaves ink.
        let title = (0..(MARGIN + TITLE_HEIGHT) * PNG_SCALE)
            .flat_map(|y| (0..png.width()).map(move |x| (x, y)))
            .filter(|(x, y)| png.get_pixel(*x, *y).0[0] < 128);
        assert!(title.count() > 50);
    }
}
