//! The classes of head phantoms.

/// The kind of mass in a phantom, in the order of the classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mass {
    /// An irregular, ring-enhancing mass with a dark core inside the brain.
    Glioma,
    /// A bright, even, round mass on the brain's rim.
    Meningioma,
    /// No mass.
    None,
    /// A mass at the sella: on the midline, near the base.
    Pituitary,
}

impl Mass {
    /// All kinds, in the order of the classes.
    pub const ALL: [Self; 4] = [Self::Glioma, Self::Meningioma, Self::None, Self::Pituitary];

    /// Returns the class name, as used by the folders of the public data set.
    pub fn name(self) -> &'static str {
        match self {
            Self::Glioma => "glioma_tumor",
            Self::Meningioma => "meningioma_tumor",
            Self::None => "no_tumor",
            Self::Pituitary => "pituitary_tumor",
        }
    }
}
