//! How alike two trains of spikes are: the coincidence factor (Kistler, Gerstner and van Hemmen 1997,
//! <https://doi.org/10.1162/neco.1997.9.5.1015>; Jolivet et al. 2008,
//! <https://doi.org/10.1016/j.jneumeth.2007.11.006>).
//!
//! Gamma = (N_coinc - <N_coinc>) / ((N_data + N_model) / 2) / (1 - 2 nu Delta), where <N_coinc> = 2 nu Delta N_data
//! spikes of a Poisson train with the model's rate nu would meet one of the data's by chance, within Delta. 1 is
//! what identical trains have, 0 chance, below 0 worse.

/// The coincidence factor of a model's spikes with those of the data, all in ms and in their order, within
/// `precision` ms, in a run of `duration` ms.
///
/// None where it says nothing: without a spike in both, or where the model fires so often that every spike of the
/// data would be met by chance (2 nu Delta >= 1).
pub fn coincidence_factor(
    data: &[f64],
    model: &[f64],
    precision: f64,
    duration: f64,
) -> Option<f64> {
    let (data_count, model_count) = (data.len() as f64, model.len() as f64);
    let by_chance = 2.0 * precision * model_count / duration;
    if data.is_empty() && model.is_empty() || by_chance >= 1.0 {
        return None;
    }
    let met = coincidences(data, model, precision) as f64;
    let half = (data_count + model_count) / 2.0;
    Some((met - by_chance * data_count) / half / (1.0 - by_chance))
}

/// How many spikes can be paired, each with one of the other train at most `precision` away.
pub fn coincidences(data: &[f64], model: &[f64], precision: f64) -> usize {
    let (mut met, mut of_data, mut of_model) = (0, 0, 0);
    // The earliest spike of either is paired or can never be: no other pairing has more.
    while let (Some(one), Some(other)) = (data.get(of_data), model.get(of_model)) {
        if (one - other).abs() <= precision {
            (met, of_data, of_model) = (met + 1, of_data + 1, of_model + 1);
        } else if one < other {
            of_data += 1;
        } else {
            of_model += 1;
        }
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// By hand, in a second and within 5 ms. Three of four are met by four: nu Delta = 0.004 * 5 = 0.02, chance
    /// 2 * 0.02 * 4 = 0.16: (3 - 0.16) / 4 / 0.96. None of four: -0.16 / 4 / 0.96. One of four is met by one alone:
    /// (1 - 0.04) / 2.5 / 0.99.
    #[test]
    fn hand_worked_values() {
        let data = [100.0, 300.0, 500.0, 700.0];
        for (model, expected) in [
            (vec![100.0, 300.0, 500.0, 700.0], 1.0),
            (vec![104.0, 296.0, 505.0, 800.0], 2.84 / 4.0 / 0.96),
            (vec![110.0, 310.0, 510.0, 710.0], -0.16 / 4.0 / 0.96),
            (vec![301.0], 0.96 / 2.5 / 0.99),
            (vec![], 0.0),
        ] {
            let found = coincidence_factor(&data, &model, 5.0, 1000.0).unwrap();
            assert!((found - expected).abs() < 1e-12, "{model:?}: {found}");
        }
        assert_eq!(coincidence_factor(&[], &[], 5.0, 1000.0), None);
        let dense: Vec<f64> = (0..100).map(|spike| f64::from(spike) * 10.0).collect();
        assert_eq!(coincidence_factor(&data, &dense, 5.0, 1000.0), None);
    }

    /// A spike is met once: two near one of the other train are one coincidence.
    #[test]
    fn each_spike_counts_once() {
        assert_eq!(coincidences(&[10.0, 12.0], &[11.0], 4.0), 1);
        assert_eq!(coincidences(&[10.0, 14.0], &[12.0, 17.0], 4.0), 2);
        assert_eq!(coincidences(&[11.0], &[], 4.0), 0);
    }

    /// Poisson trains of the same rate: about 0. A spike is met once only, hence a little below it.
    #[test]
    fn chance_is_zero() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let duration = 2_000_000.0;
        let mut train = || {
            let mut times: Vec<f64> = (0..20_000)
                .map(|_| random.random_range(0.0..duration))
                .collect();
            times.sort_by(f64::total_cmp);
            times
        };
        let (data, model) = (train(), train());
        let found = coincidence_factor(&data, &model, 4.0, duration).unwrap();
        assert!(found.abs() < 0.02, "{found}");
    }
}
