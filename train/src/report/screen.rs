//! Tables and numbers in plain text.

use comfy_table::{CellAlignment, Table, presets};

/// Returns a table without borders, its numbers aligned to the right.
pub fn table(
    header: impl IntoIterator<Item = impl ToString>,
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Formats a number without decimals and with a space between groups of three digits, as in `1 234 567`.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let first = digits.len() % 3;
    let (start, rest) = digits.split_at(first);
    let groups = rest.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let parts =
        std::iter::once(start.into()).filter(|start: &std::borrow::Cow<'_, str>| !start.is_empty());
    parts.chain(groups).collect::<Vec<_>>().join(" ")
}

/// Formats a number with at most six decimals, without trailing zeros.
pub fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0" } else { text }.to_owned()
}

/// Formats a figure with three decimals, or a dash if it is not defined.
pub fn decimals(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}

/// Formats an interval with three decimals; empty if there is none.
pub fn interval(bounds: Option<[f64; 2]>) -> String {
    bounds.map_or(String::new(), |[low, high]| {
        format!("{low:.3} to {high:.3}")
    })
}
