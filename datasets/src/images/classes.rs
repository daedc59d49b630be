//! The classes of a folder: which folders are one class, which are merged, and which are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::dataset::Official;
use crate::error::{Error, Result};
use crate::file_names::nfc;

/// The user's choice of classes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassChoice {
    /// Classes to merge into one; done first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Merge>,
    /// Classes to keep; all, if it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Vec<String>>,
}

impl ClassChoice {
    /// Whether every class is kept as it is.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Classes that become one, written as `tumour=glioma,meningioma`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// Name of the class that they become.
    pub into: String,
    /// Names of the classes.
    pub classes: Vec<String>,
}

impl FromStr for Merge {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let usage = || "write the new class, =, and the classes that it replaces: tumour=a,b";
        let (into, classes) = text.split_once('=').ok_or_else(usage)?;
        let merge = Self {
            into: into.trim().to_owned(),
            classes: classes
                .split(',')
                .map(|class| class.trim().to_owned())
                .collect(),
        };
        let is_named =
            !merge.into.is_empty() && merge.classes.iter().all(|class| !class.is_empty());
        if is_named {
            Ok(merge)
        } else {
            Err(usage().to_owned())
        }
    }
}

impl fmt::Display for Merge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.into, self.classes.join(","))
    }
}

/// The classes of a data set.
pub(crate) struct Classes {
    /// Names in the order of the labels.
    pub names: Vec<String>,
    /// Label of each folder of a class; `None` if it is left out.
    pub labels: BTreeMap<String, Option<usize>>,
    /// What is worth knowing about them, a line each.
    pub notes: Vec<String>,
}

/// Decides on the classes. `found` are the names of the folders, with their parts of an official split; `known` are the
/// classes of a trained model, in the order of their labels.
///
/// Folders whose names differ in Unicode normalisation or in blanks are one class. So are those whose names differ in
/// case, unless both are in one part: some sets have a class `A` and a class `a`.
pub(crate) fn classes(
    dir: &Path,
    found: &[(String, Option<Official>)],
    known: Option<&[String]>,
    choice: &ClassChoice,
) -> Result<Classes> {
    let mut notes = Vec::new();
    let mut class_of = unified(found, known.unwrap_or_default(), &mut notes);
    for merge in &choice.merged {
        apply(merge, &mut class_of)?;
    }
    let present = names(&class_of);
    let kept = match &choice.kept {
        None => present.clone(),
        Some(kept) => {
            let kept = kept
                .iter()
                .map(|name| chosen("classes", &kept.join(","), name, &present));
            kept.collect::<Result<BTreeSet<_>>>()?
        }
    };
    let left_out: Vec<_> = present.difference(&kept).map(String::as_str).collect();
    if !left_out.is_empty() {
        notes.push(format!("left out the classes {}", left_out.join(", ")));
    }
    notes.extend(look_alikes(&kept));
    let least = if known.is_some() { 1 } else { 2 };
    refuse_fewer(dir, &kept, least, choice.is_empty())?;
    let (order, renamed) = order(dir, &kept, known)?;
    for (name, known) in renamed.iter().filter(|(name, known)| name != known) {
        notes.push(format!("the class {name} is the model's class {known}"));
    }
    let label = |class: &String| {
        let class = renamed.get(class)?;
        order.iter().position(|name| name == class)
    };
    Ok(Classes {
        labels: (class_of.iter())
            .map(|(folder, class)| (folder.clone(), label(class)))
            .collect(),
        names: order,
        notes,
    })
}

/// Returns the class of each folder, with names that differ in spelling only made one.
fn unified(
    found: &[(String, Option<Official>)],
    known: &[String],
    notes: &mut Vec<String>,
) -> BTreeMap<String, String> {
    let mut parts: BTreeMap<&str, BTreeSet<Option<Official>>> = BTreeMap::new();
    for (name, part) in found {
        parts.entry(name).or_default().insert(*part);
    }
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in parts.keys() {
        groups.entry(folded(name)).or_default().push(name);
    }
    let mut class_of = BTreeMap::new();
    for spellings in groups.into_values() {
        let mut by_case: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in spellings {
            by_case.entry(canonical(name)).or_default().push(name);
        }
        let parts_of = |names: &[&str]| -> BTreeSet<_> {
            names
                .iter()
                .flat_map(|name| &parts[name])
                .copied()
                .collect()
        };
        let all_parts: Vec<_> = by_case.values().map(|names| parts_of(names)).collect();
        let count: usize = all_parts.iter().map(BTreeSet::len).sum();
        let together: BTreeSet<_> = all_parts.into_iter().flatten().collect();
        let are_known = by_case
            .values()
            .flatten()
            .filter(|name| is_one_of(name, known))
            .count();
        let classes: Vec<Vec<&str>> = if count == together.len() && are_known < 2 {
            vec![by_case.into_values().flatten().collect()]
        } else {
            by_case.into_values().collect()
        };
        for names in classes {
            // The spelling of the training part, and of those the one without blanks around it.
            let first = names.iter().min_by_key(|name| {
                let is_trained = parts[**name].contains(&Some(Official::Train));
                (!is_trained, canonical(name) != ***name, **name)
            });
            let class = first.copied().unwrap_or_default();
            if names.len() > 1 {
                notes.push(format!("one class: the folders {}", quoted(&names)));
            }
            class_of.extend(
                names
                    .iter()
                    .map(|name| (name.to_string(), class.to_owned())),
            );
        }
    }
    class_of
}

