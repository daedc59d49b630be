//! Connected regions of ink, and which of them are the digit.

use super::grey::{GreyImage, around};
use super::refusal::{Refusal, refuse, refuse_area};

/// Maximum fraction of the picture that a digit covers: a figure cut out without a margin covers up to three quarters.
const MAX_INK: f64 = 0.8;
/// Minimum size of a mark, as a fraction of the largest: smaller ones are specks.
const MIN_MARK: f64 = 0.05;
/// Minimum size of a mark beside the largest that counts as a second figure, as a fraction of the largest.
const SECOND_FIGURE: f64 = 0.25;
/// Minimum height of a mark that counts as a second figure whatever its size, as a fraction of the tallest: a thin 1.
const TALL: f64 = 0.5;
/// Minimum height of each of two figures one above the other, as a fraction of both. The detached bar of a 5 is flatter.
const SECOND_HEIGHT: f64 = 0.3;
/// Minimum gap between them, as a fraction of both. A broken stroke has a narrower one.
const GAP: f64 = 0.08;
/// Maximum number of marks.
const MAX_MARKS: usize = 6;
/// Depth of the ring in which the sides of a frame are, as a fraction of its width and height.
const FRAME_DEPTH: f64 = 0.08;
/// Minimum part of each side of a frame that is ink. An ellipse covers half of it.
const FRAME_COVER: f64 = 0.7;
/// Minimum height of what a frame holds, as a fraction of the frame's.
const FRAMED: f64 = 0.15;

/// A connected region of ink, and its bounding box: left, top, and beyond right and bottom.
pub(super) struct Mark {
    pub(super) pixels: Vec<usize>,
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

/// Returns the marks of the one digit in a picture with light ink.
///
/// # Errors
/// If there are none, or more than one digit has.
pub(super) fn find(picture: &GreyImage, threshold: u8) -> Result<Vec<Mark>, Refusal> {
    let mut marks = all(picture, threshold);
    remove_frames(&mut marks, picture);
    if surrounds_a_figure(&marks, picture) {
        return refuse_area("the ink is in the corners; leave a margin around the digit");
    }
    let ink: usize = marks.iter().map(|mark| mark.pixels.len()).sum();
    let part = ink as f64 / picture.light.len() as f64;
    if part > MAX_INK {
        return refuse_area(format!(
            "ink covers {:.0} % of it, a digit at most {:.0} %; leave a margin around it",
            part * 100.0,
            MAX_INK * 100.0
        ));
    }
    if marks.is_empty() {
        return refuse("a frame with no digit in it");
    }
    let largest = marks.iter().map(|mark| mark.pixels.len()).max();
    let largest = largest.unwrap_or(0) as f64;
    marks.retain(|mark| mark.pixels.len() as f64 >= largest * MIN_MARK);
    if marks.len() > MAX_MARKS {
        return refuse(format!(
            "{} separate marks; one digit on plain paper is needed",
            marks.len()
        ));
    }
    let tallest = marks.iter().map(Mark::height).max().unwrap_or(0) as f64;
    let is_figure = |mark: &&Mark| {
        mark.pixels.len() as f64 >= largest * SECOND_FIGURE
            || mark.height() as f64 >= tallest * TALL
    };
    let figures = || marks.iter().filter(is_figure);
    let beside = separate(figures().map(|mark| (mark.left, mark.right)).collect(), 0);
    if beside.len() > 1 {
        return refuse(format!(
            "{} figures side by side; cut out one digit at a time",
            beside.len()
        ));
    }
    let rows = || figures().map(|mark| (mark.top, mark.bottom));
    let top = rows().map(|(top, _)| top).min().unwrap_or(0);
    let height = rows().map(|(_, bottom)| bottom).max().unwrap_or(0) - top;
    let share = |part: f64| (part * height as f64) as usize;
    let mut over = separate(rows().collect(), share(GAP));
    over.retain(|(top, bottom)| bottom - top >= share(SECOND_HEIGHT));
    if over.len() > 1 {
        return refuse(format!(
            "{} figures one above the other; cut out one digit at a time",
            over.len()
        ));
    }
    Ok(marks)
}

/// Returns the regions of ink that are connected by sides or corners.
fn all(picture: &GreyImage, threshold: u8) -> Vec<Mark> {
    let mut free: Vec<bool> = picture
        .light
        .iter()
        .map(|&light| light > threshold)
        .collect();
    let mut marks = Vec::new();
    for start in 0..free.len() {
        if free[start] {
            free[start] = false;
            marks.push(flood(picture, start, &mut free));
        }
    }
    marks
}

/// Collects the region that contains `start` by flood fill.
fn flood(picture: &GreyImage, start: usize, free: &mut [bool]) -> Mark {
    let width = picture.width;
    let mut mark = Mark {
        pixels: vec![start],
        left: width,
        right: 0,
        top: picture.height,
        bottom: 0,
    };
    let mut next = 0;
    while let Some(&pixel) = mark.pixels.get(next) {
        next += 1;
        let (x, y) = (pixel % width, pixel / width);
        (mark.left, mark.right) = (mark.left.min(x), mark.right.max(x + 1));
        (mark.top, mark.bottom) = (mark.top.min(y), mark.bottom.max(y + 1));
        for neighbour in around(pixel, width, picture.height) {
            if free[neighbour] {
                free[neighbour] = false;
                mark.pixels.push(neighbour);
            }
        }
    }
    mark
}

/// Removes what surrounds another mark like a frame, or the whole picture: a drawn border, or the table under a sheet of paper.
fn remove_frames(marks: &mut Vec<Mark>, picture: &GreyImage) {
    let is_frame = |frame: &Mark| {
        let holds = |mark: &Mark| {
            frame.left < mark.left
                && mark.right < frame.right
                && frame.top < mark.top
                && mark.bottom < frame.bottom
                && mark.height() as f64 >= FRAMED * frame.height() as f64
        };
        let is_all_around = frame.corners(picture) == 4;
        (is_all_around || marks.iter().any(holds)) && frame.is_rectangular(picture.width)
    };
    let frames: Vec<bool> = marks.iter().map(is_frame).collect();
    let mut frames = frames.into_iter();
    marks.retain(|_| frames.next() != Some(true));
}

/// Whether the marks are the paper around a thick figure that was cut out without a margin: in most corners of the picture,
/// and not connected as a frame is.
fn surrounds_a_figure(marks: &[Mark], picture: &GreyImage) -> bool {
    let in_corner = marks.iter().filter(|mark| mark.corners(picture) > 0);
    in_corner.count() >= 3
}

impl Mark {
    fn height(&self) -> usize {
        self.bottom - self.top
    }

