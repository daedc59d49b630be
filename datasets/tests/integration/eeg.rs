//! The table of EEG: what is read, what is refused, and the real one where it is there.

use std::fmt::Write;
use std::path::PathBuf;

use datasets::signals::eeg::{self, CHUNKS, FILE, SAMPLES};
use datasets::{Dataset, split, synthetic};

/// A table of so many recordings of three seconds, all classes in turn.
fn table(recordings: usize) -> String {
    let columns: Vec<String> = (1..=SAMPLES).map(|column| format!("X{column}")).collect();
    let mut text = format!(",{},y\n", columns.join(","));
    for chunk in 1..=3 {
        for recording in 0..recordings {
            let values: Vec<String> = (0..SAMPLES)
                .map(|at| ((at * chunk + recording) as i64 % 50 - 25).to_string())
                .collect();
            let class = recording % 5 + 1;
            writeln!(text, "X{chunk}.V1.{recording},{},{class}", values.join(",")).unwrap();
        }
    }
    text
}

fn folder(content: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), content).unwrap();
    folder
}

#[test]
fn rows_know_their_recording() {
    let folder = folder(&table(10));
    let set = eeg::load(folder.path(), 5).unwrap();
    assert_eq!(set.len(), 30);
    assert_eq!(set.labels[..6], [0, 1, 2, 3, 4, 0]);
    assert_eq!(set.recordings[..11], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    assert_eq!(set.segment(11)[..3], [-24.0, -22.0, -20.0]);
    assert_eq!(set.origins[10].path, "X2.V1.0");
    let two = eeg::load(folder.path(), 2).unwrap();
    assert_eq!(two.class_names, ["rest", "seizure"]);
    assert_eq!(two.class_counts(&(0..30).collect::<Vec<_>>()), [24, 6]);
    assert_ne!(two.fingerprint(), set.fingerprint());
}

/// The same table in the forms in which people have it.
#[test]
fn every_form_of_the_table_is_read() {
    let good = table(10);
    let set = eeg::load(folder(&good).path(), 5).unwrap();
    let (header, rows) = good.split_once('\n').unwrap();
    let by_row = |form: &dyn Fn(usize, &str) -> String| -> String {
        let rows = rows.lines().enumerate();
        rows.map(|(index, row)| form(index, row) + "\n").collect()
    };
    let class = |row: &str| row.rsplit_once(',').unwrap().1.to_owned();
    let without_class = |row: &str| row.rsplit_once(',').unwrap().0.to_owned();
    for (what, text) in [
        ("semicolons", good.replace(',', ";")),
        (
            "a decimal comma",
            good.replace(',', ";").replace(";7;", ";7,0;"),
        ),
        ("tabs", good.replace(',', "\t")),
        (
            "byte order mark, CRLF",
            format!("\u{feff}{good}").replace('\n', "\r\n"),
        ),
        (
            "lower case",
            good.replace('X', "x")
                .replace("x1.V", "X1.V")
                .replace("x2.V", "X2.V")
                .replace("x3.V", "X3.V"),
        ),
        (
            "classes with a point",
            by_row(&|_, row| row.to_owned() + ".0"),
        ),
        ("an index", by_row(&|index, row| format!("{index},{row}"))),
        (
            "y first",
            by_row(&|_, row| format!("{},{}", class(row), without_class(row))),
        ),
        (
            "y in words",
            by_row(&|_, row| {
                let label = class(row).parse::<usize>().unwrap() - 1;
                format!("{},{}", without_class(row), eeg::class_names(5)[label])
            }),
        ),
        ("blank lines", good.replace('\n', "\n\n")),
    ] {
        let text = match what {
            "an index" => format!("Unnamed: 0,{header}\n{text}"),
            "y first" => format!("y,{}\n{text}", without_class(header)),
            "classes with a point" | "y in words" => format!("{header}\n{text}"),
            _ => text,
        };
        let read = eeg::load(folder(&text).path(), 5);
        let read = read.unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(
            (&read.values, &read.labels),
            (&set.values, &set.labels),
            "{what}"
        );
        assert_eq!(read.fingerprint(), set.fingerprint(), "{what}");
    }
}

#[test]
fn the_table_in_a_folder_is_the_only_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("DATA.CSV"), table(5)).unwrap();
    std::fs::write(folder.path().join("._DATA.CSV"), "\0\u{5}\u{16}\u{7}").unwrap();
    assert_eq!(eeg::load(folder.path(), 5).unwrap().len(), 15);
    std::fs::write(folder.path().join("other.csv"), "x").unwrap();
    let error = eeg::load(folder.path(), 5).unwrap_err().to_string();
    assert!(
        error.contains("2 tables, among them DATA.CSV and other.csv"),
        "{error}"
    );
}

