//! Figures: one drawing in SVG, and the same in PNG.
//!
//! | module | draws |
//! |---|---|
//! | [`plot`](mod@plot) | lines, dots and bars on two axes |
//! | [`roc`] | ROC curves of a classifier |
//! | [`reliability`] | its reliability before and after calibration |
//! | [`risk_coverage`] | its error rate by the fraction of predictions that are accepted |
//! | [`confusion`] | its confusion matrix |
//! | [`sheet`] | contact sheets of pictures with captions |
//! | [`plane`] | codes in their principal plane |
//! | [`raster`] | spikes of a network's layers, and the evidence for its classes |
//! | [`trace`] | recordings over time, with the probability of a class |
//! | [`tree`] | trees of sentences with the classes of their phrases |
//! | [`attention`] | attention weights of a translation |
//!
//! The PNG is rendered from the SVG (with resvg), so each figure is drawn once.
//!
//! # Names in any script
//! The font, Roboto, is part of the program, so figures look the same on a machine without fonts. It has Latin, Greek
//! and Cyrillic letters. A name in another script, such as 正常 or सामान्य, stays what it is in the SVG, which browsers
//! have fonts for. In the PNG it is drawn with a font of the system, or, where no font has its characters, transliterated
//! into ASCII (`ZhengChang`, `samany`); two names never become the same. A font for all scripts would add tens of
//! megabytes to the program.
//!
//! # Colours
//! There are ten colours, distinguishable by colour-blind readers. Further series of the same plot have them again, in
//! dashes of another length, so no two lines look alike.

mod axis;
mod canvas;
mod chart;
mod error;
mod fonts;
mod legend;
mod markup;
mod pixels;
mod series;
mod style;
mod text;

pub mod attention;
pub mod confusion;
pub mod plane;
pub mod plot;
pub mod raster;
pub mod reliability;
pub mod risk_coverage;
pub mod roc;
pub mod sheet;
pub mod trace;
pub mod tree;

pub use axis::{Axis, around};
pub use error::FigureError;
pub use pixels::png;
pub use plot::Plot;
pub use series::{Mark, Series};
pub use style::Colour;
pub use text::percent;
