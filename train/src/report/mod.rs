//! The report of a run: `result.json`, the card, the summary on the screen, tables and figures.
//!
//! [`result`] documents the keys of `result.json`. A task describes its results once, as [`section::Section`]s; the card
//! and the summary are both written from them.
//!
//! The figures are in SVG and PNG: `curves`, `confusion`, `roc`, `reliability`, `risk_coverage`, and the contact sheet
//! `mistakes.png`; of spiking networks also `raster`, `membranes` and `steps`.

pub mod abstention;
pub mod card;
pub mod classification;
mod classifier_figures;
pub mod cross_validation;
pub mod curves;
pub mod evaluated;
pub mod figure;
pub mod finished;
pub mod mistakes;
pub mod ood_check;
pub mod reconstruction;
pub mod result;
pub mod screen;
pub mod section;
pub mod spiking;
pub mod split_table;
pub mod summary;
pub mod trained;
pub mod translation;
pub mod trees;
