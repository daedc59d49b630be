//! Figures in a run's folder, each as SVG and as PNG.

use anyhow::Result;
use figures::sheet::Sheet;

use crate::run_folder::RunFolder;

/// Writes a figure as `<name>.svg` and `<name>.png`.
///
/// # Errors
/// When it cannot be rendered or written.
pub fn write(folder: &RunFolder, name: &str, svg: &str) -> Result<()> {
    folder.write(&format!("{name}.svg"), svg)?;
    folder.write(&format!("{name}.png"), figures::png(svg)?)
}

/// Writes a contact sheet as `<name>.svg` and `<name>.png`.
///
/// # Errors
/// When it cannot be drawn or written.
pub fn write_sheet(folder: &RunFolder, name: &str, sheet: &Sheet) -> Result<()> {
    folder.write(&format!("{name}.svg"), sheet.svg()?)?;
    folder.write(&format!("{name}.png"), sheet.png()?)
}
