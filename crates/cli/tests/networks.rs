//! Every family of networks goes the whole way through the program: trained, looked at, used.
#![allow(clippy::disallowed_methods, reason = "tests prepare their own input files")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail by panicking")]

mod workshop;

use workshop::Workshop;

const ROWS: usize = 40;
const SIDE: usize = 8;

/// Recipes for a student, and the name that `inspect` shows with one of its taps.
const STUDENTS: [(&str, &str, &str); 10] = [
    ("model = \"resnet8x4\"", "resnet8x4", "stage3"),
    ("model = \"wrn-10-1\"", "wrn-10-1", "stage3"),
    ("model = \"vgg8\"", "vgg8", "stage5"),
    ("model = \"mobilenet-v2\"\nwidth_multiplier = 0.25", "mobilenet-v2 x0.25", "block17"),
    ("model = \"shufflenet-v1\"", "shufflenet-v1", "stage3"),
    ("model = \"shufflenet-v2\"\nwidth_multiplier = 0.5", "shufflenet-v2 x0.5", "stage3"),
    ("model = \"vit\"\nembedding = 8\ndepth = 2", "vit 2/4 of 8", "layer2"),
    (
        "model = \"vit\"\nembedding = 8\ndepth = 1\ndistillation_token = true",
        "vit 1/4 of 8 with a distillation token",
        "layer1",
    ),
    ("model = \"tabular-resnet\"\nunits = 8", "tabular-resnet 2x8", "block2"),
    (
        "model = \"layers\"\nlayers = [{ kind = \"conv\" }, { kind = \"relu\" }, \
         { kind = \"global-average-pool\" }, { kind = \"dropout\" }]",
        "network of 5 layers",
        "layers.3",
    ),
];

/// Images of two classes, dark and light, and their labels.
fn write_images(workshop: &Workshop) {
    let size = |count: usize| (count as u32).to_be_bytes();
    let mut images = vec![0, 0, 8, 3];
    images.extend([ROWS, SIDE, SIDE].into_iter().flat_map(size));
    let pixel = |at: usize| (at * 37 % 90 + 120 * (at / (SIDE * SIDE) % 2)) as u8;
    images.extend((0..ROWS * SIDE * SIDE).map(pixel));
    let mut labels = vec![0, 0, 8, 1];
    labels.extend(size(ROWS));
    labels.extend((0..ROWS).map(|row| (row % 2) as u8));
    workshop.write("images", &images);
    workshop.write("labels", &labels);
}

#[test]
fn every_family_of_networks_is_trained_shown_and_used() {
    for (student, name, tap) in STUDENTS {
        let workshop = Workshop::new();
        write_images(&workshop);
        let recipe = format!(
            "[data]\nsource = \"images\"\nlabels = \"labels\"\n[teacher]\nmodel = \"cnn\"\n\
             channels = [4]\nepochs = 1\n[student]\n{student}\n[distill]\nepochs = 1\nseeds = 1\n"
        );
        workshop.write("job.toml", recipe.as_bytes());
        workshop.run(&["distill", "job.toml", "--run", "run", "--quiet"]);
        let shown = workshop.run(&["inspect", "run/export/student.safetensors", "--taps"]);
        assert!(shown.contains(name), "{name}: {shown}");
        assert!(shown.contains(tap), "{name}: {shown}");
        let predicted = workshop.run(&["predict", "run", "images"]);
        assert_eq!(predicted.lines().count(), 1 + ROWS, "{name}: {predicted}");
    }
}
