//! Tables of labels, for a folder of six pictures.

#![no_main]

use datasets::images::{folder, mnist};
use datasets::{ClassChoice, FolderOptions, ImagePreprocessing, ImageSource};
use hebb_fuzz::scratch::Scratch;
use hebb_fuzz::seeds::{pictures, tables};
use libfuzzer_sys::fuzz_target;

thread_local! {
    static FOLDER: (Scratch, FolderOptions) = {
        let scratch = Scratch::new();
        let picture = pictures::tiny();
        for name in tables::PICTURES {
            let path = scratch.folder().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            scratch.write(name, &picture);
        }
        let options = FolderOptions {
            name: "pictures".to_owned(),
            preprocessing: mnist_sized(),
            strict: false,
            classes: None,
            labels: Some(scratch.folder().join("labels.csv")),
            choice: ClassChoice::default(),
            progress: false,
        };
        (scratch, options)
    };
}

fuzz_target!(|input: &[u8]| {
    FOLDER.with(|(scratch, options)| {
        scratch.write("labels.csv", input);
        let _ = folder::load(scratch.folder(), options);
    });
});

fn mnist_sized() -> ImagePreprocessing {
    ImagePreprocessing {
        source: ImageSource::Picture,
        ..mnist::preprocessing()
    }
}
