//! IDX files, and tables of every kind.

use std::io::Write;

use datasets::images::mnist;
use datasets::signals::eeg::{self, SAMPLES};
use datasets::split::{self, record};
use datasets::synthetic::{digits, eeg as generated_eeg};
use datasets::{Dataset, ImageSet};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::Seeds;

/// Pictures that the tables of labels are about.
pub const PICTURES: [&str; 6] = [
    "a/1.png",
    "a/2.png",
    "b/1.png",
    "b/3.png",
    "4.png",
    "\u{e4} 5.png",
];

/// Returns the inputs of all targets that read tables.
pub fn all() -> Vec<Seeds> {
    let mut general = recordings();
    general.extend(currents());
    general.extend(clamps());
    general.extend(points());
    general.extend(labels());
    vec![
        Seeds::new("idx", idx_inputs()),
        Seeds::new("eeg", eeg_tables()),
        Seeds::new("recording", in_every_form(&recordings())),
        Seeds::new("current_table", in_every_form(&currents())),
        Seeds::new("spikes", in_every_form(&clamps())),
        Seeds::new("points", in_every_form(&points())),
        Seeds::new("labels", in_every_form(&labels())),
        Seeds::new("split", in_every_form(&splits())),
        Seeds::new("table", in_every_form(&general)),
    ]
}

/// Six generated digits.
///
/// # Panics
/// Never: the generator has digits enough.
pub fn examples() -> ImageSet {
    digits(6, 1)
}

/// The four files of MNIST, with four pictures for training and two for tests.
pub fn idx() -> [Vec<u8>; 4] {
    let set = examples();
    let size = set.preprocessing.bytes();
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect();
    let images = |from: usize, until: usize| -> Vec<u8> {
        let header: Vec<u8> = words(&[0x803, (until - from) as u32, 28, 28]);
        [&header, &set.pixels[from * size..until * size]].concat()
    };
    let labels = |from: usize, until: usize| -> Vec<u8> {
        let header: Vec<u8> = words(&[0x801, (until - from) as u32]);
        let labels = set.labels[from..until].iter().map(|label| *label as u8);
        header.into_iter().chain(labels).collect()
    };
    debug_assert_eq!(size, mnist::preprocessing().bytes());
    [images(0, 4), labels(0, 4), images(4, 6), labels(4, 6)]
}

/// Each of the files behind its number, packed and not.
fn idx_inputs() -> Vec<Vec<u8>> {
    let with_number = |(number, file): (usize, &Vec<u8>)| {
        let mut packed = GzEncoder::new(vec![number as u8], Compression::fast());
        packed.write_all(file).expect("a packed file");
        let plain = [&[number as u8], &file[..]].concat();
        [plain, packed.finish().expect("a packed file")]
    };
    idx().iter().enumerate().flat_map(with_number).collect()
}

/// The table of the Bonn recordings, with few rows.
fn eeg_tables() -> Vec<Vec<u8>> {
    let set = generated_eeg(46, eeg::CLASSES, 1);
    let columns: Vec<String> = (1..=SAMPLES).map(|column| format!("X{column}")).collect();
    let mut table = format!(",{},y\n", columns.join(","));
    for row in [0, 1, 23] {
        let values = set.segment(row).iter();
        let values: Vec<String> = values.map(|value| format!("{value:.0}")).collect();
        let class = set.labels[row] + 1;
        table += &format!("{},{},{class}\n", set.origins[row].path, values.join(","));
    }
    vec![
        table.clone().into_bytes(),
        table.replace(',', ";").into_bytes(),
        table
            .lines()
            .take(2)
            .collect::<Vec<_>>()
            .join("\n")
            .into_bytes(),
    ]
}

