//! Which taps a method takes, by what they hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use nn::{Tap, TapKind, TapShape};
use potstill_methods::{
    At, Attention, CatKd, FitNet, Hidden, Method, Nst, Ofd, OfferedTaps, Pkd, ReviewKd, Sp,
    TapLoss, TapMethod,
};
use random::Stream;

fn tap(name: &str, shape: TapShape, kind: TapKind) -> Tap {
    Tap { name: name.to_owned(), shape, kind }
}

/// A residual network of so many classes, as far as its taps go.
fn residual(classes: usize) -> Vec<Tap> {
    let map = |channels| TapShape::Map { channels, height: 4, width: 4 };
    vec![
        tap("stage1.preactivation", map(6), TapKind::BeforeActivation),
        tap("stage1", map(6), TapKind::Value),
        tap("stage2.preactivation", map(8), TapKind::BeforeActivation),
        tap("stage2", map(8), TapKind::Value),
        tap("class-maps", map(classes), TapKind::ClassMaps),
        tap("pooled", TapShape::Vector(8), TapKind::Value),
    ]
}

/// A transformer of so many layers, heads and tokens.
fn transformer(layers: usize, heads: usize, tokens: usize) -> Vec<Tap> {
    let scores = TapShape::Map { channels: heads, height: tokens, width: tokens };
    let states = TapShape::Sequence { positions: tokens, features: 12 };
    let layer = |number: usize| {
        [
            tap(&format!("layer{number}.attention"), scores, TapKind::Attention),
            tap(&format!("layer{number}"), states, TapKind::Value),
        ]
    };
    (1..=layers).flat_map(layer).collect()
}

/// The taps that are compared, or what is wrong with them.
fn chosen(method: &dyn Method, student: &[Tap], teacher: &[Tap]) -> Result<[String; 2], String> {
    let offered = OfferedTaps { student, teacher, labels: &[], batch_size: 4 };
    match method.fitted(offered, &Stream::new(0, "method")) {
        Ok(fitted) => {
            let taps = fitted.unwrap().taps();
            Ok([taps.student.join(" "), taps.teacher.join(" ")])
        }
        Err(error) => Err(format!("{error}; {}", error.hint().unwrap())),
    }
}

fn of<L: TapLoss>(loss: L) -> TapMethod<L> {
    TapMethod::new(loss)
}

fn both(names: &str) -> Result<[String; 2], String> {
    Ok([names.to_owned(), names.to_owned()])
}

#[test]
fn a_method_looks_for_taps_that_hold_what_it_compares() {
    let network = residual(10);
    let usual = |method: &dyn Method| chosen(method, &network, &network);
    assert_eq!(usual(&of(At::default())), both("stage1 stage2"));
    assert_eq!(usual(&of(FitNet)), both("pooled"));
    assert_eq!(usual(&of(ReviewKd)), both("stage1 stage2 pooled"));
    assert_eq!(usual(&of(Ofd)), both("stage1.preactivation stage2.preactivation"));
    assert_eq!(usual(&of(CatKd::default())), both("class-maps"));
}

#[test]
fn values_in_front_of_a_relu_can_be_named_for_most_methods() {
    let network = residual(10);
    let method = of(FitNet).teacher_taps(["stage2.preactivation"]);
    let expected = ["pooled".to_owned(), "stage2.preactivation".to_owned()];
    assert_eq!(chosen(&method, &network, &network), Ok(expected));
}

#[test]
fn layers_of_a_deeper_teacher_are_spread_evenly_with_its_last() {
    let (student, teacher) = (transformer(2, 3, 5), transformer(6, 3, 5));
    let found = |method: &dyn Method| chosen(method, &student, &teacher).unwrap();
    assert_eq!(found(&of(Hidden::default())), ["layer1 layer2", "layer3 layer6"]);
    assert_eq!(found(&of(Pkd::default())), ["layer1 layer2", "layer3 layer6"]);
    let [own, other] = found(&of(Attention::default()));
    assert_eq!(own, "layer1.attention layer2.attention");
    assert_eq!(other, "layer3.attention layer6.attention");
    // The other way round, and with a choice of the student's.
    let method = of(Hidden::default());
    assert_eq!(chosen(&method, &teacher, &student).unwrap(), ["layer3 layer6", "layer1 layer2"]);
    let method = of(Hidden::default()).student_taps(["layer1", "layer2", "layer2"]);
    let expected = ["layer1 layer2 layer2", "layer2 layer4 layer6"];
    assert_eq!(chosen(&method, &student, &teacher).unwrap(), expected);
}

#[test]
fn taps_that_hold_something_else_are_told_with_those_that_can_be_used() {
    let network = residual(10);
    let told = |method: &dyn Method, student: &[Tap], teacher: &[Tap]| {
        chosen(method, student, teacher).unwrap_err()
    };
    let method = of(Ofd).student_taps(["stage2"]);
    assert_eq!(
        told(&method, &network, &network),
        "method `ofd`: tap `stage2` of the student: expected values in front of a ReLU, as `cnn`, `resnet` and \
         `vgg` have, found 8 channels of 4x4; taps that can be used: `stage1.preactivation`, `stage2.preactivation`"
    );
    let method = of(FitNet).student_taps(["class-maps"]);
    let message = told(&method, &network, &network);
    assert!(message.contains("tap `class-maps` of the student: expected values"), "{message}");
    let message = told(&of(CatKd::default()), &residual(9), &network);
    assert!(message.contains("expected 10 classes, as the teacher's tap has"), "{message}");
    let message = told(&of(Attention::default()), &network, &network);
    assert!(message.contains("expected the scores of attention"), "{message}");
    let message = told(&of(Hidden::default()), &network, &network);
    assert!(message.contains("expected positions of a sequence"), "{message}");
    let six = transformer(2, 3, 6);
    let message = told(&of(Hidden::default()), &transformer(2, 3, 5), &six);
    assert!(message.contains("expected 6 positions, as the teacher's tap has"), "{message}");
    let message = told(&of(Attention::default()), &transformer(2, 2, 6), &six);
    assert!(message.contains("expected 3 heads, as the teacher's tap has"), "{message}");
    let message = told(&of(Attention::default()), &transformer(2, 3, 5), &six);
    assert!(message.contains("expected 36 positions"), "{message}");
}

#[test]
fn a_row_of_positions_is_not_compared_with_rows_and_columns_place_by_place() {
    let (residual, transformer) = (residual(3), transformer(2, 3, 16));
    for method in [&of(At::default()) as &dyn Method, &of(Nst)] {
        let error = chosen(method, &transformer, &residual).unwrap_err();
        assert!(error.contains("expected positions in a row, as the student has"), "{error}");
        let error = chosen(method, &residual, &transformer).unwrap_err();
        assert!(error.contains("expected rows and columns, as the student has"), "{error}");
    }
    assert!(chosen(&of(Sp), &transformer, &residual).is_ok());
}
