//! Fetching against a server on this machine that misbehaves in every way that servers do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use datasets::fetch::{
    Archive, Contents, DATASETS, FetchError, FetchOptions, Fetched, File, Problem, PublicDataset,
    Table, fetch, fetch_dataset,
};
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

/// How the server answers one request.
#[derive(Clone)]
enum Answer {
    /// The whole body, or the range asked for.
    Body(Vec<u8>),
    /// The whole body, whatever range is asked for.
    WholeBody(Vec<u8>),
    /// Announces the body, sends this many bytes of it and hangs up.
    Cut(Vec<u8>, usize),
    /// Announces the body, sends this many bytes of it and goes silent.
    Stall(Vec<u8>, usize),
    /// Says nothing at all.
    Silence,
    Status(u16),
    /// To the same address again.
    Redirect,
}

/// Answers the first request with the first answer and so on; the last one stays. Keeps the requests.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = seen.lock().unwrap().len();
                let answer = answers[number.min(answers.len() - 1)].clone();
                let request = read_request(&stream);
                seen.lock().unwrap().push(request.clone());
                // A client that has gone is no fault of the server.
                thread::spawn(move || respond(stream, &request, answer).is_ok());
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn options(&self) -> FetchOptions {
        FetchOptions {
            base_url: Some(self.address.clone()),
            stall: Duration::from_secs(5),
            progress: false,
            force: false,
        }
    }
}

fn read_request(mut stream: &TcpStream) -> String {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).to_lowercase()
}

/// The first byte of "Range: bytes=5-".
fn range(request: &str) -> Option<usize> {
    request
        .split_once("range: bytes=")?
        .1
        .split('-')
        .next()?
        .parse()
        .ok()
}

