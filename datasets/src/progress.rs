//! The progress bar of everything that works through many pictures.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error that draws nothing where that is no terminal, or where it is not `shown`.
pub(crate) fn bar(count: usize, doing: &str, shown: bool) -> ProgressBar {
    let target = if shown {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(count as u64), target);
    let template = "{msg} [{bar:40}] {pos}/{len} pictures, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(doing.to_owned());
    bar
}
