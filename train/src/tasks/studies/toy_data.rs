//! Toy data for neurons that learn by a rule: labelled points from a CSV table, or generated ones.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, anyhow, bail, ensure};
use files::{Numbers, Row, TableError, TableFormat, TableReader, is_gap};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Points with labels.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledPoints {
    /// Name of the data.
    pub name: String,
    /// Names of the features.
    pub features: Vec<String>,
    /// Features of each point.
    pub points: Vec<Vec<f64>>,
    /// Label of each point, as written.
    pub labels: Vec<String>,
}

/// Largest number of features: principal components of more would take minutes.
const MAX_FEATURES: usize = 1000;

impl LabelledPoints {
    /// Creates points with features x1, x2, ... and the labels 0 and 1.
    pub fn new(name: &str, points: Vec<Vec<f64>>, labels: &[bool]) -> Self {
        let count = points.first().map_or(0, Vec::len);
        Self {
            name: name.to_owned(),
            features: numbered_features(count),
            points,
            labels: labels
                .iter()
                .map(|label| u8::from(*label).to_string())
                .collect(),
        }
    }

    /// Reads a CSV table of features followed by the label. A first row whose features are words is a header. Labels that
    /// are the same number, such as 0 and 0.0, are one label.
    ///
    /// # Errors
    /// Names the file, and the row (its line in the file) and column of what cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let file = path.display();
        let format = TableFormat {
            comments: true,
            white_space: true,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let table = match TableReader::open(path, format) {
            Ok(table) => table,
            Err(TableError::Io(error)) => {
                bail!("{file}: cannot be read: {error}; --csv names a table of points")
            }
            Err(error) => bail!("{file}: {error}"),
        };
        Self::parse(table, name.into_owned()).map_err(|reason| anyhow!("{file}: {reason:#}"))
    }

    /// Reads the rows of a table; an error is to be preceded by the name of the file.
    fn parse(mut table: TableReader, name: String) -> Result<Self> {
        let numbers = table.numbers();
        let rows = table.rows()?;
        let Some(first) = rows.first() else {
            bail!("is empty; give columns of features, then the label");
        };
        let count = used_columns(first) - 1;
        ensure!(
            (1..=MAX_FEATURES).contains(&count),
            "row 1 has {count} features; give 1 to {MAX_FEATURES} columns of features, then the label"
        );
        let has_header = has_header(&rows, count, numbers)?;
        let features = if has_header {
            first.cells().take(count).map(str::to_owned).collect()
        } else {
            numbered_features(count)
        };
        let points = (rows.iter())
            .skip(usize::from(has_header))
            .map(|row| parse_point(row, &features, numbers))
            .collect::<Result<Vec<_>>>()?;
        ensure!(
            points.len() >= 2,
            "holds {} points; give two at least",
            points.len()
        );
        let (points, labels) = points.into_iter().unzip();
        let table = Self {
            name,
            features,
            points,
            labels: with_equal_numbers(labels),
        };
        if let Some(index) = table.index_column() {
            eprintln!(
                "note: the first column of {} ('{index}') counts the rows: if it is an index, leave it out, since it may tell the labels of sorted rows",
                table.name
            );
        }
        Ok(table)
    }

    /// Returns the name of the first feature if it numbers the points.
    fn index_column(&self) -> Option<&str> {
        let mut pairs = self.points.windows(2);
        let counts = pairs.all(|pair| pair[1][0] - pair[0][0] == 1.0);
        (counts && self.features.len() > 1 && self.points.len() > 3).then_some(&*self.features[0])
    }

