//! Destinations of results as users name them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Stdout, Write};
use std::path::{Path, PathBuf};

use crate::atomic::AtomicFile;
use crate::error::WriteError;

/// Destination of a result: a file, a device or pipe, or standard output.
#[derive(Debug)]
pub enum Output {
    /// Standard output.
    Stdout(Stdout),
    /// A device or a pipe, such as `/dev/null`. It is written to and never replaced by a file.
    Device(File, PathBuf),
    /// A file, which appears on [`commit`](Output::commit).
    File(AtomicFile),
}

impl Output {
    /// Opens the destination `path`; `-` is standard output.
    ///
    /// # Errors
    /// If `path` is a folder or empty, or if it cannot be written.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout(io::stdout()));
        }
        let is_device = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
        if is_device {
            let device = OpenOptions::new().write(true).open(path);
            let device = device.map_err(|source| WriteError::new(path, source))?;
            Ok(Self::Device(device, path.to_owned()))
        } else {
            AtomicFile::create(path).map(Self::File)
        }
    }

    /// Completes the result: flushes a stream, moves a file to its destination.
    ///
    /// # Errors
    /// If the disk is full or fails.
    pub fn commit(self) -> Result<(), WriteError> {
        match self {
            Self::Stdout(mut stdout) => stdout
                .flush()
                .map_err(|source| WriteError::new(Path::new("-"), source)),
            Self::Device(mut device, path) => device
                .flush()
                .map_err(|source| WriteError::new(&path, source)),
            Self::File(file) => file.commit(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Device(device, _) => device.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Device(device, _) => device.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_on_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut output = Output::open(&path).unwrap();
        output.write_all(b"a\n").unwrap();
        assert!(!path.exists());
        output.commit().unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "a\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let null = Path::new("/dev/null");
        let mut output = Output::open(null).unwrap();
        output.write_all(b"a\n").unwrap();
        output.commit().unwrap();
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = Output::open(folder.path()).unwrap_err().to_string();
        assert!(message.ends_with("it is a folder"), "{message}");
    }
}
