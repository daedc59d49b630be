//! Similarity of two spike trains.

/// Returns the coincidence factor of a model's spikes with those of the data, 1 at most.
///
/// Γ = (N_coinc - ⟨N_coinc⟩) / ((N_data + N_model) / 2) / (1 - 2 ν Δ), where N_coinc is the number of coincidences
/// within the precision Δ, ν the firing rate of the model, and ⟨N_coinc⟩ = 2 ν Δ N_data the number that a Poisson train
/// of rate ν would have by chance (Kistler, Gerstner and van Hemmen 1997,
/// <https://doi.org/10.1162/neco.1997.9.5.1015>; Jolivet et al. 2008,
/// <https://doi.org/10.1016/j.jneumeth.2007.11.006>). Identical trains have 1, trains that agree by chance 0, and worse
/// ones less.
///
/// - `data`, `model`: spike times in ms, in ascending order
/// - `precision`: Δ in ms
/// - `duration`: duration of the recording in ms
///
/// `None` if neither train has a spike, or if the model fires so often that chance alone would pair every spike of the
/// data (2 ν Δ >= 1), as it also does for a duration of 0. A `NaN` spike time coincides with nothing.
///
/// # Examples
/// ```
/// use metrics::coincidence::coincidence_factor;
///
/// let data = [100.0, 300.0, 500.0, 700.0];
/// assert_eq!(coincidence_factor(&data, &data, 5.0, 1000.0), Some(1.0));
/// assert_eq!(coincidence_factor(&data, &[], 5.0, 1000.0), Some(0.0));
/// ```
pub fn coincidence_factor(
    data: &[f64],
    model: &[f64],
    precision: f64,
    duration: f64,
) -> Option<f64> {
    let (data_count, model_count) = (data.len() as f64, model.len() as f64);
    let chance = 2.0 * precision * model_count / duration;
    if data.is_empty() && model.is_empty() || chance.is_nan() || chance >= 1.0 {
        return None;
    }
    let found = coincidences(data, model, precision) as f64;
    let mean_count = (data_count + model_count) / 2.0;
    Some((found - chance * data_count) / mean_count / (1.0 - chance))
}

/// Counts the spikes that can be paired, each with at most one of the other train, `precision` away at most.
///
/// Both trains are in ascending order.
///
/// # Examples
/// ```
/// // Two spikes close to one of the other train are a single coincidence.
/// assert_eq!(metrics::coincidence::coincidences(&[10.0, 12.0], &[11.0], 4.0), 1);
/// ```
pub fn coincidences(data: &[f64], model: &[f64], precision: f64) -> usize {
    let (mut count, mut in_data, mut in_model) = (0, 0, 0);
    // The earliest spike of either train is paired now or never, so no other pairing has more.
    while let (Some(one), Some(other)) = (data.get(in_data), model.get(in_model)) {
        if (one - other).abs() <= precision {
            (count, in_data, in_model) = (count + 1, in_data + 1, in_model + 1);
        } else if one < other || one.is_nan() {
            in_data += 1;
        } else {
            in_model += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// By hand, for 1 s and within 5 ms. Three of four coincide with four: ν Δ = 0.004 * 5 = 0.02, by chance
    /// 2 * 0.02 * 4 = 0.16: (3 - 0.16) / 4 / 0.96. None of four: -0.16 / 4 / 0.96. One of four coincides with a single
    /// one: (1 - 0.04) / 2.5 / 0.99.
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

    #[test]
    fn each_spike_counts_once() {
        assert_eq!(coincidences(&[10.0, 12.0], &[11.0], 4.0), 1);
        assert_eq!(coincidences(&[10.0, 14.0], &[12.0, 17.0], 4.0), 2);
        assert_eq!(coincidences(&[11.0], &[], 4.0), 0);
    }

    #[test]
    fn degenerate_input_has_no_factor() {
        assert_eq!(coincidence_factor(&[1.0], &[], 5.0, 0.0), None);
        assert_eq!(coincidence_factor(&[1.0], &[1.0], 5.0, 0.0), None);
        assert_eq!(coincidences(&[f64::NAN, 7.0], &[f64::NAN, 7.0], 1.0), 1);
        assert_eq!(coincidences(&[f64::NAN], &[7.0], 1.0), 0);
    }

    /// Poisson trains of the same rate have a factor close to 0; a little below, since each spike counts once.
    #[test]
    fn unrelated_poisson_trains_have_factor_zero() {
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
