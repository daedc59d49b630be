//! Decodes pictures as Hebb does: `cargo run -p datasets --example decode OUT < paths`, for `bench/decoders/compare`.
//!
//! For each path on standard input it writes `OUT/NAME.png` and prints `NAME<TAB>ok` or `NAME<TAB>error<TAB>reason`.
//! With the folder `-` it writes nothing, and prints the time of all.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use image::ImageFormat;

fn main() -> Result<(), Box<dyn Error>> {
    let out = std::env::args_os()
        .nth(1)
        .ok_or("usage: decode OUT < paths")?;
    let out = PathBuf::from(out);
    let mut lines = io::stdout().lock();
    let paths = io::stdin().lock().lines().collect::<io::Result<Vec<_>>>()?;
    let start = Instant::now();
    for path in &paths {
        let path = Path::new(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match datasets::images::decode(path) {
            Ok(_) if out.as_os_str() == "-" => {}
            Ok(picture) => {
                let to = out.join(format!("{name}.png"));
                picture.save_with_format(to, ImageFormat::Png)?;
                writeln!(lines, "{name}\tok")?;
            }
            Err(error) => writeln!(lines, "{name}\terror\t{error}")?,
        }
    }
    if out.as_os_str() == "-" {
        let seconds = start.elapsed().as_secs_f64();
        writeln!(lines, "{} pictures in {seconds:.3} s", paths.len())?;
    }
    Ok(())
}
