//! The summary of a check on the screen.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, Table, presets};

use super::findings::Findings;

/// Maximum number of unreadable files, and of conflicts, listed on the screen.
const MAX_LISTED: usize = 5;

/// Returns the summary of the findings on the screen.
pub fn summary(found: &Findings) -> String {
    let redundant = &found.redundant;
    let sizes = &found.sizes;
    let mut lines = vec![
        format!(
            "{}: {} pictures in {}",
            found.name, found.pictures, found.folder
        ),
        classes(found),
        format!(
            "sizes: {} different, from {} to {}; {} are {}",
            sizes.different,
            size_text(sizes.smallest),
            size_text(sizes.largest),
            sizes.commonest_pictures,
            size_text(sizes.commonest)
        ),
        format!(
            "copies: {} redundant files ({} the same file, {} the same pixels, {} near-copies); {} groups, the largest of {}",
            redundant.total,
            redundant.same_file,
            redundant.same_pixels,
            redundant.near,
            found.groups,
            found.largest_group
        ),
        leaks(found),
        format!(
            "label conflicts: groups with several labels: {}",
            found.label_conflicts.len()
        ),
    ];
    lines.extend(listed(&found.label_conflicts, |conflict| {
        format!(
            "{}: {}",
            conflict.classes.join(" or "),
            conflict.paths.join(", ")
        )
    }));
    lines.push(format!("unreadable: {} files", found.unreadable.len()));
    lines.extend(listed(&found.unreadable, |file| {
        format!("{}: {}", file.path, file.reason)
    }));
    lines.extend(found.notes.iter().map(|note| format!("note: {note}")));
    lines.push(format!("table: {}", found.table));
    lines.extend(
        found
            .sheet
            .iter()
            .map(|sheet| format!("the worst groups: {sheet}")),
    );
    lines.join("\n")
}

/// Returns the line about leaks between official parts.
fn leaks(found: &Findings) -> String {
    let Some(leaks) = &found.leaks else {
        return "leaks: there is no official test part".to_owned();
    };
    let by_class: Vec<_> = (leaks.by_class.iter())
        .map(|class| format!("{} {} of {}", class.class, class.leaking, class.test))
        .collect();
    format!(
        "leaks: {} of {} test pictures have a copy in training ({} the same file, {} the same pixels): {}",
        leaks.leaking,
        leaks.test,
        leaks.same_file,
        leaks.same_pixels,
        by_class.join(", ")
    )
}

/// Formats a size.
fn size_text([width, height]: [u32; 2]) -> String {
    format!("{width}x{height}")
}

/// Returns a line for each of the first items, indented, and the number of items that are left out.
fn listed<T>(items: &[T], describe: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = items
        .iter()
        .take(MAX_LISTED)
        .map(|item| format!("  {}", describe(item)))
        .collect();
    if items.len() > MAX_LISTED {
        lines.push(format!("  and {} more", items.len() - MAX_LISTED));
    }
    lines
}

/// Returns the table of classes.
fn classes(found: &Findings) -> String {
    let parts: BTreeSet<&String> = found
        .classes
        .iter()
        .flat_map(|class| class.parts.keys())
        .collect();
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let header = ["class", "pictures", "share", "groups"].map(String::from);
    table.set_header(
        header
            .into_iter()
            .chain(parts.iter().map(|part| part.to_string())),
    );
    for class in &found.classes {
        let share = 100.0 * class.pictures as f64 / found.pictures.max(1) as f64;
        let row = [
            class.class.clone(),
            class.pictures.to_string(),
            format!("{share:.1} %"),
            class.groups.to_string(),
        ];
        let counts = parts
            .iter()
            .map(|part| class.parts.get(*part).copied().unwrap_or(0));
        table.add_row(row.into_iter().chain(counts.map(|count| count.to_string())));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