fn respond(mut stream: TcpStream, request: &str, answer: Answer) -> std::io::Result<()> {
    let head = |status: &str, length: usize, more: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n")
    };
    match answer {
        Answer::Body(body) => match range(request) {
            Some(from) if from < body.len() => {
                let more = format!(
                    "Content-Range: bytes {from}-{}/{}\r\n",
                    body.len() - 1,
                    body.len()
                );
                stream.write_all(head("206 Partial", body.len() - from, &more).as_bytes())?;
                stream.write_all(&body[from..])
            }
            Some(_) => stream.write_all(head("416 Range", 0, "").as_bytes()),
            None => respond(stream, request, Answer::WholeBody(body)),
        },
        Answer::WholeBody(body) => {
            stream.write_all(head("200 OK", body.len(), "").as_bytes())?;
            stream.write_all(&body)
        }
        Answer::Cut(body, sent) => {
            stream.write_all(head("200 OK", body.len(), "").as_bytes())?;
            stream.write_all(&body[..sent])
        }
        Answer::Stall(body, sent) => {
            stream.write_all(head("200 OK", body.len(), "").as_bytes())?;
            stream.write_all(&body[..sent])?;
            thread::sleep(Duration::from_secs(20));
            Ok(())
        }
        Answer::Silence => {
            thread::sleep(Duration::from_secs(20));
            Ok(())
        }
        Answer::Status(status) => stream.write_all(head(&format!("{status} X"), 0, "").as_bytes()),
        Answer::Redirect => stream.write_all(head("302 X", 0, "Location: /again\r\n").as_bytes()),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn body() -> Vec<u8> {
    (0..200_000u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect()
}

/// Fetches a set of one file `numbers.bin` of this content into `dir`.
fn fetch_numbers(
    dir: &Path,
    content: &[u8],
    options: &FetchOptions,
) -> Result<Fetched, FetchError> {
    let files = [File {
        name: "numbers.bin",
        bytes: content.len() as u64,
        sha256: &sha256(content),
    }];
    let contents = Contents::Files {
        mirrors: &[],
        files: &files,
    };
    fetch_dataset(&numbers(contents), dir, options)
}

fn numbers(contents: Contents<'_>) -> PublicDataset<'_> {
    PublicDataset {
        name: "numbers",
        description: "numbers",
        licence: "none",
        homepage: "https://example.org/numbers",
        contents,
    }
}

fn problem(error: FetchError) -> Problem {
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    match error {
        FetchError::Source {
            problem,
            address,
            homepage,
            path,
            ..
        } => {
            // Each message says where it came from and what a person can do.
            assert!(
                text.contains(&address) && text.contains(&homepage),
                "{text}"
            );
            assert!(text.contains(&path.display().to_string()), "{text}");
            *problem
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_good_file_is_fetched_once() {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(body())]));
    let fetched = fetch_numbers(dir.path(), &body(), &server.options()).unwrap();
    assert_eq!(
        (fetched.present, fetched.verified, fetched.unverified),
        (false, 1, 0)
    );
    assert_eq!(
        std::fs::read(fetched.path.join("numbers.bin")).unwrap(),
        body()
    );
    assert_eq!(names(dir.path()), ["numbers"], "nothing is left beside it");

    let again = fetch_numbers(dir.path(), &body(), &server.options()).unwrap();
    assert!(
        again.present && again.to_string().contains("is already complete"),
        "{again}"
    );
    assert_eq!(server.requests().len(), 1);
    assert!(server.requests()[0].starts_with("get /numbers.bin "));

    let options = FetchOptions {
        force: true,
        ..server.options()
    };
    let forced = fetch_numbers(dir.path(), &body(), &options).unwrap();
    assert!(!forced.present);
    assert_eq!(server.requests().len(), 2);
    assert_eq!(names(dir.path()), ["numbers"]);
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_wrong_checksum_names_both_sums_and_leaves_no_file() {
    let mut wrong = body();
    wrong[77] ^= 1;
    let (dir, server) = (
        tempdir().unwrap(),
        Server::new(vec![Answer::Body(wrong.clone())]),
    );
    let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    let Problem::Checksum {
        file,
        expected,
        found,
    } = problem(error)
    else {
        panic!()
    };
    assert_eq!(
        (file, expected, found),
        ("numbers.bin".into(), sha256(&body()), sha256(&wrong))
    );
    assert_no_part_left(&dir);
    assert!(!dir.path().join("numbers").exists());
}

fn assert_no_part_left(dir: &TempDir) {
    let left = names(&dir.path().join(".fetch-numbers"));
    assert!(left.iter().all(|name| !name.ends_with(".part")), "{left:?}");
}

#[test]
fn statuses_are_reported() {
    for status in [404, 403, 500, 503] {
        let (dir, server) = (
            tempdir().unwrap(),
            Server::new(vec![Answer::Status(status)]),
        );
        let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert!(matches!(problem(error), Problem::Status(found) if found == status));
        assert!(!dir.path().join("numbers").exists());
    }
}

#[test]
fn a_cut_download_goes_on_where_it_stopped() {
    let answers = vec![Answer::Cut(body(), 70_000), Answer::Body(body())];
    let (dir, server) = (tempdir().unwrap(), Server::new(answers));
    let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    let problem = problem(error);
    assert!(
        matches!(
            problem,
            Problem::Cut {
                bytes: 70_000,
                expected: 200_000
            }
        ),
        "{problem}"
    );
    assert!(!dir.path().join("numbers").exists());
    fetch_numbers(dir.path(), &body(), &server.options()).unwrap();
    assert_eq!(range(&server.requests()[1]), Some(70_000));
    assert_eq!(
        std::fs::read(dir.path().join("numbers/numbers.bin")).unwrap(),
        body()
    );
}

#[test]
fn a_cut_download_starts_again_where_the_server_knows_no_ranges() {
    let answers = vec![Answer::Cut(body(), 70_000), Answer::WholeBody(body())];
    let (dir, server) = (tempdir().unwrap(), Server::new(answers));
    fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    fetch_numbers(dir.path(), &body(), &server.options()).unwrap();
    assert_eq!(server.requests().len(), 2);
    assert_eq!(
        std::fs::read(dir.path().join("numbers/numbers.bin")).unwrap(),
        body()
    );
}

#[test]
fn a_spoilt_part_is_thrown_away_and_the_file_fetched_anew() {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(body())]));
    let staging = dir.path().join(".fetch-numbers");
    std::fs::create_dir_all(&staging).unwrap();
    // Once of another content, once longer than the file (the server answers 416).
    for length in [70_000, 200_000, 300_000] {
        std::fs::create_dir_all(&staging).unwrap();
        std::fs::write(staging.join("numbers.bin.part"), vec![9; length]).unwrap();
        let options = FetchOptions {
            force: true,
            ..server.options()
        };
        fetch_numbers(dir.path(), &body(), &options).unwrap();
        assert_eq!(
            std::fs::read(dir.path().join("numbers/numbers.bin")).unwrap(),
            body()
        );
    }
    assert_eq!(
        server.requests().len(),
        6,
        "each part was asked for once and given up"
    );
}

#[test]
fn a_server_that_goes_silent_is_given_up() {
    for (answer, received) in [
        (Answer::Stall(body(), 50_000), 50_000),
        (Answer::Silence, 0),
    ] {
        let (dir, server) = (tempdir().unwrap(), Server::new(vec![answer]));
        let options = FetchOptions {
            stall: Duration::from_millis(300),
            ..server.options()
        };
        let start = Instant::now();
        let error = fetch_numbers(dir.path(), &body(), &options).unwrap_err();
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{:?}",
            start.elapsed()
        );
        let problem = problem(error);
        assert!(
            matches!(problem, Problem::Stalled { bytes, .. } if bytes == received),
            "{problem}"
        );
    }
}