    /// Returns the two labels in order, numbers by value and words alphabetically, and for each point whether it has the
    /// second label, for which a neuron should fire.
    ///
    /// # Errors
    /// If there are not exactly two labels.
    pub fn two_classes(&self) -> Result<([String; 2], Vec<bool>)> {
        let found: BTreeSet<&String> = self.labels.iter().collect();
        let mut found: Vec<&String> = found.into_iter().collect();
        let numbers: Option<Vec<f64>> = found.iter().map(|label| label.parse().ok()).collect();
        if numbers.is_some() {
            let number = |label: &String| label.parse().unwrap_or(f64::NAN);
            found.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        let [off, on] = found[..] else {
            let some: Vec<&str> = found.iter().take(5).map(|label| label.as_str()).collect();
            bail!(
                "{}: the number of different labels is {} ({}{}); a perceptron separates two; give a table with two",
                self.name,
                found.len(),
                some.join(", "),
                if found.len() > 5 { ", ..." } else { "" }
            );
        };
        let fires = self.labels.iter().map(|label| label == on).collect();
        Ok(([off.clone(), on.clone()], fires))
    }
}

/// Returns the number of columns of a row, without empty ones at its end.
fn used_columns(row: &Row) -> usize {
    let cells: Vec<&str> = row.cells().collect();
    let last = cells.iter().rposition(|cell| !cell.is_empty());
    last.map_or(1, |last| last + 1)
}

/// Whether the first row holds the names of the columns: all of its features are words.
///
/// # Errors
/// If that is unclear: it has gaps or words beside numbers, or its numbers count the columns.
fn has_header(rows: &[Row], count: usize, numbers: Numbers) -> Result<bool> {
    let first = &rows[0];
    let line = first.line();
    let is_number = |column: &usize| numbers.parse(first.cell(*column), f64::MAX, "").is_ok();
    let is_word = |column: &usize| !is_number(column) && !is_gap(first.cell(*column));
    let words = (0..count).filter(is_word).count();
    let has_index = count > 1 && first.cell(0).is_empty() && words == count - 1;
    if words == count || has_index {
        return Ok(true);
    }
    if let Some(column) = (0..count).find(|column| !is_number(column)) {
        bail!(
            "row {line}, column {}: '{}' is not a number, but other features of the row are: give a number there, or a name to every column",
            column + 1,
            first.cell(column)
        );
    }
    let label = first.cell(count);
    let counts = (0..=count).all(|column| first.cell(column) == column.to_string());
    let is_label = rows[1..].iter().any(|row| row.cell(count) == label);
    ensure!(
        !counts || is_label || rows.len() == 1,
        "row {line} counts the columns (0 to {count}) as pandas does where they have no names, and no other row has the label {label}: remove it, or give the columns names"
    );
    Ok(false)
}

/// Parses a row: the features, and the label in the last column.
fn parse_point(row: &Row, features: &[String], numbers: Numbers) -> Result<(Vec<f64>, String)> {
    // In a spreadsheet, the number of a line is that of a row.
    let number = row.line();
    let columns = features.len() + 1;
    let surplus = row.cells().skip(columns).any(|cell| !cell.is_empty());
    ensure!(
        row.len() >= columns && !surplus,
        "row {number} has {} columns where row 1 has {columns}; give every row as many",
        row.len()
    );
    let point = (row.cells().zip(features))
        .map(|(cell, column)| {
            // Squares of larger numbers overflow.
            let value = numbers.parse(cell, 1e100, "a number from -1e100 to 1e100");
            value.map_err(|reason| anyhow!("row {number}, column '{column}': {reason}; give one"))
        })
        .collect::<Result<Vec<f64>>>()?;
    let label = row.cell(columns - 1);
    ensure!(
        !is_gap(label),
        "row {number}, column {columns}: the label is missing; give one in the last column"
    );
    Ok((point, label.to_owned()))
}

/// Writes labels that are the same number in the same way, that of the first.
fn with_equal_numbers(labels: Vec<String>) -> Vec<String> {
    let mut firsts: Vec<(f64, String)> = Vec::new();
    let mut first = |label: String| {
        let Ok(number) = label.parse::<f64>() else {
            return label;
        };
        match firsts.iter().find(|(other, _)| *other == number) {
            Some((_, first)) => first.clone(),
            None => {
                firsts.push((number, label.clone()));
                label
            }
        }
    };
    labels.into_iter().map(&mut first).collect()
}

/// Returns the names x1, x2, ... of features without a header.
fn numbered_features(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("x{number}")).collect()
}

/// Returns the corners of the unit square in the order of a truth table, with `labels`.
pub fn corners(name: &str, labels: [bool; 4]) -> LabelledPoints {
    let corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    LabelledPoints::new(name, corners.map(Vec::from).to_vec(), &labels)
}

/// Draws two clouds of 30 points in the square from -2 to 2, separated by a random line with a margin of 0.2.
pub fn two_clouds(seed: u64) -> LabelledPoints {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let angle = random.random_range(0.0..std::f64::consts::TAU);
    let offset = random.random_range(-0.5..0.5);
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    while points.len() < 60 {
        let point = [0; 2].map(|_| random.random_range(-2.0..2.0_f64));
        let height = angle.cos() * point[0] + angle.sin() * point[1] - offset;
        let fires = points.len() % 2 == 0;
        if height.abs() > 0.2 && (height > 0.0) == fires {
            points.push(point.to_vec());
            labels.push(fires);
        }
    }
    LabelledPoints::new("two clouds", points, &labels)
}

/// Draws points from a normal distribution with standard deviations `deviations` along random orthogonal axes.
pub fn cloud(name: &str, deviations: &[f64], count: usize, seed: u64) -> LabelledPoints {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let size = deviations.len();
    let mut axes: Vec<Vec<f64>> = Vec::new();
    while axes.len() < size {
        // Gram-Schmidt process.
        let mut axis: Vec<f64> = (0..size).map(|_| normal(&mut random)).collect();
        for other in &axes {
            let along = neurons::vector::dot(&axis, other);
            (axis.iter_mut().zip(other)).for_each(|(value, other)| *value -= along * other);
        }
        let length = neurons::vector::norm(&axis);
        if length > 0.1 {
            axes.push(axis.iter().map(|value| value / length).collect());
        }
    }
    let points = (0..count).map(|_| {
        let mut point = vec![0.0; size];
        for (axis, deviation) in axes.iter().zip(deviations) {
            let height = deviation * normal(&mut random);
            (point.iter_mut().zip(axis)).for_each(|(value, along)| *value += height * along);
        }
        point
    });
    let points: Vec<Vec<f64>> = points.collect();
    let labels = vec![false; points.len()];
    LabelledPoints::new(name, points, &labels)
}