fn is_one_of(name: &str, known: &[String]) -> bool {
    known.iter().any(|known| known == name)
}

/// Returns the spelling that a name shares with those that differ in Unicode normalisation or blanks.
fn canonical(name: &str) -> String {
    let name = nfc(name);
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the spelling that a name shares with those that differ in case, too.
fn folded(name: &str) -> String {
    canonical(name).to_lowercase()
}

/// Merges classes into one.
fn apply(merge: &Merge, class_of: &mut BTreeMap<String, String>) -> Result<()> {
    let present = names(class_of);
    let value = merge.to_string();
    let merged = merge
        .classes
        .iter()
        .map(|name| chosen("merge", &value, name, &present));
    let merged = merged.collect::<Result<BTreeSet<_>>>()?;
    for class in class_of
        .values_mut()
        .filter(|class| merged.contains(*class))
    {
        class.clone_from(&merge.into);
    }
    Ok(())
}

fn names(class_of: &BTreeMap<String, String>) -> BTreeSet<String> {
    class_of.values().cloned().collect()
}

/// Returns the class that the user means.
fn chosen(
    option: &'static str,
    value: &str,
    name: &str,
    present: &BTreeSet<String>,
) -> Result<String> {
    let alike: Vec<_> = present
        .iter()
        .filter(|class| folded(class) == folded(name))
        .collect();
    match alike[..] {
        _ if present.contains(name) => Ok(name.to_owned()),
        [only] => Ok(only.clone()),
        _ => Err(Error::ClassChoice {
            option,
            value: value.to_owned(),
            class: name.to_owned(),
            present: present.iter().cloned().collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Notes classes whose names differ in case, blanks, hyphens or underscores only.
fn look_alikes(kept: &BTreeSet<String>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for name in kept {
        let folded = folded(name);
        let mut letters = folded.chars();
        // A sign in front counts: -1 and 1 are no look-alikes.
        let first = letters.next();
        let rest = letters.filter(|letter| !" _-".contains(*letter));
        groups
            .entry(first.into_iter().chain(rest).collect())
            .or_default()
            .push(name);
    }
    let groups = groups.into_values().filter(|names| names.len() > 1);
    groups
        .map(|names| {
            format!(
                "the classes {} are called nearly alike; if they are one, add --merge \"{}={}\"",
                quoted(&names),
                names[0],
                names[1..].join(",")
            )
        })
        .collect()
}

/// Lists names in quotes, so that blanks are seen. Letters that look the same are written as `\u{...}`.
fn quoted(names: &[&str]) -> String {
    let normalised: BTreeSet<String> = names.iter().map(|name| nfc(name)).collect();
    let look_the_same = normalised.len() < names.len();
    let shown = |letter: char| match letter {
        letter if look_the_same && !letter.is_ascii() => letter.escape_unicode().to_string(),
        letter => letter.to_string(),
    };
    let quoted = |name: &&str| format!("'{}'", name.chars().map(shown).collect::<String>());
    names.iter().map(quoted).collect::<Vec<_>>().join(" and ")
}

/// Refuses fewer classes than are needed.
fn refuse_fewer(dir: &Path, kept: &BTreeSet<String>, least: usize, is_all: bool) -> Result<()> {
    if kept.len() >= least {
        return Ok(());
    }
    let found = match (kept.first(), is_all) {
        (None, _) => "no folder in it".to_owned(),
        (Some(class), true) => format!("only the folder {class} in it"),
        (Some(class), false) => format!("only the class {class} is left of it"),
    };
    let least = if least == 1 { "" } else { ", two at least" };
    let reason = format!(
        "{found}, but one folder of pictures per class is needed{least}; --labels names a table of labels instead"
    );
    let dir = dir.to_path_buf();
    Err(Error::Layout { dir, reason })
}

/// Returns the classes in the order of their labels, and the known name of each class that is kept. Classes that are not
/// known are ordered by name; whole numbers by value, so that 2 comes before 10.
fn order(
    dir: &Path,
    kept: &BTreeSet<String>,
    known: Option<&[String]>,
) -> Result<(Vec<String>, BTreeMap<String, String>)> {
    let Some(known) = known else {
        let same = kept.iter().map(|name| (name.clone(), name.clone()));
        let mut names: Vec<String> = kept.iter().cloned().collect();
        if names.iter().all(|name| name.parse::<u64>().is_ok()) {
            names.sort_by_key(|name| name.parse::<u64>().ok());
        }
        return Ok((names, same.collect()));
    };
    let distinct: BTreeSet<String> = known.iter().cloned().collect();
    let unknown = || Error::Classes {
        dir: dir.to_path_buf(),
        found: kept.iter().cloned().collect::<Vec<_>>().join(", "),
        known: known.join(", "),
    };
    if distinct.len() != known.len() {
        return Err(unknown());
    }
    let renamed = kept.iter().map(|name| {
        let known = chosen("classes", name, name, &distinct).map_err(|_| unknown())?;
        Ok((name.clone(), known))
    });
    Ok((known.to_vec(), renamed.collect::<Result<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRAIN: Option<Official> = Some(Official::Train);
    const TEST: Option<Official> = Some(Official::Test);

    fn decided(
        found: &[(&str, Option<Official>)],
        known: Option<&[&str]>,
        choice: &ClassChoice,
    ) -> Result<Classes> {
        let found: Vec<_> = found
            .iter()
            .map(|(name, part)| (name.to_string(), *part))
            .collect();
        let known: Option<Vec<_>> =
            known.map(|known| known.iter().map(|name| name.to_string()).collect());
        classes(Path::new("set"), &found, known.as_deref(), choice)
    }

    #[test]
    fn names_that_differ_in_spelling_only_are_one_class() {
        let none = ClassChoice::default();
        // Name of each class, and the number of lines about them.
        type Case<'a> = (&'a [(&'a str, Option<Official>)], &'a [&'a str], usize);
        let cases: [Case<'_>; 9] = [
            (&[("a", None), ("b", None)], &["a", "b"], 0),
            (&[("a", None), ("b", None), ("b ", None)], &["a", "b"], 1),
            (
                &[("a", None), ("gliom\u{e9}", None), ("gliome\u{301}", None)],
                &["a", "gliom\u{e9}"],
                1,
            ),
            (
                &[
                    ("Glioma", TRAIN),
                    ("x", TRAIN),
                    ("glioma", TEST),
                    ("x", TEST),
                ],
                &["Glioma", "x"],
                1,
            ),
            // EMNIST has letters in both cases.
            (&[("A", None), ("a", None)], &["A", "a"], 1),
            (
                &[("no_tumor", None), ("notumor", None)],
                &["no_tumor", "notumor"],
                1,
            ),
            (&[("-1", None), ("1", None)], &["-1", "1"], 0),
            (&[("b ", None), ("a", None)], &["a", "b "], 0),
            (
                &[("10", None), ("9", None), ("0", None)],
                &["0", "9", "10"],
                0,
            ),
        ];
        for (found, names, notes) in cases {
            let decided = decided(found, None, &none).unwrap();
            assert_eq!(decided.names, names, "{found:?}");
            assert_eq!(decided.notes.len(), notes, "{:?}", decided.notes);
        }
    }

    #[test]
    fn the_classes_of_a_model_are_found_by_their_spelling() {
        let none = ClassChoice::default();
        let found = [("Glioma", None), ("healthy ", None)];
        let result = decided(&found, Some(&["healthy", "glioma", "other"]), &none).unwrap();
        assert_eq!(result.names, ["healthy", "glioma", "other"]);
        assert_eq!(result.labels["Glioma"], Some(1));
        assert_eq!(result.labels["healthy "], Some(0));
        assert_eq!(result.notes.len(), 2);
        let letters = [("A", TRAIN), ("a", TEST)];
        let result = decided(&letters, Some(&["a", "A"]), &none).unwrap();
        assert_eq!((result.labels["A"], result.labels["a"]), (Some(1), Some(0)));
        assert!(decided(&found, Some(&["glioma"]), &none).is_err());
    }

    #[test]
    fn classes_are_merged_and_left_out() {
        let found = ["a", "b", "c", "D"].map(|name| (name, None));
        let choice = |merged: &[&str], kept: Option<&[&str]>| ClassChoice {
            merged: merged.iter().map(|merge| merge.parse().unwrap()).collect(),
            kept: kept.map(|kept| kept.iter().map(|name| name.to_string()).collect()),
        };
        let result = decided(&found, None, &choice(&["x=a,b"], Some(&["d", "x"]))).unwrap();
        assert_eq!(result.names, ["D", "x"]);
        let labels: Vec<_> = result.labels.values().copied().collect();
        assert_eq!(labels, [Some(0), Some(1), Some(1), None]);
        assert_eq!(result.notes, ["left out the classes c"]);
        let refused =
            |choice: ClassChoice| decided(&found, None, &choice).err().unwrap().to_string();
        let message = refused(choice(&["x=a,e"], None));
        assert_eq!(
            message,
            "--merge x=a,e: there is no class e; there are D, a, b, c"
        );
        let message = refused(choice(&[], Some(&["a", "E"])));
        assert_eq!(
            message,
            "--classes a,E: there is no class E; there are D, a, b, c"
        );
        assert!(refused(choice(&[], Some(&["a"]))).contains("only the class a is left"));
        for wrong in ["x", "=a", "x=", "x=a,,b"] {
            assert!(wrong.parse::<Merge>().is_err(), "{wrong}");
        }
    }
}
