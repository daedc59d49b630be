//! Holds the feature sets of shared dependencies equal; see Cargo.toml.
