//! A server that misbehaves, and the data set that is fetched from it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use datasets::fetch::{
    Contents, FetchError, FetchOptions, Fetched, File, Problem, PublicDataset, fetch_dataset,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// How the server answers one request.
#[derive(Clone)]
pub(super) enum Answer {
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
pub(super) struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn new(answers: Vec<Answer>) -> Self {
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

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn options(&self) -> FetchOptions {
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
pub(super) fn range(request: &str) -> Option<usize> {
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

pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(super) fn body() -> Vec<u8> {
    (0..200_000u32)
        .map(|i| (i.wrapping_mul(i) >> 7) as u8)
        .collect()
}

/// Fetches a set of one file `numbers.bin` of this content into `dir`.
pub(super) fn fetch_numbers(
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

pub(super) fn numbers(contents: Contents<'_>) -> PublicDataset<'_> {
    PublicDataset {
        name: "numbers",
        description: "numbers",
        licence: "none",
        homepage: "https://example.org/numbers",
        contents,
    }
}

pub(super) fn problem(error: FetchError) -> Problem {
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

pub(super) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(super) fn assert_no_part_left(dir: &TempDir) {
    let left = names(&dir.path().join(".fetch-numbers"));
    assert!(left.iter().all(|name| !name.ends_with(".part")), "{left:?}");
}
