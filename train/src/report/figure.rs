//! Figures in a run's folder, each as SVG and as PNG.

use anyhow::Result;
pub use figures::*;

use crate::run_folder::RunFolder;

/// Writes a figure as `<name>.svg` and `<name>.png`.
///
/// # Errors
/// When it cannot be rendered or written.
pub fn write(folder: &RunFolder, name: &str, svg: &str) -> Result<()> {
    folder.write(&format!("{name}.svg"), svg)?;
    folder.write(&format!("{name}.png"), figures::png(svg)?)
}
