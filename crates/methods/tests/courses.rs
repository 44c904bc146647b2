//! A combination at a moment is the one whose weights and temperatures are those of the moment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use potstill_methods::{
    Combination, Course, Ctkd, Dkd, Jsd, Kd, LogitBatch, Member, Method, Mlkd, Moment, OwnNumbers,
    Shifted, Standardised, Term, TermSum, Transform,
};

const STUDENT: [f32; 6] = [2.0, 0.5, -1.0, 0.3, 1.2, 0.8];
const TEACHER: [f32; 6] = [3.0, 1.0, -2.0, -0.5, 2.5, 1.5];

fn terms(method: &dyn Method) -> (Vec<Term>, [f32; 6]) {
    let mut gradient = [0.0; 6];
    let mut sum = TermSum::new(&mut gradient);
    let labels = (&[Some(0), Some(1)]).into();
    let teacher = Some((TEACHER.as_slice(), [2, 3]));
    let batch =
        LogitBatch { student: &STUDENT, teacher, labels, classes: 3, own: &OwnNumbers::new() };
    method.on_logits().unwrap().terms(&batch, &mut sum).unwrap();
    (sum.terms(), gradient)
}

fn soft(temperature: f64) -> Kd {
    Kd { temperature, alpha: 1.0 }
}

#[test]
fn weights_and_temperatures_follow_their_courses() {
    let changing = Combination::new(0.5)
        .with(
            Member::new(soft(4.0))
                .weighted(3.0, Course::WarmUp { start: 0.0, epochs: 1 })
                .heated(Course::Linear { end: 1.0 }),
        )
        .with(Member::new(Jsd::default()).heated(Course::Cosine { end: 3.0 }));
    // Four steps: temperatures 4, 3, 2, 1, weights 1.5, 3, 3, 3.
    let expected = [(4.0, 1.5, 1.0), (3.0, 3.0, 1.5), (2.0, 3.0, 2.5), (1.0, 3.0, 3.0)];
    for (step, (hot, weight, jsd)) in expected.into_iter().enumerate() {
        let moment = Moment { step: step as u64, steps_per_epoch: 2, epochs: 2 };
        let now = changing.at(moment).unwrap();
        let same = Combination::new(0.5)
            .with(Member::new(soft(hot)).weighted(weight, Course::Constant))
            .with(Member::new(Jsd { temperature: jsd, ..Jsd::default() }));
        let ((found, gradient), (expected, slopes)) = (terms(now.as_ref()), terms(&same));
        assert_eq!(found.len(), 3);
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((found.name, found.weight), (expected.name, expected.weight));
            assert!((found.value - expected.value).abs() < 1e-12, "{step}: {found:?}");
        }
        assert!(gradient.iter().zip(slopes).all(|(a, b)| (a - b).abs() < 1e-6), "{step}");
    }
}

#[test]
fn what_does_not_change_says_so() {
    let moment = Moment { step: 3, steps_per_epoch: 2, epochs: 5 };
    let constant = Combination::new(0.5).with(Member::new(Dkd::default()));
    assert!(constant.at(moment).is_none());
    assert!(soft(2.0).at(moment).is_none());
    // A temperature that is learned has no course of its own.
    let learned = Combination::new(1.0)
        .with(Member::new(Ctkd::default()).heated(Course::Linear { end: 1.0 }));
    assert!(learned.at(moment).is_some() && learned.temperature().is_none());
}

#[test]
fn a_temperature_is_changed_through_transforms() {
    let wrapped = Standardised.of(Arc::new(Shifted.of(Arc::new(soft(4.0)))));
    assert_eq!(wrapped.temperature(), Some(4.0));
    let cooler = wrapped.with_temperature(2.0).unwrap();
    let same = Standardised.of(Arc::new(Shifted.of(Arc::new(soft(2.0)))));
    assert_eq!(terms(cooler.as_ref()), terms(&same));
    assert!(Standardised.of(Arc::new(Ctkd::default())).with_temperature(2.0).is_none());
}

#[test]
fn the_pull_on_a_learned_temperature_rises_along_a_cosine() {
    let pull = |epoch: u64| {
        let moment = Moment { step: (epoch - 1) * 3, steps_per_epoch: 3, epochs: 9 };
        let now = Ctkd { ramp_epochs: 4, ..Ctkd::default() }.at(moment).unwrap();
        let text = format!("{now:?}");
        let number = text.rsplit("pull: ").next().unwrap().trim_end_matches(" }");
        number.parse::<f64>().unwrap()
    };
    for (epoch, expected) in [(1, -0.146_446_609), (2, -0.5), (4, -1.0), (9, -1.0)] {
        assert!((pull(epoch) - expected).abs() < 1e-9, "{epoch}: {}", pull(epoch));
    }
}

#[test]
fn several_temperatures_change_in_proportion() {
    let mlkd = Mlkd { temperatures: vec![2.0, 4.0, 6.0] };
    assert_eq!(mlkd.temperature(), Some(4.0));
    let half = Mlkd { temperatures: vec![1.0, 2.0, 3.0] };
    let cooling = Member::new(mlkd).heated(Course::Linear { end: 2.0 });
    let cooling = Combination::new(1.0).with(cooling);
    let last = cooling.at(Moment { step: 4, steps_per_epoch: 5, epochs: 1 }).unwrap();
    let expected = Combination::new(1.0).with(Member::new(half));
    assert_eq!(terms(last.as_ref()), terms(&expected));
    assert_ne!(terms(&cooling), terms(&expected));
}
