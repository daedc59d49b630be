//! A picture drawn in the terminal.

use std::io::{self, IsTerminal};

use image::DynamicImage;

/// The largest picture, in columns; a row counts as two.
const SIDE: f64 = 40.0;

/// Draws the picture where the cursor stands, in half blocks or by the terminal's own protocol.
///
/// # Errors
/// The terminal refuses.
pub fn draw(picture: &DynamicImage, width: usize) -> viuer::ViuResult {
    let side = SIDE.min(width.saturating_sub(2) as f64);
    let (across, down) = (f64::from(picture.width()), f64::from(picture.height()));
    let scale = (side / across.max(down).max(1.0)).min(1.0);
    let cells = |pixels: f64| ((pixels * scale).round() as u32).max(1);
    let config = viuer::Config {
        absolute_offset: false,
        x: 2,
        width: Some(cells(across)),
        height: Some(cells(down / 2.0)),
        use_kitty: speaks_kitty(),
        ..Default::default()
    };
    viuer::print(picture, &config).map(|_| ())
}

/// Whether the terminal says of itself that it knows Kitty's graphics protocol.
///
/// Asking it would be surer, but a terminal that does not know the question never answers, and the
/// answer would come through standard input, which may be the picture itself.
fn speaks_kitty() -> bool {
    let value = |name| std::env::var(name).unwrap_or_default();
    let known = value("TERM").contains("kitty")
        || value("TERM").contains("ghostty")
        || ["ghostty", "WezTerm"].contains(&value("TERM_PROGRAM").as_str());
    known && io::stdin().is_terminal()
}
