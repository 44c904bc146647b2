//! An embedding takes tokens, joins neighbours to pixels, and is checked before it is built.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use data::SampleShape;
use options::Document;
use potstill_nn::{Architecture, cpu, infer, totals};
use random::Stream;

const TOKENS: SampleShape = SampleShape::Tokens { length: 8, vocabulary: 257 };

fn read(model: &str) -> Architecture {
    let mut document = Document::parse("test", &format!("[student]\n{model}")).unwrap();
    Architecture::read(&mut document.section("student", "The student."), &[]).unwrap()
}

fn listed(layers: &str) -> Architecture {
    read(&format!("model = \"layers\"\nlayers = [{layers}]"))
}

fn outputs(architecture: &Architecture, tokens: [u16; 8]) -> Vec<f32> {
    let network = architecture.build(TOKENS, 3, Stream::new(1, "test"), &cpu()).unwrap();
    infer(&network, &tokens.map(f32::from), 8, 3).unwrap()
}

fn is_near(left: &[f32], right: &[f32]) -> bool {
    left.iter().zip(right).all(|(left, right)| (left - right).abs() < 1e-6)
}

#[test]
fn a_mean_over_pixels_knows_the_tokens_of_a_pixel_in_order_and_pixels_without() {
    let tokens = [0, 1, 2, 3, 4, 5, 255, 256];
    for (joined, pairs_matter) in [(1, false), (2, true)] {
        let network = listed(&format!(
            "{{ kind = \"embedding\", units = 4, joined = {joined}, rows = 2 }}, \
             {{ kind = \"global-average-pool\" }}"
        ));
        let found = outputs(&network, tokens);
        let pixels = outputs(&network, [255, 256, 2, 3, 0, 1, 4, 5]);
        assert!(is_near(&found, &pixels), "{found:?} {pixels:?}");
        let inside = outputs(&network, [1, 0, 3, 2, 5, 4, 256, 255]);
        assert_eq!(!is_near(&found, &inside), pairs_matter, "{found:?} {inside:?}");
        let other = outputs(&network, [0, 1, 2, 3, 4, 5, 255, 255]);
        assert!(!is_near(&found, &other), "{found:?} {other:?}");
    }
}

#[test]
fn its_weights_are_counted() {
    let network = listed(
        "{ kind = \"embedding\", units = 12, joined = 4, rows = 2 }, { kind = \"flatten\" }",
    );
    let layers = network.layers(TOKENS, 3).unwrap();
    assert_eq!(layers[0].output, "48x2x1");
    // 257 * 12, and a dense layer from 96 to 3.
    assert_eq!(totals(&layers).parameters, 3084 + 96 * 3 + 3);
}

#[test]
fn tokens_reach_nothing_else() {
    let embedding = "{ kind = \"embedding\", units = 2 }";
    let refused = |architecture: Architecture, shape: SampleShape| {
        assert!(architecture.build(shape, 3, Stream::new(1, "test"), &cpu()).is_err());
        architecture.layers(shape, 3).unwrap_err().to_string()
    };
    let message = refused(read("model = \"mlp\"\nhidden = [4]"), TOKENS);
    assert!(message.contains("begins with an `embedding` takes tokens"), "{message}");
    let message = refused(listed(&format!("{{ kind = \"relu\" }}, {embedding}")), TOKENS);
    assert!(message.contains("expected an `embedding`"), "{message}");
    let message = refused(listed(embedding), SampleShape::Vector(8));
    assert!(message.contains("expected tokens, found 8 values"), "{message}");
    let message = refused(listed("{ kind = \"embedding\", joined = 3 }"), TOKENS);
    assert!(
        message.contains("1 row of pixels of 3 tokens each, found 8 tokens of 257"),
        "{message}"
    );
}
