//! Lists of layers, of a whole network or inside one layer.

use crate::error::{ArchitectureError, check_size};
use crate::layers::kind::{FeatureShape, LayerConfig};
use crate::limits::{MAX_LAYERS, MAX_PARAMETERS, MAX_VALUES};

/// A layer of a list, with the shapes of its input and its output.
#[derive(Clone, Copy, Debug)]
pub struct SizedLayer<'a, L> {
    /// Configuration of the layer.
    pub layer: &'a L,
    /// Shape of the input.
    pub input: FeatureShape,
    /// Shape of the output.
    pub output: FeatureShape,
}

/// Checks every size of a list but the number of its parameters, and returns the shapes between the layers.
///
/// `parent` names the layer that contains the list, as ` of layer 2 (Residual)`; it is empty for a whole network.
///
/// # Errors
/// Names the first layer that cannot be built.
pub fn check_layers<'a, L: LayerConfig>(
    layers: &'a [L],
    parent: &str,
    input: FeatureShape,
) -> Result<Vec<SizedLayer<'a, L>>, ArchitectureError> {
    let what = || format!("the number of layers{parent}");
    check_size(what, layers.len(), 1..=MAX_LAYERS)?;
    let mut checked: Vec<SizedLayer<'a, L>> = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        let input = checked.last().map_or(input, |before| before.output);
        let name = name(index, layer) + parent;
        let output = layer.output_shape(&name, input)?;
        let values = output.num_elements();
        check_size(|| format!("values out of {name}"), values, 1..=MAX_VALUES)?;
        checked.push(SizedLayer {
            layer,
            input,
            output,
        });
    }
    Ok(checked)
}

/// Refuses a network of too many parameters. The sizes of its layers were checked before, and nothing is allocated.
///
/// # Errors
/// Names the first layer that goes beyond the limit.
pub fn check_parameters<L: LayerConfig>(
    layers: &[SizedLayer<'_, L>],
) -> Result<(), ArchitectureError> {
    let mut total: usize = 0;
    for (index, sized) in layers.iter().enumerate() {
        total = total.saturating_add(sized.layer.num_params(sized.input));
        let what = || format!("parameters up to {}", name(index, sized.layer));
        check_size(what, total, 0..=MAX_PARAMETERS)?;
    }
    Ok(())
}

fn name<L: LayerConfig>(index: usize, layer: &L) -> String {
    let (kind, _) = layer.kind();
    format!("layer {} ({kind})", index + 1)
}

/// Returns the layers of a list with their shapes.
///
/// # Panics
/// If [`check_layers`] refuses the list.
pub fn checked_layers<L: LayerConfig>(layers: &[L], input: FeatureShape) -> Vec<SizedLayer<'_, L>> {
    match check_layers(layers, "", input) {
        Ok(checked) => checked,
        Err(error) => panic!("validate the configuration first: {error}"),
    }
}
