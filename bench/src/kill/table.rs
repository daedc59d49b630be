//! The report of a campaign: kills by what the process was doing.

use super::campaign::Training;
use super::moment::Moment;

/// Draws the table, in Markdown.
///
/// A kill is `equal` if its training came out with the same bytes as the one that was left alone. The steps lost are
/// those since the last checkpoint, estimated from the time.
pub fn draw(trainings: &[Training]) -> String {
    let mut lines = vec![
        "| killed while | kills | equal | steps lost at most |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    let row = |name: &str, belongs: &dyn Fn(Moment) -> bool| {
        let mut kills = 0;
        let mut equal = 0;
        let mut lost = 0.0_f64;
        for training in trainings {
            let of_row = training.kills.iter().filter(|kill| belongs(kill.moment));
            for kill in of_row {
                kills += 1;
                equal += usize::from(training.problems.is_empty());
                if matches!(kill.moment, Moment::Training | Moment::Checkpoint) {
                    lost = lost.max(kill.steps_lost);
                }
            }
        }
        let lost = if lost > 0.0 {
            format!("{lost:.0}")
        } else {
            "-".to_owned()
        };
        (kills > 0).then(|| format!("| {name} | {kills} | {equal} | {lost} |"))
    };
    lines.extend(
        Moment::ALL
            .iter()
            .filter_map(|moment| row(moment.name(), &|of| of == *moment)),
    );
    lines.extend(row("all", &|_| true));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::super::campaign::Kill;
    use super::*;

    #[test]
    fn kills_are_counted_by_moment() {
        let kill = |moment, steps_lost| Kill {
            mode: Mode::Time,
            moment,
            steps_lost,
        };
        let training = |kills: &[Kill], problems: &[&str]| Training {
            arguments: "mnist-mlp".to_owned(),
            kills: kills.to_vec(),
            problems: problems
                .iter()
                .map(|problem| (*problem).to_owned())
                .collect(),
        };
        let table = draw(&[
            training(
                &[kill(Moment::Training, 4.2), kill(Moment::Reports, 9.0)],
                &[],
            ),
            training(&[kill(Moment::Training, 7.9)], &["log.jsonl: is missing"]),
        ]);
        let expected = "\
| killed while | kills | equal | steps lost at most |
|---|---|---|---|
| steps and validation | 2 | 1 | 8 |
| writing model, tables and pictures | 1 | 1 | - |
| all | 3 | 2 | 8 |";
        assert_eq!(table, expected);
    }
}
