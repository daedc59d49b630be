//! The terminal: its width and colours, pictures, and lines on standard error.

use std::borrow::Cow;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use console::{Style, StyledObject, Term};
use image::DynamicImage;

/// Width if standard output is not a terminal, in columns.
const DEFAULT_WIDTH: usize = 80;

/// Largest width of a drawn picture, in columns; a row is as high as two columns are wide.
const MAX_PICTURE_WIDTH: f64 = 40.0;

/// The terminal that answers are printed on.
pub(crate) struct Terminal<W = BufWriter<Stdout>> {
    /// Where the text goes.
    pub out: W,
    /// Width, in columns.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
    /// Number of classes to print for each input, if the user chose one.
    pub top: Option<usize>,
}

impl Terminal {
    /// Returns standard output.
    pub fn stdout(top: Option<usize>) -> Self {
        let columns = Term::stdout()
            .size_checked()
            .map(|(_, columns)| usize::from(columns));
        Self {
            out: BufWriter::new(io::stdout()),
            width: columns.unwrap_or(DEFAULT_WIDTH),
            colour: console::colors_enabled(),
            top,
        }
    }
}

impl<W: Write> Write for Terminal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Terminal<W> {
    /// Returns `text` in `style`, or as it is on a terminal without colours.
    pub fn styled<T>(&self, style: Style, text: T) -> StyledObject<T> {
        style.force_styling(self.colour).apply_to(text)
    }

    /// Prints the path of an input, and below it the pictures that `--show` asks for.
    pub fn print_input<'a>(
        &mut self,
        path: &str,
        pictures: impl IntoIterator<Item = &'a DynamicImage>,
    ) -> io::Result<()> {
        let line = self.styled(Style::new().bold(), printable(path));
        writeln!(self, "{line}")?;
        for picture in pictures {
            // The picture is written to standard output directly.
            self.flush()?;
            if let Err(error) = self.draw(picture) {
                note(&format!("cannot draw {path}: {error}"));
            }
        }
        Ok(())
    }

    /// Prints the notice of an answer.
    pub fn print_notice(&mut self, notice: Option<&str>) -> io::Result<()> {
        let Some(notice) = notice else { return Ok(()) };
        let notice = self.styled(Style::new().yellow(), printable(notice));
        writeln!(self, "  {notice}")
    }

    /// Draws a picture at the cursor, in half blocks or by the terminal's graphics protocol.
    fn draw(&self, picture: &DynamicImage) -> viuer::ViuResult {
        let side = MAX_PICTURE_WIDTH.min(self.width.saturating_sub(2) as f64);
        let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
        let scale = (side / width.max(height).max(1.0)).min(1.0);
        let cells = |pixels: f64| ((pixels * scale).round() as u32).max(1);
        let config = viuer::Config {
            absolute_offset: false,
            x: 2,
            width: Some(cells(width)),
            height: Some(cells(height / 2.0)),
            use_kitty: supports_kitty(),
            ..Default::default()
        };
        viuer::print(picture, &config).map(|_| ())
    }
}

/// Returns whether the environment names a terminal with Kitty's graphics protocol.
///
/// A query to the terminal would be surer, but a terminal without the protocol never replies, and the reply would
/// arrive on standard input, which may be the picture itself.
fn supports_kitty() -> bool {
    let value = |name| std::env::var(name).unwrap_or_default();
    let known = value("TERM").contains("kitty")
        || value("TERM").contains("ghostty")
        || ["ghostty", "WezTerm"].contains(&value("TERM_PROGRAM").as_str());
    known && io::stdin().is_terminal()
}

/// Prints one line to standard error. A failure is ignored: a closed standard error is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = writeln!(io::stderr(), "infer: {}", printable(line));
}

/// Replaces control characters: a file name or a model's card may hold line breaks or escape sequences that would
/// rearrange the terminal.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        let replaced = text
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c });
        Cow::Owned(replaced.collect())
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("scan é.png"), "scan é.png");
        assert_eq!(printable("a\nb\u{1b}[2Jc"), "a\u{fffd}b\u{fffd}[2Jc");
    }
}
