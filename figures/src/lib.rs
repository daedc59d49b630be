//! Figures: one drawing in SVG, and the same in PNG.
//!
//! | module | holds |
//! |---|---|
//! | [`canvas`] | an SVG to draw on |
//! | [`chart`](mod@chart) | axes, grid, legend and diagonal of a chart |
//! | [`pixels`](mod@pixels) | an SVG as pixels and as PNG |
//! | [`style`] | colours, text sizes, text styles |
//! | [`text`] | labels: percentages, shortened paths, text in XML |
//! | [`attention`] | attention weights of a translation |
//! | [`raster`] | spikes of a network's layers, and the evidence for its classes |
//! | [`trace`] | recordings over time, with the probability of a class |
//! | [`error`] | [`FigureError`] |
//!
//! The PNG is rendered from the SVG (with resvg), so each figure is drawn once. Its font, Roboto, is part of the
//! program: figures look the same on a machine without fonts.

pub mod attention;
pub mod canvas;
pub mod chart;
pub mod error;
pub mod pixels;
pub mod raster;
pub mod style;
pub mod text;
pub mod trace;

pub use canvas::{Area, DrawResult, svg};
pub use chart::{Axes, chart, diagonal, legend};
pub use error::FigureError;
pub use pixels::{pixels, png};
pub use style::{COLOURS, INK, LABEL_SIZE, MUTED, TITLE_SIZE, text_style};
pub use text::{escape_xml, percent, truncate_start};