    /// Returns how many corners of the picture the mark covers.
    fn corners(&self, picture: &GreyImage) -> usize {
        let (right, bottom) = (picture.width - 1, (picture.height - 1) * picture.width);
        let corners = [0, right, bottom, bottom + right];
        corners
            .iter()
            .filter(|corner| self.pixels.contains(corner))
            .count()
    }

    /// Whether ink runs along each side of the bounding box.
    fn is_rectangular(&self, width: usize) -> bool {
        let size = (self.right - self.left, self.bottom - self.top);
        let depth = |side: usize| ((side as f64 * FRAME_DEPTH) as usize).max(1);
        let (across, down) = (depth(size.0), depth(size.1));
        let (mut rows, mut columns) = (
            [vec![false; size.1], vec![false; size.1]],
            [vec![false; size.0], vec![false; size.0]],
        );
        for pixel in &self.pixels {
            let (x, y) = (pixel % width - self.left, pixel / width - self.top);
            rows[0][y] |= x < across;
            rows[1][y] |= size.0 - x <= across;
            columns[0][x] |= y < down;
            columns[1][x] |= size.1 - y <= down;
        }
        let is_covered = |side: &Vec<bool>| {
            let covered = side.iter().filter(|&&ink| ink).count();
            covered as f64 >= FRAME_COVER * side.len() as f64
        };
        rows.iter().chain(&columns).all(is_covered)
    }
}

/// Merges ranges with a gap of at most `gap`; returns those that are separate.
fn separate(mut ranges: Vec<(usize, usize)>, gap: usize) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 + gap => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
