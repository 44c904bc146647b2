//! The passes of the optimisers against one number at a time.

use potstill_ops::Level;
use potstill_ops::optimizer::{
    AdamPass, Decay, RmsPropPass, SgdPass, Units, all_finite, limit_norms,
};
use random::Stream;

/// Lengths around those of vectors and of pieces.
const LENGTHS: [usize; 7] = [0, 1, 15, 16, 1000, 40_001, 300_007];

const PASS: AdamPass = AdamPass {
    first_share: 0.1,
    second_share: 0.001,
    rate: 0.0123,
    inverse_correction: 3.7,
    epsilon: 1e-8,
};

fn numbers(name: &str, count: usize) -> Vec<f32> {
    let mut generator = Stream::new(5, "optimizer").named(name).generator();
    (0..count).map(|_| generator.normal() as f32).collect()
}

/// Parameter, gradient, first and second moment.
fn state(count: usize) -> [Vec<f32>; 4] {
    let mut state = ["parameter", "gradient", "first", "second"].map(|name| numbers(name, count));
    state[3].iter_mut().for_each(|v| *v *= *v);
    state
}

/// Adam's arithmetic, each operation rounded by itself.
fn adam_reference(decay: Decay, [p, g, m, v]: [f32; 4]) -> [f32; 3] {
    let (decayed, g) = match decay {
        Decay::Penalty(penalty) => (p, g + penalty * p),
        Decay::Kept(kept) => (p * kept, g),
    };
    let m = m + (g - m) * PASS.first_share;
    let v = v + (g * g - v) * PASS.second_share;
    let denominator = v.sqrt() * PASS.inverse_correction + PASS.epsilon;
    [decayed - PASS.rate * (m / denominator), m, v]
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn adam(level: Level, decay: Decay, state: &mut [Vec<f32>; 4]) -> bool {
    let [parameter, gradient, first, second] = state;
    PASS.run(level, decay, parameter, gradient, [first, second])
}

#[test]
fn adam_gives_the_same_bits_as_one_number_at_a_time() {
    for count in LENGTHS {
        for decay in [Decay::Penalty(0.0), Decay::Penalty(0.02), Decay::Kept(0.998)] {
            let before = state(count);
            for level in Level::all() {
                let mut after = before.clone();
                assert!(adam(level, decay, &mut after));
                for i in 0..count {
                    let numbers = [0, 1, 2, 3].map(|part| before[part][i]);
                    let found = [0, 2, 3].map(|part| after[part][i]);
                    assert_eq!(bits(&found), bits(&adam_reference(decay, numbers)));
                }
            }
        }
    }
}

#[test]
fn sgd_gives_the_same_bits_as_one_number_at_a_time() {
    let pass = SgdPass { rate: 0.0371, penalty: 0.013 };
    let momentum = 0.9;
    for count in LENGTHS {
        let [before, gradient, buffer, _] = state(count);
        for level in Level::all() {
            let mut plain = before.clone();
            assert!(pass.run(level, &mut plain, &gradient));
            for (i, found) in plain.iter().enumerate() {
                let p = before[i];
                let expected = p - pass.rate * (gradient[i] + pass.penalty * p);
                assert_eq!(found.to_bits(), expected.to_bits());
            }
            for nesterov in [false, true] {
                let (mut p, mut b) = (before.clone(), buffer.clone());
                let options = (momentum, nesterov);
                assert!(pass.run_with_momentum(level, options, &mut p, &gradient, &mut b));
                for i in 0..count {
                    let g = gradient[i] + pass.penalty * before[i];
                    let kept = momentum * buffer[i] + g;
                    let step = if nesterov { g + momentum * kept } else { kept };
                    assert_eq!(b[i].to_bits(), kept.to_bits());
                    assert_eq!(p[i].to_bits(), (before[i] - pass.rate * step).to_bits());
                }
            }
        }
    }
}

#[test]
fn rmsprop_gives_the_same_bits_as_one_number_at_a_time() {
    let pass = RmsPropPass { rate: 0.0371, penalty: 0.013, share: 0.01, epsilon: 1e-8 };
    let momentum = 0.9;
    for count in LENGTHS {
        let [before, gradient, buffer, square] = state(count);
        for level in Level::all() {
            let (mut plain, mut squares) = (before.clone(), square.clone());
            assert!(pass.run(level, &mut plain, &gradient, &mut squares));
            let (mut p, mut b, mut v) = (before.clone(), buffer.clone(), square.clone());
            assert!(pass.run_with_momentum(level, momentum, &mut p, &gradient, [&mut v, &mut b]));
            assert_eq!(bits(&v), bits(&squares));
            for i in 0..count {
                let g = gradient[i] + pass.penalty * before[i];
                let mean = square[i] + (g * g - square[i]) * pass.share;
                let direction = g / (mean.sqrt() + pass.epsilon);
                assert_eq!(v[i].to_bits(), mean.to_bits());
                assert_eq!(plain[i].to_bits(), (before[i] - pass.rate * direction).to_bits());
                let kept = momentum * buffer[i] + direction;
                assert_eq!(b[i].to_bits(), kept.to_bits());
                assert_eq!(p[i].to_bits(), (before[i] - pass.rate * kept).to_bits());
            }
        }
    }
}

#[test]
fn a_number_that_is_not_finite_is_noticed_wherever_it_is() {
    let count = 70_003;
    for level in Level::all() {
        for place in [0, 7, 12_345, 32_768, count - 1] {
            // A gradient of 1e30 leaves the parameter finite: only its square is not.
            for (part, value) in [(0, f32::INFINITY), (1, f32::NAN), (1, 1e30), (3, f32::INFINITY)]
            {
                let mut state = state(count);
                state[part][place] = value;
                assert!(!adam(level, Decay::Penalty(0.0), &mut state), "{part} {place} {value}");
            }
            for (part, value) in [(0, f32::INFINITY), (1, f32::NAN), (1, 1e30), (3, f32::INFINITY)]
            {
                let mut state = state(count);
                state[part][place] = value;
                let [p, g, b, v] = &mut state;
                let pass = RmsPropPass { rate: 1e-3, penalty: 0.0, share: 0.1, epsilon: 1e-8 };
                assert!(!pass.run(level, &mut p.clone(), g, &mut v.clone()), "{part} {place}");
                assert!(!pass.run_with_momentum(level, 0.9, p, g, [v, b]), "{part} {place}");
            }
            let pass = SgdPass { rate: 1e-3, penalty: 0.0 };
            let [mut p, mut g, mut b, _] = state(count);
            g[place] = f32::NEG_INFINITY;
            assert!(!pass.run(level, &mut p.clone(), &g));
            assert!(!pass.run_with_momentum(level, (0.9, true), &mut p, &g, &mut b));
            // A step of 0 leaves the parameter finite though the buffer is not.
            let [mut p, g, mut b, _] = state(count);
            b[place] = f32::MAX;
            let pass = SgdPass { rate: 0.0, penalty: 0.0 };
            assert!(pass.run_with_momentum(level, (0.9, false), &mut p, &g, &mut b));
            b[place] = f32::NAN;
            assert!(!pass.run_with_momentum(level, (0.9, false), &mut p, &g, &mut b));
        }
    }
}

#[test]
fn results_are_the_same_bits_at_any_number_of_threads() {
    let before = state(300_007);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut after = before.clone();
        assert!(pool.install(|| adam(Level::best(), Decay::Kept(0.99), &mut after)));
        after
    };
    let expected = run(1);
    assert_eq!(run(2), expected);
    assert_eq!(run(3), expected);
}

