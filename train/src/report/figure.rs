//! Figures in a run's folder: one drawing in SVG, and the same in PNG.

use anyhow::Result;
pub use figures::*;

use crate::run_folder::RunFolder;

/// Writes `<name>.svg` and `<name>.png`.
///
/// # Errors
/// When it cannot be drawn, or the disk refuses.
pub fn write(folder: &RunFolder, name: &str, svg: &str) -> Result<()> {
    folder.write(&format!("{name}.svg"), svg)?;
    folder.write(&format!("{name}.png"), figures::png(svg)?)
}