/// Draws a standard normal number (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use neurons::learning::{principal_components, separation};

    fn read(text: &str) -> Result<LabelledPoints> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("points.csv");
        std::fs::write(&path, text)?;
        LabelledPoints::read(&path)
    }

    #[test]
    fn a_header_is_recognised() {
        let table = read("width,height,kind\n1, 2.5,cat\n-3,4e1,dog\n").unwrap();
        assert_eq!(table.features, ["width", "height"]);
        assert_eq!(table.points, [[1.0, 2.5], [-3.0, 40.0]]);
        let (names, fires) = table.two_classes().unwrap();
        assert_eq!(
            (names, fires),
            (["cat", "dog"].map(String::from), vec![false, true])
        );
        // Numbers are sorted by value: 9 before 10.
        let table = read("1,2,10\n3,4,9\n").unwrap();
        assert_eq!(table.features, ["x1", "x2"]);
        assert_eq!(table.two_classes().unwrap().1, [true, false]);
    }

    #[test]
    fn a_table_is_read_in_every_form() {
        let plain = read("x,y,kind\n1,2.5,0\n-3,40,1\n").unwrap();
        for text in [
            "\u{feff}x,y,kind\r\n1,2.5,0\r\n-3,40,1\r\n",
            "x;y;kind\n1,0;2,5;0\n-3;40;1\n",
            "x\ty\tkind\n1\t2.5\t0\n-3\t40\t1\n",
            "# two points\nx,y,kind,\n1,2.5,0,\n\n-3,40,1,\n,,,\n",
            "x y kind\n1 2.5 0\n-3  40 1\n",
            "\"x\",\"y\",\"kind\"\n\"1\",\"2.5\",\"0\"\n\"-3\",\"40\",\"1\"\n",
        ] {
            assert_eq!(read(text).unwrap(), plain, "{text:?}");
        }
        // The same number is the same label.
        let table = read("1,0\n2,0.0\n3,1\n").unwrap();
        assert_eq!(table.two_classes().unwrap().1, [false, false, true]);
        assert!(read("1,0\n2,0.0\n").unwrap().two_classes().is_err());
        // A row of numbers may be a point even if they count.
        assert_eq!(read("0,1,2\n3,4,2\n").unwrap().points.len(), 2);
    }

    #[test]
    fn a_first_row_with_gaps_is_no_header() {
        for (text, words) in [
            (",0.5,1\n1,2,0\n", "row 1, column 1: '' is not a number"),
            ("NA,0.5,1\n1,2,0\n", "row 1, column 1: 'NA'"),
            ("?,0.5,1\n1,2,0\n", "row 1, column 1: '?'"),
            ("1,x,1\n1,2,0\n", "row 1, column 2: 'x'"),
            ("0,1,2\n3,4,0\n5,6,1\n", "row 1 counts the columns (0 to 2)"),
            (
                "x,y,l\n1,2,0\n1,NaN,1\n",
                "row 3, column 'y': 'NaN' is a gap",
            ),
            (
                "x,y,l\n1,2,0\n1,2,\n",
                "row 3, column 3: the label is missing",
            ),
            (
                "x,y,l\n1,2,0\n1,2\n",
                "row 3 has 2 columns where row 1 has 3",
            ),
            (
                "x;y;l\n1;2,5;0\n1;2.5;1\n",
                "row 3, column 'y': '2.5' has a decimal point",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text:?}: {error}");
        }
    }

    #[test]
    fn an_index_is_recognised() {
        let table = read(",x,y\n0,1,0\n1,2,0\n2,3,1\n3,5,1\n").unwrap();
        assert_eq!(table.index_column(), Some(""));
        let table = read("a,x,y\n0,1,0\n1,2,0\n2,3,1\n4,5,1\n").unwrap();
        assert_eq!(table.index_column(), None);
    }

    #[test]
    fn generated_clouds_are_separable_or_have_their_variances() {
        for seed in 0..5 {
            let table = two_clouds(seed);
            let points: Vec<Vec<f64>> = (table.points.iter())
                .map(|point| [&[1.0], &point[..]].concat())
                .collect();
            let (_, labels) = table.two_classes().unwrap();
            assert!(
                separation(&points, &labels).bound().is_some(),
                "seed {seed}"
            );
        }
        let table = cloud("cloud", &[2.0, 0.5], 4000, 1);
        let variances = principal_components(&table.points);
        assert!((variances[0].0 - 4.0).abs() < 0.3, "{variances:?}");
        assert!((variances[1].0 - 0.25).abs() < 0.02, "{variances:?}");
    }
}
