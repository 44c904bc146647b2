//! Learned numbers for words are a dense layer without bias over the words of each column.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use data::SampleShape;
use potstill_nn::{
    AnyNetwork, Architecture, EmbeddedPlan, Parameter, TablePlan, TabularResnetSizes, Weights, cpu,
    infer, read_weights, totals, write_weights,
};
use random::Stream;

/// Values 0 and 4 are numbers, 1 to 3 the words of a column, 5 and 6 those of another.
const WIDTH: usize = 7;
const COLUMNS: [[usize; 2]; 2] = [[1, 3], [5, 2]];
const NUMBERS: usize = 2;
const UNITS: usize = 5;

fn embedded(network: TablePlan) -> Architecture {
    Architecture::Embedded(EmbeddedPlan { numbers: NUMBERS, columns: Vec::new(), network })
}

fn mlp() -> TablePlan {
    TablePlan::Mlp { hidden: vec![UNITS] }
}

fn built(architecture: &Architecture, seed: u64) -> AnyNetwork {
    let stream = Stream::new(seed, "weights");
    architecture.build(SampleShape::Vector(WIDTH), 3, stream, &cpu()).unwrap()
}

fn list(layers: &str) -> TablePlan {
    serde_json::from_str(&format!(r#"{{ "model": "layers", "layers": {layers} }}"#)).unwrap()
}

/// The same network as [`mlp`], as a list of layers.
fn listed() -> TablePlan {
    list(&format!(r#"[{{ "kind": "dense", "units": {UNITS} }}, {{ "kind": "relu" }}]"#))
}

/// The first dense layer of a plain network that does the same: `[WIDTH, UNITS]`.
fn first_layer(weights: &Weights) -> Parameter {
    let weight = &weights["network.hidden.0.weight"];
    let row = |place: usize| weight.values[place * UNITS..(place + 1) * UNITS].to_vec();
    // The network sees the two numbers, then those of each column.
    let mut rows = [row(0), Vec::new(), Vec::new(), Vec::new(), row(1), Vec::new(), Vec::new()];
    for (number, [start, words]) in COLUMNS.into_iter().enumerate() {
        let table = &weights[&format!("tables.{number}")].values;
        for word in 0..words {
            let parts = (0..NUMBERS).map(|place| {
                let factor = table[word * NUMBERS + place];
                row(2 + number * NUMBERS + place).into_iter().map(move |weight| factor * weight)
            });
            let mut sum = vec![0.0; UNITS];
            for part in parts {
                sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
            rows[start + word] = sum;
        }
    }
    Parameter { shape: vec![WIDTH, UNITS], values: rows.concat() }
}

#[test]
fn the_network_is_the_plain_one_whose_first_layer_is_the_product() {
    let network = built(&embedded(mlp()).for_columns(&COLUMNS), 3);
    let weights = read_weights(&network);
    let plain = built(&Architecture::Mlp { hidden: vec![UNITS] }, 4);
    let equal = Weights::from([
        ("hidden.0.weight".to_owned(), first_layer(&weights)),
        ("hidden.0.bias".to_owned(), weights["network.hidden.0.bias"].clone()),
        ("output.weight".to_owned(), weights["network.output.weight"].clone()),
        ("output.bias".to_owned(), weights["network.output.bias"].clone()),
    ]);
    let plain = write_weights(plain, &equal).unwrap();
    // Every pair of words, none of them in the last row, which a cell with an unknown word gives.
    let mut samples = Vec::new();
    for (first, second) in (0..4).flat_map(|first| (0..3).map(move |second| (first, second))) {
        let mut sample = [0.0; WIDTH];
        (sample[0], sample[4]) = (0.5 - first as f32, 0.25 * second as f32);
        if first < 3 {
            sample[1 + first] = 1.0;
        }
        if second < 2 {
            sample[5 + second] = 1.0;
        }
        samples.extend(sample);
    }
    let logits = |network| infer(network, &samples, WIDTH, 3).unwrap();
    let (found, expected) = (logits(&network), logits(&plain));
    assert_eq!(found.len(), 36);
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    }
}

#[test]
fn a_list_of_layers_sees_the_learned_numbers_as_a_named_network_does() {
    let named = built(&embedded(mlp()).for_columns(&COLUMNS), 3);
    let listed = embedded(listed()).for_columns(&COLUMNS);
    let weights = read_weights(&named).into_iter();
    let renamed = weights.map(|(path, weight)| (path.replace("hidden", "layers"), weight));
    let same = write_weights(built(&listed, 4), &renamed.collect()).unwrap();
    let samples: Vec<f32> = (0..4 * WIDTH).map(|place| (place % 5) as f32 * 0.25).collect();
    let logits = |network| infer(network, &samples, WIDTH, 3).unwrap();
    for (found, expected) in logits(&same).iter().zip(logits(&named)) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }

    let unfit = list(r#"[{ "kind": "relu" }, { "kind": "global-average-pool" }]"#);
    let told = embedded(unfit).for_columns(&COLUMNS).check(SampleShape::Vector(WIDTH), 3);
    assert!(told.unwrap_err().to_string().contains("layers.1"), "the place of the mistake");
}

#[test]
fn parameters_are_counted_as_they_are() {
    let sizes = TabularResnetSizes { blocks: 1, units: 4, hidden_multiplier: 2, dropout: 0.0 };
    for network in [mlp(), TablePlan::TabularResnet(sizes), listed()] {
        let architecture = embedded(network).for_columns(&COLUMNS);
        let layers = architecture.layers(SampleShape::Vector(WIDTH), 3).unwrap();
        let weights = read_weights(&built(&architecture, 1));
        let trained = weights.iter().filter(|(path, _)| !path.contains("running"));
        let found: usize = trained.map(|(_, weight)| weight.values.len()).sum();
        assert_eq!(totals(&layers).parameters, found as u64, "{}", architecture.name());
        assert_eq!(weights["tables.0"].shape, [3, 2]);
        assert_eq!(weights["tables.1"].shape, [2, 2]);
    }
}

#[test]
fn columns_that_are_no_part_of_a_sample_are_refused() {
    for (columns, text) in [
        (&[][..], "a table with columns of words"),
        (&[[5, 3]], "places of 7 values, in order, found 3 words from 5 on"),
        (&[[usize::MAX, 2]], "places of 7 values"),
        (&[[1, 3], [3, 2]], "found 2 words from 3 on"),
        (&[[1, 0]], "found 0 words from 1 on"),
    ] {
        let architecture = embedded(mlp()).for_columns(columns);
        let error = architecture.check(SampleShape::Vector(WIDTH), 3).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}
