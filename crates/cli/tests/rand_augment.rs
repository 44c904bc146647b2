//! RandAugment in a recipe: images of bytes are varied, other images are refused before training.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use random::Stream;
use workshop::Workshop;

const RECIPE: &str = "[data]\nsource = \"images\"\nlabels = \"labels\"\nviews = 3\nrand_augment = 2\nrand_magnitude = 15\n\
                      [teacher]\nmodel = \"mlp\"\nepochs = 3\n[student]\nmodel = \"mlp\"\nhidden = [8]\n\
                      [distill]\nepochs = 3\nseeds = 2\n";

/// An IDX file of bytes.
fn idx(dimensions: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    dimensions.iter().for_each(|dimension| bytes.extend(dimension.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn with_images() -> Workshop {
    let workshop = Workshop::new();
    let mut generator = Stream::new(7, "pixels").generator();
    let labels: Vec<u8> = (0..120).map(|image| image % 2).collect();
    let pixel = |label: u8, at: usize, noise: u64| {
        // Stripes along or across, and noise.
        let stripe = if label == 0 { at / 8 } else { at % 8 };
        (40 + 140 * (stripe % 2) as u64 + noise) as u8
    };
    let pixels: Vec<u8> = labels
        .iter()
        .flat_map(|&label| (0..64).map(move |at| (label, at)))
        .map(|(label, at)| pixel(label, at, generator.below(60)))
        .collect();
    workshop.write("images", &idx(&[120, 8, 8], &pixels));
    workshop.write("labels", &idx(&[120], &labels));
    workshop.write("job.toml", RECIPE.as_bytes());
    workshop
}

#[test]
fn views_of_a_recipe_are_varied_and_a_run_can_be_repeated() {
    let workshop = with_images();
    let losses = |run: &str, assignment: &str| {
        workshop.run(&["distill", "job.toml", "--quiet", "--run", run, "--set", assignment]);
        std::fs::read_to_string(workshop.path(run).join("metrics.jsonl")).expect("the log")
    };
    let (first, again) = (losses("first", "data.flip=false"), losses("again", "data.flip=false"));
    assert_eq!(first, again);
    assert_ne!(first, losses("stronger", "data.rand_magnitude=30"));
    // The pull of the parts of the loss is noted for the distilled student alone.
    let pulled = first.lines().filter(|line| line.contains("\"gradient_norms\":{\"label\":"));
    assert_eq!(pulled.clone().count(), 2 * 3);
    assert!(pulled.clone().all(|line| line.contains("\"role\":\"student\"")), "{first}");
    let page = std::fs::read_to_string(workshop.path("first/report.html")).expect("the report");
    assert!(page.contains("Pull of each part of the loss on the distilled student"));
    assert!(workshop.path("first/plots/gradients.svg").is_file());
}

#[test]
fn images_that_are_no_bytes_and_views_without_number_are_refused() {
    let workshop = with_images();
    // Images of NumPy's numbers: 120 of 2 x 2.
    let mut header = "{'descr': '<f4', 'fortran_order': False, 'shape': (120, 2, 2), }".to_owned();
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    (0..480).for_each(|value: u16| file.extend((f32::from(value % 7) / 7.0).to_le_bytes()));
    workshop.write("numbers.npy", &file);
    for (assignment, says) in [
        (
            "data.source=numbers.npy",
            "`rand_augment` is 2, expected 0, because the samples are no images of bytes",
        ),
        ("data.views=1", "`views` is 1, expected at least 2 where"),
        (
            "data.rand_magnitude=31",
            "`data.rand_magnitude` is out of range: expected an integer from 0 to 30",
        ),
    ] {
        let output = workshop.output(&["distill", "job.toml", "--set", assignment]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(says), "{told}");
        assert!(!workshop.path("runs").exists());
    }
}
