//! What separates the cells of a table.

/// Number of lines that are looked at.
const SAMPLE: usize = 50;

/// Characters that may separate cells, the least likely within a cell first.
const CANDIDATES: [u8; 4] = [b'\t', b';', b',', b'|'];

/// What separates the cells of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// A character.
    Byte(u8),
    /// Any number of blanks and tabs.
    WhiteSpace,
}

impl Separator {
    /// Recognises the separator of a text, and returns it with the start of the first row.
    ///
    /// A first line `sep=;`, as Excel writes it, decides. Otherwise the separator occurs in the first line, outside of
    /// quotes, and as often in the others. Tables without a separator have a single column.
    pub fn recognise(text: &str, comment: Option<u8>, white_space: bool) -> (Self, usize) {
        if let Some((separator, start)) = declared(text) {
            return (Self::Byte(separator), start);
        }
        let is_comment =
            |line: &str| comment.is_some_and(|mark| line.as_bytes().first() == Some(&mark));
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let mut lines = lines.filter(|line| !is_comment(line));
        let Some(first) = lines.next() else {
            return (Self::Byte(b','), 0);
        };
        let counts: Vec<[usize; CANDIDATES.len()]> = std::iter::once(first)
            .chain(lines)
            .take(SAMPLE)
            .map(count)
            .collect();
        let agreeing = |index: usize| {
            let lines = counts.iter().filter(|line| line[index] == counts[0][index]);
            lines.count()
        };
        let found = (0..CANDIDATES.len())
            .filter(|&index| counts[0][index] > 0)
            // Of equally good candidates the first: `max_by_key` returns the last.
            .rev()
            .max_by_key(|&index| agreeing(index));
        let separator = match found {
            Some(index) => Self::Byte(CANDIDATES[index]),
            None if white_space && first.split_whitespace().nth(1).is_some() => Self::WhiteSpace,
            // No cell of a table with one column is divided, not even at a decimal comma.
            None => Self::Byte(b'\t'),
        };
        (separator, 0)
    }
}

/// Returns the separator that a first line `sep=;` declares, and the start of the next line.
fn declared(text: &str) -> Option<(u8, usize)> {
    let line = text.lines().next()?;
    let end = line.len() + usize::from(text.len() > line.len());
    let declared = line.trim_matches(['"', ' ']).strip_prefix("sep=")?;
    match declared.as_bytes() {
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some((*byte, end)),
        _ => None,
    }
}

/// Counts each candidate in a line, outside of quotes.
fn count(line: &str) -> [usize; CANDIDATES.len()] {
    let mut counts = [0; CANDIDATES.len()];
    let mut is_quoted = false;
    for byte in line.bytes() {
        if byte == b'"' {
            is_quoted = !is_quoted;
        } else if !is_quoted && let Some(index) = CANDIDATES.iter().position(|c| *c == byte) {
            counts[index] += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_recognised() {
        let byte = |byte| (Separator::Byte(byte), 0);
        for (text, expected) in [
            ("path,patient\na;b.png,1\n", byte(b',')),
            ("path;patient\na,b.png;1\n", byte(b';')),
            ("0,5;1,5\n2,5;3,5\n", byte(b';')),
            ("0,5\t1,5\n2,5\t3,5\n", byte(b'\t')),
            ("a|b\n1,5|2\n", byte(b'|')),
            ("\"a;b\",c\n\"d;e\",f\n", byte(b',')),
            ("a,b;c\n1,2\n3,4\n", byte(b',')),
            ("\n# x;y;z\na,b\n", byte(b',')),
            ("sep=;\na,b;c\n", (Separator::Byte(b';'), 6)),
            ("\"sep=,\"\na,b;c\n", (Separator::Byte(b','), 8)),
            ("1.5 2.5\n3.5 4.5\n", (Separator::WhiteSpace, 0)),
            // A column of numbers with decimal commas.
            ("value\n1,5\n2,5\n", byte(b'\t')),
            ("", byte(b',')),
        ] {
            assert_eq!(
                Separator::recognise(text, Some(b'#'), true),
                expected,
                "{text:?}"
            );
        }
        assert_eq!(Separator::recognise("a b\n1 2\n", None, false), byte(b'\t'));
    }
}
