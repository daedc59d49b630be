//! Sections, from which the card (Markdown) and the summary on the screen (plain text) are both written.

use std::fmt::Display;

use super::screen;

/// One section of a report: a heading, and the blocks below it.
#[derive(Clone, Debug)]
pub struct Section {
    heading: &'static str,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
enum Block {
    /// Text of the card and the screen.
    Text(String),
    /// Text of the card alone.
    CardText(String),
    /// Text of the screen alone.
    ScreenText(String),
    /// Table of the card and the screen.
    Table(Table),
    /// Figure of the run's folder, which the card alone shows.
    Figure { caption: &'static str, file: String },
}

impl Section {
    /// Creates an empty section; the screen does not show its heading.
    pub fn new(heading: &'static str) -> Self {
        Self {
            heading,
            blocks: Vec::new(),
        }
    }

    /// Appends a paragraph.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.with(Block::Text(text.into()))
    }

    /// Appends a paragraph that only the card shows.
    pub fn card_text(self, text: impl Into<String>) -> Self {
        self.with(Block::CardText(text.into()))
    }

    /// Appends a list that only the card shows.
    pub fn card_list(self, items: impl IntoIterator<Item: Display>) -> Self {
        let items = items.into_iter().map(|item| format!("- {item}"));
        self.card_text(items.collect::<Vec<_>>().join("\n"))
    }

    /// Appends lines that only the screen shows.
    pub fn screen_text(self, text: impl Into<String>) -> Self {
        self.with(Block::ScreenText(text.into()))
    }

    /// Appends a table.
    pub fn table(self, table: Table) -> Self {
        self.with(Block::Table(table))
    }

    /// Appends figures, as pairs of caption and file name, which only the card shows.
    pub fn figures(
        mut self,
        figures: impl IntoIterator<Item = (&'static str, impl Into<String>)>,
    ) -> Self {
        let figures = figures.into_iter().map(|(caption, file)| Block::Figure {
            caption,
            file: file.into(),
        });
        self.blocks.extend(figures);
        self
    }

    fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Formats the section as Markdown.
    pub fn markdown(&self) -> String {
        let blocks = self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) | Block::CardText(text) => Some(text.clone()),
            Block::ScreenText(_) => None,
            Block::Table(table) => Some(table.markdown()),
            Block::Figure { caption, file } => Some(format!("![{caption}]({file})")),
        });
        let heading = format!("## {}", self.heading);
        (std::iter::once(heading).chain(blocks))
            .collect::<Vec<_>>()
            .join("\n\n")
    }

    /// Returns the blocks that the screen shows, in plain text.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) | Block::ScreenText(text) => Some(text.clone()),
            Block::CardText(_) | Block::Figure { .. } => None,
            Block::Table(table) => Some(screen::table(
                table.header.clone(),
                table.rows.iter().cloned(),
            )),
        })
    }
}

/// A table of texts.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table without rows.
    pub fn new(header: impl IntoIterator<Item: Into<String>>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Appends a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item: Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Formats the table as Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |", cells.join(" | "));
        let rule = format!("|{}", "---|".repeat(self.header.len()));
        let rows = self.rows.iter().map(|row| line(row));
        ([line(&self.header), rule].into_iter().chain(rows))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_and_screen_are_written_from_the_same_section() {
        let mut table = Table::new(["class", "n"]);
        table.row(["glioma", "12"]);
        let section = Section::new("Test")
            .card_text("Evaluated once.")
            .table(table)
            .screen_text("on the screen")
            .text("on both")
            .figures([("Curves", "curves.png")]);
        insta::assert_snapshot!(section.markdown(), @"
        ## Test

        Evaluated once.

        | class | n |
        |---|---|
        | glioma | 12 |

        on both

        ![Curves](curves.png)
        ");
        let lines: Vec<_> = section.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].contains("glioma") && !lines[0].contains('|'));
        assert_eq!(lines[1..], ["on the screen", "on both"]);
    }
}