/// The limit on one unit after the other.
fn limited(weights: &[f32], [units, incoming]: [usize; 2], columns: bool, most: f64) -> Vec<f32> {
    let mut out = weights.to_vec();
    for unit in 0..units {
        let place = |i: usize| if columns { i * units + unit } else { unit * incoming + i };
        let square = |i| f64::from(weights[place(i)]) * f64::from(weights[place(i)]);
        let norm = (0..incoming).map(square).sum::<f64>().sqrt();
        let scale = (most / norm) as f32;
        for i in (0..incoming).filter(|_| norm > most) {
            out[place(i)] = weights[place(i)] * scale;
        }
    }
    out
}

#[test]
fn norms_are_limited_to_the_same_bits_as_one_unit_at_a_time() {
    for shape in [[0, 3], [1, 1], [3, 5], [127, 9], [129, 17], [1200, 301]] {
        let [units, incoming] = shape;
        let mut weights = numbers("weights", units * incoming);
        // Units of all lengths, one with nothing in it.
        weights.iter_mut().enumerate().for_each(|(i, weight)| *weight *= (i % units) as f32 * 0.01);
        let most = 0.004 * units as f64 * (incoming as f64).sqrt();
        for (kind, columns) in [(Units::Columns(units), true), (Units::Rows(incoming), false)] {
            let expected = limited(&weights, shape, columns, most);
            assert!(units < 100 || expected != weights, "{shape:?}: some units are too long");
            for level in Level::all() {
                let mut found = weights.clone();
                limit_norms(level, &mut found, kind, most);
                assert_eq!(bits(&found), bits(&expected), "{shape:?} {kind:?} {level:?}");
            }
        }
    }
}

#[test]
fn one_number_that_is_not_finite_is_found_wherever_it_is() {
    for level in Level::all() {
        for count in LENGTHS {
            assert!(all_finite(level, &numbers("finite", count)));
        }
        for place in [0, 15, 16, 32_767, 32_768, 300_006] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN] {
                let mut values = vec![f32::MAX; 300_007];
                values[place] = bad;
                assert!(!all_finite(level, &values), "{bad} at {place}");
            }
        }
    }
}
