//! An HTTP download into a file, which resumes an earlier one.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use ureq::http::{Response, header};
use ureq::{Agent, Body};

use super::error::Problem;
use super::options::FetchOptions;

/// Maximum number of redirects: more are taken for a loop.
const MAX_REDIRECTS: u32 = 5;
/// Maximum time to resolve a server's name, and to connect to it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// An HTTP download.
pub(super) struct Download<'a> {
    pub address: &'a str,
    /// The partial download.
    pub part: &'a Path,
    /// Maximum size of the file, in bytes.
    pub limit: u64,
    pub label: &'a str,
    pub options: &'a FetchOptions,
}

impl Download<'_> {
    /// Downloads the rest of the file. Returns whether it contains bytes of an earlier call.
    pub fn run(&self) -> Result<bool, Problem> {
        let have = fs::metadata(self.part).map_or(0, |file| file.len());
        if have > 0 {
            let response = self.request(Some(have))?;
            match response.status().as_u16() {
                206 if starts_at(&response, have) => {
                    return self.receive(response, have).map(|()| true);
                }
                200 => return self.receive(response, 0).map(|()| false),
                // 416: the part is as long as the file or longer. 206: another range than the requested one.
                206 | 416 => {}
                status => return Err(Problem::Status(status)),
            }
        }
        let response = self.request(None)?;
        match response.status().as_u16() {
            200 => self.receive(response, 0).map(|()| false),
            status => Err(Problem::Status(status)),
        }
    }

    fn request(&self, from: Option<u64>) -> Result<Response<Body>, Problem> {
        let mut request = self.agent().get(self.address);
        if let Some(from) = from {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        request.call().map_err(|error| self.problem(error, 0))
    }

    fn agent(&self) -> Agent {
        let stall = Some(self.options.stall);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(self.address.starts_with("https://"))
            .accept_encoding("identity")
            .max_redirects(MAX_REDIRECTS)
            .timeout_resolve(Some(CONNECT_TIMEOUT))
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(stall)
            .timeout_per_read(stall);
        // A proxy cannot reach this machine.
        if self.address.starts_with("http://127.0.0.1") {
            config = config.proxy(None);
        }
        config.build().into()
    }

    /// Writes the body to the part, after its first `from` bytes.
    fn receive(&self, response: Response<Body>, from: u64) -> Result<(), Problem> {
        let body = response.into_body();
        let expected = body
            .content_length()
            .map(|length| from.saturating_add(length));
        if expected.is_some_and(|expected| expected > self.limit) {
            return Err(self.too_large());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(from == 0)
            .append(from > 0)
            .open(self.part)
            .map_err(Problem::io("write", self.part))?;
        let bar = self.bar(expected, from);
        let mut reader = body.into_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut have = from;
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(error, have, expected)),
            };
            if read == 0 {
                break;
            }
            have += read as u64;
            if have > self.limit {
                return Err(self.too_large());
            }
            file.write_all(buffer.get(..read).unwrap_or_default())
                .map_err(Problem::io("write", self.part))?;
            bar.set_position(have);
        }
        bar.finish_and_clear();
        file.sync_all().map_err(Problem::io("write", self.part))?;
        match expected {
            Some(expected) if have < expected => Err(Problem::Cut {
                bytes: have,
                expected,
            }),
            _ => Ok(()),
        }
    }

    fn bar(&self, expected: Option<u64>, from: u64) -> ProgressBar {
        if !self.options.progress {
            return ProgressBar::hidden();
        }
        let bar = match expected {
            Some(expected) => ProgressBar::new(expected),
            None => ProgressBar::no_length(),
        };
        let template = match expected {
            Some(_) => "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg} {spinner} {bytes} {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.with_message(self.label.to_string()).with_position(from)
    }

    /// Converts an error while the body is read.
    fn broken(&self, error: std::io::Error, bytes: u64, expected: Option<u64>) -> Problem {
        match (ureq::Error::from(error), expected) {
            (ureq::Error::Io(error), Some(expected)) if ended(error.kind()) => {
                Problem::Cut { bytes, expected }
            }
            (error, _) => self.problem(error, bytes),
        }
    }

    /// Converts an error of the HTTP client.
    fn problem(&self, error: ureq::Error, bytes: u64) -> Problem {
        let seconds = self.options.stall.as_secs_f32();
        match error {
            ureq::Error::Timeout(ureq::Timeout::PerRead | ureq::Timeout::RecvResponse) => {
                Problem::Stalled { seconds, bytes }
            }
            ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut => {
                Problem::Stalled { seconds, bytes }
            }
            ureq::Error::TooManyRedirects => Problem::Redirects(MAX_REDIRECTS),
            ureq::Error::StatusCode(status) => Problem::Status(status),
            error => Problem::Connection(error.to_string()),
        }
    }

    fn too_large(&self) -> Problem {
        Problem::TooLarge {
            what: self.label.into(),
            limit: format!("{} bytes", self.limit),
        }
    }
}

/// Whether a kind of error means that the server closed the connection.
fn ended(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

/// Whether the response starts at byte `from`, as in "Content-Range: bytes 5-9/10".
fn starts_at(response: &Response<Body>, from: u64) -> bool {
    let range = response
        .headers()
        .get(header::CONTENT_RANGE)
        .and_then(|value| value.to_str().ok());
    range
        .and_then(|range| range.strip_prefix("bytes "))
        .and_then(|range| range.split('-').next())
        .is_some_and(|first| first.trim().parse() == Ok(from))
}
