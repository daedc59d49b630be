//! The directories of a TIFF file, classic and big (TIFF 6.0, section 2; BigTIFF).

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use crate::images::decode::refusal::damaged;

/// Maximum number of pages that are looked at.
const MAX_PAGES: usize = 65_536;
/// Maximum number of values of a tag.
const MAX_VALUES: usize = 1 << 24;

/// A TIFF file, and how its numbers are stored.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub bytes: &'a [u8],
    pub is_little: bool,
    is_big: bool,
}

/// A directory: the tags of one page.
pub(super) struct Directory<'a> {
    file: File<'a>,
    entries: BTreeMap<u16, Entry>,
}

struct Entry {
    kind: u16,
    values: Range<usize>,
}

impl<'a> File<'a> {
    /// Reads the header; `None` if it is not that of a TIFF.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let (is_little, is_big) = match bytes.first_chunk::<4>()? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return None,
        };
        Some(Self {
            bytes,
            is_little,
            is_big,
        })
    }

    /// Returns the unsigned number of `len` bytes at `at`.
    fn number(&self, at: usize, len: usize) -> Option<u64> {
        let bytes = self.bytes.get(at..at.checked_add(len)?)?;
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.is_little {
            bytes.iter().rev().fold(0, join)
        } else {
            bytes.iter().fold(0, join)
        })
    }

    fn offset(&self, at: usize, len: usize) -> Option<usize> {
        usize::try_from(self.number(at, len)?).ok()
    }

    /// Reads the directories of all pages.
    ///
    /// # Errors
    /// If the first one is damaged. A damaged one after it ends the list.
    pub fn directories(self) -> Result<Vec<Directory<'a>>, String> {
        let width = if self.is_big { 8 } else { 4 };
        let mut next = self.offset(if self.is_big { 8 } else { 4 }, width);
        let (mut directories, mut seen) = (Vec::new(), HashSet::new());
        while let Some(at) = next.filter(|&at| at != 0) {
            if directories.len() == MAX_PAGES || !seen.insert(at) {
                break;
            }
            let Some((directory, end)) = self.directory(at) else {
                break;
            };
            directories.push(directory);
            next = self.offset(end, width);
        }
        if directories.is_empty() {
            return Err(damaged("TIFF", "no directory in it"));
        }
        Ok(directories)
    }

    fn directory(self, at: usize) -> Option<(Directory<'a>, usize)> {
        let (count_len, entry_len, inline) = if self.is_big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.offset(at, count_len)?;
        let start = at + count_len;
        let end = start.checked_add(count.checked_mul(entry_len)?)?;
        self.bytes.get(start..end)?;
        let mut entries = BTreeMap::new();
        for at in (start..end).step_by(entry_len) {
            let [tag, kind] = [0, 2].map(|skip| self.number(at + skip, 2).unwrap_or(0) as u16);
            let count = self.offset(at + 4, inline)?;
            let Some(len) = size_of_kind(kind).and_then(|size| size.checked_mul(count)) else {
                continue;
            };
            let value = at + 4 + inline;
            let from = if len <= inline {
                value
            } else {
                self.offset(value, inline)?
            };
            // What lies behind the end of the file is found missing when it is asked for.
            entries.insert(
                tag,
                Entry {
                    kind,
                    values: from..from.saturating_add(len),
                },
            );
        }
        Some((
            Directory {
                file: self,
                entries,
            },
            end,
        ))
    }
}

/// Returns the number of bytes of a value (TIFF 6.0, section 2).
fn size_of_kind(kind: u16) -> Option<usize> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => return None,
    })
}

impl<'a> Directory<'a> {
    /// Returns the whole numbers of a tag; `None` if it is missing or damaged.
    pub fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.entries.get(&tag)?;
        let size = size_of_kind(entry.kind)
            .filter(|_| matches!(entry.kind, 1 | 3 | 4 | 7 | 13 | 16 | 18))?;
        let bytes = self.file.bytes.get(entry.values.clone())?;
        if bytes.len() / size > MAX_VALUES {
            return None;
        }
        let starts = entry.values.clone().step_by(size);
        starts.map(|at| self.file.number(at, size)).collect()
    }

    /// Returns the first whole number of a tag, or `default`.
    pub fn number(&self, tag: u16, default: u64) -> u64 {
        let numbers = self.numbers(tag).unwrap_or_default();
        numbers.first().copied().unwrap_or(default)
    }

    /// Returns the number of bytes of the file.
    pub fn file_len(&self) -> usize {
        self.file.bytes.len()
    }

    /// Returns the bytes of a tag.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        self.file.bytes.get(self.entries.get(&tag)?.values.clone())
    }
}
