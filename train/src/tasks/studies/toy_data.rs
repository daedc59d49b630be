//! Toy data for neurons that learn by a rule: labelled points from a CSV table, or generated ones.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
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

    /// Reads a CSV table of features followed by the label. A first row with a feature that is not a number is a header.
    ///
    /// # Errors
    /// Names the file, and the row (counted with the header) and column of what cannot be used.
    pub fn read(path: &Path) -> Result<Self> {
        let file = path.display();
        let text = std::fs::read(path)
            .with_context(|| format!("{file}: cannot be read; --csv names a table of points"))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self::parse(&text, name.into_owned()).map_err(|reason| anyhow!("{file}: {reason:#}"))
    }

    /// Parses a CSV table; an error is to be preceded by the name of the file.
    fn parse(text: &[u8], name: String) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text);
        let rows = (reader.records().enumerate())
            .map(|(index, record)| {
                let row = index + 1;
                record
                    .with_context(|| format!("row {row} is not CSV in UTF-8; save the table again"))
            })
            .collect::<Result<Vec<_>>>()?;
        let Some(first) = rows.first() else {
            bail!("is empty; give columns of features, then the label");
        };
        let count = first.len() - 1;
        ensure!(
            (1..=MAX_FEATURES).contains(&count),
            "row 1 has {count} features; give 1 to {MAX_FEATURES} columns of features, then the label"
        );
        let mut names = first.iter().take(count);
        let has_header = names.any(|cell| cell.parse::<f64>().is_err());
        let features = if has_header {
            first.iter().take(count).map(str::to_owned).collect()
        } else {
            numbered_features(count)
        };
        let points = (rows.iter().enumerate())
            .skip(usize::from(has_header))
            .map(|(index, record)| parse_point(record, index + 1, &features))
            .collect::<Result<Vec<_>>>()?;
        ensure!(
            points.len() >= 2,
            "holds {} points; give two at least",
            points.len()
        );
        let (points, labels) = points.into_iter().unzip();
        Ok(Self {
            name,
            features,
            points,
            labels,
        })
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
                "{}: has {} different labels ({}{}); a perceptron separates two; give a table with two",
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

/// Parses row `row` of a table, counted from 1: the features, and the label in the last column.
fn parse_point(
    record: &csv::StringRecord,
    row: usize,
    features: &[String],
) -> Result<(Vec<f64>, String)> {
    let columns = features.len() + 1;
    ensure!(
        record.len() == columns,
        "row {row} has {} columns where row 1 has {columns}; give every row as many",
        record.len()
    );
    let point = (record.iter().zip(features))
        .map(|(cell, column)| match cell.parse::<f64>() {
            // Squares of larger numbers overflow.
            Ok(value) if value.abs() <= 1e100 => Ok(value),
            _ => bail!(
                "row {row}, column '{column}': '{cell}' is not a number from -1e100 to 1e100; give one"
            ),
        })
        .collect::<Result<Vec<f64>>>()?;
    let label = &record[columns - 1];
    ensure!(
        !label.is_empty(),
        "row {row}, column {columns}: the label is missing; give one in the last column"
    );
    Ok((point, label.to_owned()))
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