#[test]
fn a_stalled_download_goes_on_where_it_stopped() {
    let answers = vec![Answer::Stall(body(), 50_000), Answer::Body(body())];
    let (dir, server) = (tempdir().unwrap(), Server::new(answers));
    let options = FetchOptions {
        stall: Duration::from_millis(300),
        ..server.options()
    };
    fetch_numbers(dir.path(), &body(), &options).unwrap_err();
    fetch_numbers(dir.path(), &body(), &server.options()).unwrap();
    assert_eq!(range(&server.requests()[1]), Some(50_000));
}

#[test]
fn redirect_loops_end() {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Redirect]));
    let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    assert!(matches!(problem(error), Problem::Redirects(_)));
    assert!(server.requests().len() < 10);
}

#[test]
fn nobody_listening_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    drop(listener);
    let options = FetchOptions {
        base_url,
        progress: false,
        ..FetchOptions::default()
    };
    let error = fetch_numbers(tempdir().unwrap().path(), &body(), &options).unwrap_err();
    assert!(matches!(problem(error), Problem::Connection(_)));
}

#[test]
fn a_body_longer_than_the_file_is_refused() {
    let long = vec![Answer::Body([body(), body()].concat())];
    let (dir, server) = (tempdir().unwrap(), Server::new(long));
    let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    assert!(matches!(problem(error), Problem::TooLarge { .. }));
}

#[test]
fn what_is_there_is_never_replaced_without_force() {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(body())]));
    let place = dir.path().join("numbers");
    std::fs::create_dir_all(&place).unwrap();
    let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    assert!(matches!(
        &error,
        FetchError::Incomplete {
            problem: Problem::Missing { .. },
            ..
        }
    ));
    assert!(error.to_string().contains("--force"), "{error}");
    std::fs::write(place.join("numbers.bin"), b"mine").unwrap();
    let error = fetch_numbers(dir.path(), &body(), &server.options())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&sha256(b"mine")) && error.contains(&sha256(&body())),
        "{error}"
    );
    assert_eq!(std::fs::read(place.join("numbers.bin")).unwrap(), b"mine");
    assert!(server.requests().is_empty());

    // A failure with --force leaves the old one in its place.
    let broken = Server::new(vec![Answer::Status(500)]);
    let options = FetchOptions {
        force: true,
        ..broken.options()
    };
    fetch_numbers(dir.path(), &body(), &options).unwrap_err();
    assert_eq!(std::fs::read(place.join("numbers.bin")).unwrap(), b"mine");
}

#[test]
fn two_fetches_do_not_meet() {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(body())]));
    let path = dir.path().join(".fetch-numbers.lock");
    let held = std::fs::File::create(&path).unwrap();
    held.lock().unwrap();
    let error = fetch_numbers(dir.path(), &body(), &server.options()).unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
    assert!(server.requests().is_empty());
    // A fetch that was killed holds nothing.
    drop(held);
    fetch_numbers(dir.path(), &body(), &server.options()).unwrap();
    assert_eq!(names(dir.path()), ["numbers"]);
}

#[test]
fn a_data_folder_that_is_a_file_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let server = Server::new(vec![Answer::Body(body())]);
    let error = fetch_numbers(file.path(), &body(), &server.options())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(&file.path().display().to_string()),
        "{error}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    let error = fetch("minst", tempdir().unwrap().path(), &FetchOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown data set 'minst': choose one of mnist, brain-tumor-mri, eeg-bonn"
    );
}

