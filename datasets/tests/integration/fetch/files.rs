//! Single files: sums, statuses, cut and stalled downloads.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use datasets::fetch::{FetchError, FetchOptions, Problem, fetch};
use tempfile::tempdir;

use super::server::{
    Answer, Server, assert_no_part_left, body, fetch_numbers, names, problem, range, sha256,
};

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
