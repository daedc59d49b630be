//! The known current-clamp recording, if it is there.

use std::path::PathBuf;

use neurons::recording::{Detector, FOLDER, Passive, Protocol, Relaxation, table};

/// Returns the folder of the real recording, or `None` with a note where there is none.
fn real_recording() -> Option<PathBuf> {
    let folder = std::env::var_os("HEBB_DATA").map(|root| PathBuf::from(root).join(FOLDER));
    match folder {
        Some(folder) if folder.is_dir() => Some(folder),
        _ => {
            eprintln!("SKIPPED: no real data, set HEBB_DATA to the folder that holds {FOLDER}/");
            None
        }
    }
}

/// Spikes of each sweep, counted by eye and as crossings of 0 mV by NumPy.
const SPIKES: [usize; 16] = [
    10, 11, 12, 12, 12, 16, 18, 20, 22, 25, 29, 32, 35, 39, 40, 42,
];

#[test]
fn the_known_recording() {
    let Some(folder) = real_recording() else {
        return;
    };
    let recording = table::load(&folder).unwrap();
    assert_eq!(recording.sweeps.len(), 16);
    assert!(recording.sweeps.iter().all(|sweep| sweep.len() == 30_000));
    assert!((recording.rate - 10.0).abs() < 1e-9 && (recording.duration() - 3000.0).abs() < 1e-6);
    assert!(recording.is_continuous(0.1));
    let detector = Detector::default();
    let count = |sweep: &Vec<f64>| detector.find(sweep, recording.rate).len();
    let found: Vec<usize> = recording.sweeps.iter().map(count).collect();
    assert_eq!(found, SPIKES);

    let protocol = Protocol::dual_steps();
    protocol.check(&recording).unwrap();
    // Within 0.1 ms of a change of the current, the electrode adds at least 0.007 mV/pA in the direction of the change.
    // The membrane's own change in the 0.1 ms before is subtracted.
    let mut last = 0.0;
    for (sweep, samples) in recording.sweeps.iter().enumerate() {
        for (edge, current) in protocol.pieces(sweep, 3000.0) {
            let change = current - last;
            last = current;
            let start = match edge {
                646.85 => 146.85,
                1146.85 => 646.85,
                1646.85 => 1146.85,
                2146.85 => 1646.85,
                3000.0 => 2146.85,
                _ => continue,
            };
            let at = (start * 10.0_f64).ceil() as usize;
            let jump = samples[at] - samples[at - 1] - (samples[at - 1] - samples[at - 2]);
            let near_spike = (samples[at - 1] - samples[at - 2]).abs() > 0.3;
            if change.abs() >= 20.0 && !near_spike {
                let share = jump / change;
                assert!(
                    share > 0.007 && share < 0.03,
                    "sweep {sweep}, {start} ms: {jump} mV for {change} pA"
                );
            }
        }
    }
}

/// Steps that silence the cell give 1.5 GOhm, as does a line through the means of their last 100 ms, and 55 ms.
#[test]
fn the_membrane_of_the_known_cell() {
    let Some(folder) = real_recording() else {
        return;
    };
    let recording = table::load(&folder).unwrap();
    let epoch = Protocol::dual_steps().epochs()[0];
    let relaxations: Vec<Relaxation<'_>> = (0..4)
        .map(|sweep| Relaxation {
            current: epoch.amplitude(sweep),
            samples: recording.between(sweep, [epoch.span[0] + 1.0, epoch.span[1]]),
        })
        .collect();
    let passive = Passive::fit(&relaxations, recording.rate).unwrap();
    let ends = relaxations.iter().map(|one| {
        let late = &one.samples[one.samples.len() - 1000..];
        (one.current, late.iter().sum::<f64>() / 1000.0)
    });
    let ends: Vec<(f64, f64)> = ends.collect();
    let slope = (ends[3].1 - ends[0].1) / (ends[3].0 - ends[0].0);
    assert!(
        (passive.resistance / slope - 1.0).abs() < 0.05,
        "{passive:?}, {slope}"
    );
    assert!((1.4..1.6).contains(&passive.resistance), "{passive:?}");
    assert!((45.0..65.0).contains(&passive.time_constant), "{passive:?}");
    assert!((-38.0..-30.0).contains(&passive.resting), "{passive:?}");
}