/// A `.tar.gz` of entries: path, type, content.
fn packed(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(zipped);
    for (path, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        // By hand: the builder itself refuses a path that leads out.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/hostname").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

const FILE: tar::EntryType = tar::EntryType::Regular;
const A: &[u8] = b"first picture";
const B: &[u8] = b"second picture";

/// A good archive: two listed pictures, one that is not listed, and matter beside the folders.
fn good() -> Vec<(&'static str, tar::EntryType, &'static [u8])> {
    vec![
        (
            "pax_global_header",
            tar::EntryType::XGlobalHeader,
            b"14 comment=ab\n",
        ),
        ("set-1/", tar::EntryType::Directory, b""),
        ("set-1/README.md", FILE, b"read me"),
        ("set-1/Training/", tar::EntryType::Directory, b""),
        ("set-1/Training/a (1).jpg", FILE, A),
        ("set-1/Testing/b.jpg", FILE, B),
        ("set-1/Testing/c.jpg", FILE, b"no sum known"),
    ]
}

fn fetch_archive(
    dir: &Path,
    limits: (u64, usize),
    options: &FetchOptions,
) -> Result<Fetched, FetchError> {
    let manifest = format!(
        "{}  Training/a (1).jpg\n{}  Testing/b.jpg\n",
        sha256(A),
        sha256(B)
    );
    let contents = Contents::Archive(Archive {
        name: "numbers.tar.gz",
        addresses: &[],
        folders: &["Training", "Testing"],
        manifest: &manifest,
        max_bytes: limits.0,
        max_files: limits.1,
    });
    fetch_dataset(&numbers(contents), dir, options)
}

const LIMITS: (u64, usize) = (1 << 20, 100);

#[test]
fn a_good_archive_is_unpacked_and_checked() {
    let (dir, server) = (
        tempdir().unwrap(),
        Server::new(vec![Answer::Body(packed(&good()))]),
    );
    let fetched = fetch_archive(dir.path(), LIMITS, &server.options()).unwrap();
    assert_eq!(
        (fetched.present, fetched.verified, fetched.unverified),
        (false, 2, 1)
    );
    assert!(
        fetched
            .to_string()
            .ends_with("2 files verified by SHA-256, 1 more that no sum is known for")
    );
    assert_eq!(names(&fetched.path), ["Testing", "Training"]);
    assert_eq!(
        std::fs::read(fetched.path.join("Training/a (1).jpg")).unwrap(),
        A
    );
    assert_eq!(names(dir.path()), ["numbers"]);
    assert!(
        fetch_archive(dir.path(), LIMITS, &server.options())
            .unwrap()
            .present
    );
    assert_eq!(server.requests().len(), 1);
}

/// Fetches an archive that must be refused, and checks that nothing of it stays.
fn refused(archive: Vec<u8>, limits: (u64, usize)) -> Problem {
    let (dir, server) = (tempdir().unwrap(), Server::new(vec![Answer::Body(archive)]));
    let error = fetch_archive(dir.path(), limits, &server.options()).unwrap_err();
    assert!(!dir.path().join("numbers").exists());
    assert_eq!(names(dir.path()), [".fetch-numbers"]);
    assert_no_part_left(&dir);
    assert!(names(&dir.path().join(".fetch-numbers/whole")).is_empty());
    problem(error)
}

#[test]
fn archives_that_lead_out_of_the_folder_are_refused() {
    let cases: [(&str, tar::EntryType); 5] = [
        ("set-1/Training/../../../escaped.jpg", FILE),
        ("/tmp/escaped.jpg", FILE),
        ("../escaped.jpg", FILE),
        ("set-1/Training/link.jpg", tar::EntryType::Symlink),
        ("set-1/Training/link.jpg", tar::EntryType::Link),
    ];
    for (path, kind) in cases {
        let mut entries = good();
        entries.push((path, kind, b""));
        match refused(packed(&entries), LIMITS) {
            Problem::Archive { reason, .. } => assert!(reason.starts_with(path), "{reason}"),
            other => panic!("{path}: {other}"),
        }
    }
}

#[test]
fn an_archive_without_a_listed_file_is_refused() {
    let mut entries = good();
    entries.retain(|entry| !entry.0.ends_with("b.jpg"));
    match refused(packed(&entries), LIMITS) {
        Problem::Missing { file, expected } => {
            assert_eq!((file.as_str(), expected), ("Testing/b.jpg", sha256(B)));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn an_archive_with_another_file_in_place_of_a_listed_one_is_refused() {
    let mut entries = good();
    entries[4].2 = b"another picture";
    match refused(packed(&entries), LIMITS) {
        Problem::Checksum {
            file,
            expected,
            found,
        } => {
            assert_eq!(file, "Training/a (1).jpg");
            assert_eq!((expected, found), (sha256(A), sha256(b"another picture")));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn archives_without_end_are_refused() {
    assert!(matches!(
        refused(packed(&good()), (1 << 20, 4)),
        Problem::TooLarge { .. }
    ));
    // 4 MB of zeros that pack into a few kilobytes.
    let mut entries = good();
    let zeros = vec![0; 4 << 20];
    entries.push(("set-1/Training/zeros.jpg", FILE, &zeros));
    let archive = packed(&entries);
    assert!(archive.len() < 1 << 16);
    assert!(matches!(refused(archive, LIMITS), Problem::TooLarge { .. }));
}

#[test]
fn damaged_archives_are_refused() {
    let mut entries = good();
    let noise: Vec<u8> = body();
    entries.push(("set-1/Training/noise.jpg", FILE, &noise));
    let archive = packed(&entries);
    for damaged in [
        archive[..archive.len() / 2].to_vec(),
        b"<html>not found</html>".to_vec(),
    ] {
        assert!(matches!(refused(damaged, LIMITS), Problem::Archive { .. }));
    }
    let twice = [good(), vec![good()[4]]].concat();
    assert!(matches!(
        refused(packed(&twice), LIMITS),
        Problem::Io { .. }
    ));
}

#[test]
fn a_cut_archive_is_completed_by_the_next_call() {
    let archive = packed(&good());
    let answers = vec![Answer::Cut(archive.clone(), 100), Answer::Body(archive)];
    let (dir, server) = (tempdir().unwrap(), Server::new(answers));
    fetch_archive(dir.path(), LIMITS, &server.options()).unwrap_err();
    fetch_archive(dir.path(), LIMITS, &server.options()).unwrap();
    assert_eq!(range(&server.requests()[1]), Some(100));
}

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
    let contents: [&[u8]; 4] = [b"<html>not found</html>", pictures, b"", &noise];
    for content in contents {
        match refused_table(content.to_vec()) {
            Problem::Table(error) => assert!(error.to_string().contains("line 1: has "), "{error}"),
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

/// The table's sums against the real files in HEBB_DATA. Of the brain-tumour scans, a part may be there:
/// each of its files must be listed with its sum, and fetching still demands the whole set.
#[test]
fn the_real_files_have_the_sums_of_the_table() {
    let Some(data) = std::env::var_os("HEBB_DATA").map(PathBuf::from) else {
        println!("SKIPPED: HEBB_DATA is not set");
        return;
    };
    for dataset in DATASETS {
        let folder = data.join(dataset.name);
        if !folder.is_dir() {
            println!("SKIPPED: no {} in HEBB_DATA", dataset.name);
            continue;
        }
        let mut part = *dataset;
        let listed_and_present;
        if let Contents::Archive(archive) = &mut part.contents {
            let present = |line: &&str| {
                let (_, path) = line.split_once("  ").unwrap();
                folder.join(path).is_file()
            };
            let lines: Vec<&str> = archive.manifest.lines().collect();
            let found: Vec<&str> = lines.iter().copied().filter(present).collect();
            if found.len() < lines.len() {
                let error = fetch(dataset.name, &data, &FetchOptions::default()).unwrap_err();
                let FetchError::Incomplete { problem, .. } = error else {
                    panic!("{error}");
                };
                assert!(matches!(problem, Problem::Missing { .. }), "{problem}");
            }
            listed_and_present = found.join("\n");
            archive.manifest = &listed_and_present;
        }
        let fetched = fetch_dataset(&part, &data, &FetchOptions::default()).unwrap();
        assert!(fetched.present, "{fetched}");
        if matches!(part.contents, Contents::Archive(_)) {
            assert_eq!(fetched.unverified, 0, "{fetched}");
        }
        println!("{fetched}");
    }
}