#[test]
fn standardised_by_the_training_part_alone() {
    let mut set = eeg::load(folder(&table(10)).path(), 2).unwrap();
    set.standardize(&[0, 5]);
    let values: Vec<f64> = (set.segment(0).iter().chain(set.segment(5)))
        .map(|value| f64::from(*value))
        .collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let square = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
    assert!((f64::from(set.preprocessing.mean) - mean).abs() < 1e-5);
    assert!((f64::from(set.preprocessing.std) - square.sqrt()).abs() < 1e-4);
}

/// What a hand at the table spoils, and what is said of it.
#[test]
fn every_fault_is_told_with_its_place() {
    let good = table(5);
    let line = good.lines().nth(3).unwrap();
    let cases = [
        (String::new(), "line 1: has 0 columns"),
        (good.replace(",X178", ""), "line 1: has 179 columns"),
        (
            good.lines()
                .map(|row| row.split_once(',').unwrap().1.to_owned() + "\n")
                .collect(),
            "the names, by which seconds of one recording are kept together, are missing",
        ),
        (
            good.replace(",y", ",z"),
            "line 1, column 180: is 'z', not y",
        ),
        (
            good.replace("X1.V1.2,-23,", "X1.V1.2,,"),
            "line 4: column X1: '' is a gap",
        ),
        (
            good.replace(line, &format!("{}0", &line[..line.len() - 1])),
            "line 4: column y: '0' is not a class",
        ),
        (
            good.replace("X1.V1.2,-23,", "X1.V1.2,-23,5,"),
            "line 4: has 181 columns of 180",
        ),
        (
            good.replace("X7,", "Y7,"),
            "line 1, column 8: is 'Y7', not X7",
        ),
        (good.lines().next().unwrap().to_owned(), "has no rows"),
        (
            good.replace("X1.V1.2,", "second,"),
            "line 4: 'second' is not a name",
        ),
        (
            good.replace("X1.V1.2,", "X1.V1,"),
            "line 4: 'X1.V1' is not a name",
        ),
        (
            good.replace("X1.V1.2,-23,", "X1.V1.2,x,"),
            "line 4: column X1: 'x' is not a number",
        ),
        (
            good.replace("X1.V1.2,-23,", "X1.V1.2,NaN,"),
            "line 4: column X1: 'NaN'",
        ),
        (
            good.replace("X1.V1.2,-23,", "X1.V1.2,9e9,"),
            "line 4: column X1: '9e9'",
        ),
        (
            good.replace("X1.V1.2,-23,", "X1.V1.2,"),
            "line 4: has 179 columns of 180",
        ),
        (
            good.replace(line, &line[..line.len() - 1]),
            "line 4: column y: '' is not a class",
        ),
        (
            good.replace(line, &format!("{}9", &line[..line.len() - 1])),
            "line 4: column y: '9'",
        ),
        (
            format!("{good}{line}\n"),
            "line 17: X1.V1.2 occurs on line 4 already",
        ),
    ];
    for (content, expected) in cases {
        let folder = folder(&content);
        let error = eeg::load(folder.path(), 2).unwrap_err().to_string();
        assert!(error.contains(expected), "{expected}: {error}");
        assert!(error.contains(FILE) && !error.contains('\n'), "{error}");
    }
    let nothing = tempfile::tempdir().unwrap();
    let error = eeg::load(nothing.path(), 2).unwrap_err().to_string();
    assert!(error.contains("train fetch eeg-bonn"), "{error}");
}

#[test]
fn no_recording_is_on_two_sides() {
    let set = synthetic::eeg(40 * CHUNKS, 2, 3);
    assert_eq!((set.len(), set.recordings[CHUNKS]), (40 * CHUNKS, 1));
    let parts = split::grouped(&set.labels, &set.recordings, 0.1, 0.2, 7).unwrap();
    assert_eq!(
        parts.leaking().into_iter().filter(|leaks| *leaks).count(),
        0
    );
    assert!(parts.test.len() >= 6 * CHUNKS);
    // The same recordings whatever is asked of them.
    let five = synthetic::eeg(40 * CHUNKS, 5, 3);
    assert_eq!(five.values, set.values);
}

#[test]
fn the_real_table() {
    let Some(data) = std::env::var_os("HEBB_DATA").filter(|data| !data.is_empty()) else {
        println!("HEBB_DATA is not set: the real EEG is not read");
        return;
    };
    let folder = PathBuf::from(data).join("eeg-bonn");
    let set = eeg::load(&folder, 5).unwrap();
    let recordings = set.recordings.iter().max().unwrap() + 1;
    assert_eq!(set.len(), recordings * CHUNKS);
    let counts = set.class_counts(&(0..set.len()).collect::<Vec<_>>());
    assert_eq!(counts.iter().sum::<usize>(), set.len());
    assert!(
        counts
            .iter()
            .all(|count| count % CHUNKS == 0 && *count > 80 * CHUNKS),
        "{counts:?}"
    );
}
