//! Tables of recordings, which are checked recording by recording.

use std::path::Path;

use datasets::fetch::{Contents, FetchError, FetchOptions, Fetched, Problem, Table, fetch_dataset};
use tempfile::tempdir;

use super::server::{
    Answer, Server, assert_no_part_left, body, names, numbers, problem, range, sha256,
};

/// The name of the table, as it is kept.
const TABLE: &str = datasets::signals::eeg::FILE;

/// The value of a sample, in whole microvolts.
fn sample(recording: usize, chunk: usize, at: usize) -> i32 {
    ((recording * 131 + chunk * 17 + at * at) % 400) as i32 - 200
}

/// The rows of three recordings of two chunks, with the numbers that the recordings have here.
fn table_rows(numbers: [u32; 3]) -> Vec<String> {
    let mut rows = Vec::new();
    for chunk in [2, 1] {
        for (recording, number) in numbers.iter().enumerate() {
            let values: Vec<String> = (0..178)
                .map(|at| sample(recording, chunk, at).to_string())
                .collect();
            rows.push(format!(
                "X{chunk}.V1.{number},{},{}",
                values.join(","),
                recording + 1
            ));
        }
    }
    rows
}

fn table(rows: &[String]) -> Vec<u8> {
    let columns: Vec<String> = (1..=178).map(|column| format!("X{column}")).collect();
    format!("Unnamed,{},y\n{}\n", columns.join(","), rows.join("\n")).into_bytes()
}

/// The sum of one of the recordings, from the definition.
fn recording_sum(recording: usize) -> String {
    let mut bytes = Vec::new();
    for chunk in [1, 2] {
        bytes.extend((chunk as u32).to_le_bytes());
        for at in 0..178 {
            bytes.extend((sample(recording, chunk, at) as f32).to_le_bytes());
        }
        bytes.extend((recording as u32 + 1).to_le_bytes());
    }
    sha256(&bytes)
}

/// Fetches a table of which the first two recordings are listed.
fn fetch_table(dir: &Path, options: &FetchOptions) -> Result<Fetched, FetchError> {
    let manifest = format!("{}  8\n{}  9\n", recording_sum(0), recording_sum(1));
    let contents = Contents::Table(Table {
        name: TABLE,
        addresses: &[],
        manifest: &manifest,
        max_bytes: 1 << 20,
    });
    fetch_dataset(&numbers(contents), dir, options)
}

#[test]
fn a_good_table_is_fetched_whatever_its_rows_order_numbers_quotes_and_ends_of_lines() {
    let good = table(&table_rows([8, 9, 10]));
    let mut reversed = table_rows([500, 3, 71]);
    reversed.reverse();
    let quoted = String::from_utf8(table(&reversed)).unwrap();
    let quoted = quoted.replace(',', "\",\"").replace('\n', "\"\r\n\"");
    let quoted = format!("\"{}", quoted.trim_end_matches('"')).into_bytes();
    for content in [good, quoted] {
        let (dir, server) = (
            tempdir().unwrap(),
            Server::new(vec![Answer::Body(content.clone())]),
        );
        let fetched = fetch_table(dir.path(), &server.options()).unwrap();
        assert_eq!(
            (fetched.present, fetched.verified, fetched.unverified),
            (false, 2, 1)
        );
        assert!(
            fetched
                .to_string()
                .ends_with("2 recordings verified by SHA-256, 1 more that no sum is known for"),
            "{fetched}"
        );
        assert_eq!(std::fs::read(fetched.path.join(TABLE)).unwrap(), content);
        assert_eq!(names(dir.path()), ["numbers"]);
        assert_eq!(names(&fetched.path), [TABLE]);
        assert!(
            fetch_table(dir.path(), &server.options()).unwrap().present,
            "nothing is fetched again"
        );
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        let asked = requests[0].starts_with("get /epileptic%20seizure%20recognition.csv ");
        assert!(asked, "{}", requests[0]);
    }
}

