//! Head phantoms: slices of an artificial head with a tumour of one of three kinds, or without.
//!
//! In the spirit of Shepp and Logan's phantom (IEEE Trans. Nucl. Sci. 21:21, 1974) the head is made of ellipses, here with
//! irregular outlines, texture and the artefacts of a scanner: a bias field, a gamma, blur, and noise on both channels of a
//! magnitude image (Gudbjartsson and Patz, Magn. Reson. Med. 34:910, 1995). The classes differ in the shape and the
//! position of the mass, as in contrast-enhanced T1 scans: a glioma is an irregular bright ring with a dark core inside the
//! brain, a meningioma a bright homogeneous mass on the rim, a pituitary tumour a mass at the sella, on the midline near
//! the base. Vessels, orbits, a normal gland, cysts and muscle occur in every class, so that brightness alone does not
//! identify the class. Phantoms are teaching material: nothing about patients can be learned from them.

mod head;
mod levels;
mod mass;
mod scanner;
mod set;
mod shapes;
mod tumour;

pub use mass::Mass;
pub use scanner::PHANTOM_SIZE;
pub use set::{phantom, phantoms, write_phantoms};