/// Recordings for a network of four samples, and one of 178.
fn recordings() -> Vec<String> {
    let long: Vec<String> = (generated_eeg(23, 2, 1).segment(0).iter())
        .map(|value| format!("{value:.1}"))
        .collect();
    let numbers: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let mut tables: Vec<String> = [
        "1,2,3,4\n5,6,7,-8.5\n",
        ",X1,X2,X3,X4,y\nX1.V1.9,1,2,3,4,5\nX2.V1.9,5,6,7,-8.5,1\n",
        "S001,0,1,2,3,4,5,6,7,8,9,seizure\n",
        "value\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n",
        "# microvolts\n 0.0\n 1.0\n2\n3\n4\n",
        "time_s,uV\n0.0,0\n0.5,1\n1.0,2\n1.5,3\n2.0,4\n",
        "t (ms);uV\n0;0,5\n5,76;1\n11,52;2\n17,28;3\n",
        "1 2  3 40\n1 2\t3 40\n",
        "Unnamed: 0,name,a,b,c,d,y\n0,x,1,2,3,40,1\n1,z,1,2,3,40,5\n",
        "1,2,NaN,4\n1,,#N/A,3\n",
    ]
    .map(str::to_owned)
    .to_vec();
    tables.push(long.join("\n"));
    tables.push(long.join(","));
    tables.push([numbers.join(","), numbers.join(",")].join("\n"));
    tables
}

/// Currents over time.
fn currents() -> Vec<String> {
    [
        "time_ms,current_pA\n0,0\n1,100\n2,100.5\n3,-1e2\n",
        "Time (s);Current (nA)\n0;0\n0,5;0,1\n1;0,2\n",
        "t_us,comment,i_uA_per_cm2\n0,a,1\n10,b,2\n30,c,3\n",
        "current_mV_per_ms,time_ms\n1,0\n2,5\n",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Current-clamp recordings.
fn clamps() -> Vec<String> {
    [
        "# a comment\ntime_s,sweep0_mV,sweep1_mV\n0.0000,-70.5,1\n0.0001,-70,2\n0.0002,-69.5,3\n",
        "time_ms,a (mV)\n0,-65\n0.1,-50\n0.2,20\n0.3,-20\n0.4,-75\n0.5,-65\n",
        "t_ms;mV\n0;-65,5\n0,5;-60\n1;-5\n1,5;-80\n",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Points with labels.
fn points() -> Vec<String> {
    [
        "x,y,label\n1,2,a\n-1,-2,b\n2,1,a\n",
        "1 2 0\n3 4 1\n5 6 0.0\n",
        "1,5;2;0\n2,5;3;1\n",
        "\"width\",\"kind\"\n1e3,on\n-2E-3,off\n",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Tables of labels for [`PICTURES`].
fn labels() -> Vec<String> {
    [
        "path,label\na/1.png,x\na/2.png,y\n",
        "Image ID;Diagnosis;Patient;Part;Weight\n4;b;p;train;0,5\na\\2.png;a;q;test;2\nb/3.png;a;p;valid;1\n",
        "filename,class,weight\n./a/1.png,1.0,1\nb/1.png,0,2.5\n\u{e4} 5.png,0.0,3\n",
        "name\ttarget\nb/3\t\"two words\"\na/1.PNG\tother\n",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Splits and tables of patients of [`examples`].
fn splits() -> Vec<String> {
    let set = examples();
    let groups: Vec<usize> = (0..set.len()).collect();
    let split = split::Split {
        kind: split::SplitKind::Random,
        seed: 1,
        train: vec![0, 1, 2],
        valid: vec![3],
        test: vec![4],
        groups,
    };
    let table = record::to_csv(&set, &split).expect("a split");
    let patients = set.metadata().origins.iter().enumerate();
    let patients = patients.map(|(index, origin)| format!("{},p{}\n", origin.path, index % 3));
    vec![
        String::from_utf8(table).expect("a table is text"),
        format!("path,patient\n{}", patients.collect::<String>()),
    ]
}

/// The tables as they are, with other separators, line ends and encodings.
fn in_every_form(tables: &[String]) -> Vec<Vec<u8>> {
    let utf16 = |text: &str| {
        let marked = format!("\u{feff}{text}");
        marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let mut inputs: Vec<Vec<u8>> = tables
        .iter()
        .map(|table| table.as_bytes().to_vec())
        .collect();
    let forms: [fn(&str) -> String; 4] = [
        |text| text.replace(',', "\t"),
        |text| text.replace('\n', "\r\n"),
        |text| format!("sep=;\n{}", text.replace(',', ";")),
        |text| format!("\u{feff}{}", text.replace('\n', "\r")),
    ];
    for (table, form) in tables.iter().zip(forms.iter().cycle()) {
        inputs.push(form(table).into_bytes());
    }
    inputs.extend(tables.first().map(|table| utf16(table)));
    inputs
}
