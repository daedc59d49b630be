//! The layer table, as Keras's `model.summary()` prints it (chapter, figure 10.7).

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};

/// A row of the layer table: one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerRow {
    /// Name of the layer, unique in its network: `conv2d_1`.
    pub name: String,
    /// Kind of the layer: `Conv2D`.
    pub kind: &'static str,
    /// Shape of the output for one example, channels last, without the batch.
    pub output_shape: Vec<usize>,
    /// Number of parameters, running statistics included.
    pub parameters: usize,
}

/// The layers of a network, from input to output. `Display` prints the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerTable {
    /// Layers in the order they are computed.
    pub rows: Vec<LayerRow>,
    /// Number of parameters that no gradient trains: running means and variances of batch normalisations.
    pub not_trained: usize,
    /// Number of further networks with the same layers whose outputs are averaged; each has one row.
    pub(crate) twins: usize,
    /// Index of the first row of the head, which computes the prediction; `None` if it is the last row with parameters.
    pub(crate) head: Option<usize>,
}

impl LayerTable {
    /// Returns the number of parameters, trained or not, as Keras counts them.
    pub fn parameters(&self) -> usize {
        self.rows.iter().map(|row| row.parameters).sum()
    }

    /// Marks the rows from here on as the head.
    pub(crate) fn begin_head(&mut self) {
        self.head = Some(self.rows.len());
    }

    /// Adds a row. As in Keras, the name is `base` and the number of earlier layers of this kind.
    pub(crate) fn push(
        &mut self,
        kind: &'static str,
        base: &str,
        output_shape: Vec<usize>,
        parameters: usize,
    ) {
        let name = match self.rows.iter().filter(|row| row.kind == kind).count() {
            0 => base.to_string(),
            before => format!("{base}_{before}"),
        };
        self.rows.push(LayerRow {
            name,
            kind,
            output_shape,
            parameters,
        });
    }
}

impl fmt::Display for LayerTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["Layer (type)", "Output Shape", "Param #"]);
        for row in &self.rows {
            let shape = row
                .output_shape
                .iter()
                .map(|size| format!(", {size}"))
                .collect::<String>();
            table.add_row([
                format!("{} ({})", row.name, row.kind),
                format!("(None{shape})"),
                thousands(row.parameters),
            ]);
        }
        if let Some(column) = table.column_mut(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let parameters = self.parameters();
        // A 32-bit float per parameter.
        let mib = parameters as f64 * 4.0 / f64::from(1 << 20);
        writeln!(f, "{table}")?;
        write!(f, "Total params: {} ({mib:.2} MiB)", thousands(parameters))?;
        match self.not_trained {
            0 => Ok(()),
            fixed => write!(
                f,
                "\nTrainable params: {}\nNon-trainable params: {}",
                thousands(parameters - fixed),
                thousands(fixed)
            ),
        }
    }
}

/// Groups the digits of a number: `4,447,044`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_from_the_right() {
        let cases = [
            (0, "0"),
            (7, "7"),
            (999, "999"),
            (1000, "1,000"),
            (36_928, "36,928"),
            (54_000, "54,000"),
            (1_234_567, "1,234,567"),
            (4_447_044, "4,447,044"),
        ];
        for (number, text) in cases {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn names_count_layers_of_one_kind() {
        let mut table = LayerTable::default();
        table.push("Dense", "dense", vec![3], 1);
        table.push("Dropout", "dropout", vec![3], 0);
        table.push("Dense", "dense", vec![3], 2);
        let names: Vec<_> = table.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["dense", "dropout", "dense_1"]);
        assert_eq!(table.parameters(), 3);
    }
}