/// Fetches a table that must be refused, and checks that nothing of it stays.
fn refused_table(content: Vec<u8>) -> Problem {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(content)]));
    let error = fetch_table(dir.path(), &server.options()).unwrap_err();
    assert!(!dir.path().join("numbers").exists());
    assert_eq!(names(dir.path()), [".fetch-numbers"]);
    assert_no_part_left(&dir);
    assert!(names(&dir.path().join(".fetch-numbers/whole")).is_empty());
    problem(error)
}

#[test]
fn a_table_with_another_value_class_or_chunk_in_a_listed_recording_is_refused() {
    let rows = table_rows([8, 9, 10]);
    let (first, second) = rows[1].split_once(',').unwrap();
    let (value, rest) = second.split_once(',').unwrap();
    let value: i32 = value.parse().unwrap();
    let others = [
        format!("{first},{},{rest}", value + 1),
        format!("{}5", rows[1].strip_suffix('2').unwrap()),
        rows[1].replace("X2.", "X3."),
    ];
    for other in others {
        let mut rows = rows.clone();
        rows[1] = other;
        match refused_table(table(&rows)) {
            Problem::Missing { file, expected } => {
                assert_eq!(file, format!("recording 9 of {TABLE}"));
                assert_eq!(expected, recording_sum(1));
            }
            other => panic!("{other}"),
        }
    }
    // The third is not listed.
    let mut rows = rows;
    rows[2] = rows[2].replace(",3", ",4");
    let (dir, server) = (
        tempdir().unwrap(),
        Server::new(vec![Answer::Body(table(&rows))]),
    );
    fetch_table(dir.path(), &server.options()).unwrap();
}

#[test]
fn a_truncated_table_is_refused() {
    let rows = table_rows([8, 9, 10]);
    // In the middle of a row, and behind one.
    let whole = table(&rows);
    match refused_table(whole[..whole.len() - 20].to_vec()) {
        Problem::Table(error) => assert!(error.to_string().contains("line 7: "), "{error}"),
        other => panic!("{other}"),
    }
    match refused_table(table(&rows[..4])) {
        Problem::Missing { file, .. } => assert_eq!(file, format!("recording 9 of {TABLE}")),
        other => panic!("{other}"),
    }
}

#[test]
fn what_is_no_such_table_is_refused() {
    let pictures: &[u8] = b"picture,label\n1,2\n";
    let noise = body();
    let contents: [(&[u8], &str); 4] = [
        (b"<html>not found</html>", "is a page of HTML"),
        (pictures, "line 1"),
        (b"", "line 1"),
        (&noise, "the byte 0x80 is not UTF-8"),
    ];
    for (content, words) in contents {
        match refused_table(content.to_vec()) {
            Problem::Table(error) => assert!(error.to_string().contains(words), "{error}"),
            other => panic!("{other}"),
        }
    }
    let long = vec![b'1'; (1 << 20) + 1];
    assert!(matches!(long_table(long), Problem::TooLarge { .. }));
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Status(404)]));
    let error = fetch_table(dir.path(), &server.options()).unwrap_err();
    assert!(matches!(problem(error), Problem::Status(404)));
}

fn long_table(content: Vec<u8>) -> Problem {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(content)]));
    problem(fetch_table(dir.path(), &server.options()).unwrap_err())
}

#[test]
fn a_cut_table_is_completed_by_the_next_call() {
    let whole = table(&table_rows([8, 9, 10]));
    let answers = vec![Answer::Cut(whole.clone(), 1000), Answer::Body(whole)];
    let (dir, server) = (tempdir().unwrap(), Server::new(answers));
    let error = fetch_table(dir.path(), &server.options()).unwrap_err();
    assert!(matches!(problem(error), Problem::Cut { bytes: 1000, .. }));
    fetch_table(dir.path(), &server.options()).unwrap();
    assert_eq!(range(&server.requests()[1]), Some(1000));
}
