//! `card.md` of an autoencoder.

use std::fmt::Write;

use super::super::card::{write_head, write_purpose, write_training};
use super::{ReconstructionOutcome, screen};

/// Returns the text of `card.md`.
pub fn markdown(outcome: &ReconstructionOutcome) -> String {
    let mut card = String::new();
    // Writing to a String cannot fail.
    let _ = write_card(&mut card, outcome);
    card
}

fn write_card(card: &mut String, outcome: &ReconstructionOutcome) -> std::fmt::Result {
    let run = &outcome.run;
    write_head(card, run)?;
    let what = "gives the picture back from a short code, without being told what it shows; it was trained on";
    write_purpose(card, run, [what, what])?;
    write_training(card, run, "validation loss")?;
    write_test(card, outcome)?;
    write_figures(card, outcome)
}

fn write_test(card: &mut String, outcome: &ReconstructionOutcome) -> std::fmt::Result {
    let ReconstructionOutcome {
        run, test, code, ..
    } = outcome;
    writeln!(
        card,
        "## Test\n\n{} pictures, looked at once, when everything was chosen.\n",
        test.n
    )?;
    let other = outcome.unpenalized.as_ref();
    let heading = if other.is_some() {
        "| | | without the penalty |\n|---|---|---|"
    } else {
        "| | |\n|---|---|"
    };
    writeln!(card, "{heading}")?;
    let noise = run.recipe.noise.map(|noise| noise.to_string());
    let penalty = run.recipe.penalty.map(|penalty| penalty.to_string());
    let row = |card: &mut String, name: &str, ours: String, others: Option<String>| {
        let others = match (other, others) {
            (None, _) => String::new(),
            (Some(_), others) => format!(" {} |", others.unwrap_or_default()),
        };
        writeln!(card, "| {name} | {ours} |{others}")
    };
    let of = |figure: &dyn Fn(&super::Unpenalized) -> String| other.map(figure);
    if let Some(noise) = noise {
        row(card, "noise on what goes in", noise, None)?;
    }
    if let Some(penalty) = penalty {
        row(card, "penalty", penalty, Some("none".to_owned()))?;
    }
    let cross_entropy = "binary cross-entropy, nats per pixel";
    let others = of(&|other| format!("{:.4}", other.test.bce));
    row(card, cross_entropy, format!("{:.4}", test.bce), others)?;
    let others = of(&|other| format!("{:.5}", other.test.mse));
    row(
        card,
        "mean squared error",
        format!("{:.5}", test.mse),
        others,
    )?;
    let others = of(&|other| format!("{:.2} dB", other.test.psnr));
    row(card, "PSNR", format!("{:.2} dB", test.psnr), others)?;
    if let Some(noisy) = test.psnr_noisy {
        row(card, "PSNR of what went in", format!("{noisy:.2} dB"), None)?;
    }
    if let Some(bound) = test.negative_bound {
        let bound = format!("{bound:.2} nats per picture");
        row(card, "negative evidence lower bound", bound, None)?;
    }
    let others = of(&|other| format!("{:.3}", other.code.mean));
    let mean = "mean activity of the code (changes with its scale)";
    row(card, mean, format!("{:.3}", code.mean), others)?;
    let others = of(&|other| format!("{:.3}", other.code.active));
    let active = "share of values above a hundredth of the largest";
    row(card, active, format!("{:.3}", code.active), others)?;
    let others = of(&|other| format!("{:.3}", other.code.sparseness));
    let sparseness = "sparseness (0: all units alike, 1: one alone)";
    row(card, sparseness, format!("{:.3}", code.sparseness), others)?;
    let dead = |dead: usize| format!("{dead} of {}", code.units);
    let others = of(&|other| dead(other.code.dead_units));
    row(card, "dead units", dead(code.dead_units), others)?;
    if let Some(found) = &outcome.neighbours {
        let [low, high] = found.interval;
        let name = format!("class told by the {} nearest training codes", found.k);
        let text = format!("{:.4} ({low:.4} to {high:.4})", found.accuracy);
        row(card, &name, text, None)?;
    }
    if let Some(found) = screen::anomalies(outcome) {
        writeln!(card, "\n- {found}.")?;
    }
    writeln!(
        card,
        "\n95 % of the validation pictures come back with a mean squared error below {:.5}; `infer` calls a\n\
         larger one unusual.\n",
        outcome.valid.usual_error
    )
}

fn write_figures(card: &mut String, outcome: &ReconstructionOutcome) -> std::fmt::Result {
    writeln!(
        card,
        "## Figures\n\n![Pictures and their reconstructions](reconstructions.png)\n![Loss](curves.png)\n\
         ![Activity of the code](activity.png)\n![The codes on a plane](codes.png)"
    )?;
    if outcome.anomalies.is_some() {
        writeln!(card, "![Errors of anomalies](anomalies.png)")?;
    }
    if outcome.test.divergence.is_some() {
        writeln!(
            card,
            "![Pictures from drawn codes](drawn.png)\n![From one picture to another](interpolations.png)"
        )?;
    }
    Ok(())
}
