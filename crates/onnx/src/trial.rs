//! What a model is tried with where nothing is known but its file.

use crate::inputs::LARGEST_TENSOR;
use crate::{Feed, Port};

/// What goes into the inputs of a model for one pass, so that the shapes of its values are seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The feed.
    pub feed: Feed,
    /// The sizes of a sample for it.
    pub sizes: Vec<usize>,
}

/// What an input is filled with that takes no sample: a number that most inputs hold, whatever they stand for, and another
/// for those that count something.
const CONSTANTS: [f64; 2] = [0.0, 1.0];

impl Trial {
    /// What may be tried for these inputs, in this order. Where each takes a column, a sample is a number for each; else the input
    /// whose sizes the file states and are the largest takes it, and the others are constants. Empty where the file leaves
    /// sizes of a sample open.
    pub fn of(inputs: &[Port]) -> Vec<Self> {
        if inputs.len() > 1 && inputs.iter().all(is_column) {
            let columns: Vec<String> = inputs.iter().map(|port| port.name.clone()).collect();
            let sizes = vec![columns.len()];
            return vec![Self { feed: Feed { columns, ..Feed::default() }, sizes }];
        }
        // Of several that are equally large the first.
        let whole = inputs.iter().rev().filter_map(|port| Some((port, sizes_of_sample(port)?)));
        let Some((whole, sizes)) = whole.max_by_key(|(_, sizes)| sizes.iter().product::<usize>())
        else {
            return Vec::new();
        };
        let constants = |number: f64| {
            let others = inputs.iter().filter(|port| port.name != whole.name);
            others.map(|port| (port.name.clone(), number)).collect()
        };
        let trial = |number| {
            let feed = Feed {
                input: Some(whole.name.clone()),
                columns: Vec::new(),
                constants: constants(number),
            };
            Self { feed, sizes: sizes.clone() }
        };
        let tried = if inputs.len() > 1 { &CONSTANTS[..] } else { &CONSTANTS[..1] };
        tried.iter().map(|number| trial(*number)).collect()
    }
}

/// Whether an input takes one number of each sample.
fn is_column(port: &Port) -> bool {
    matches!(port.shape[..], [_] | [_, None | Some(1)])
}

/// The sizes of a sample, where the file states all of them and a tensor may have them.
fn sizes_of_sample(port: &Port) -> Option<Vec<usize>> {
    let (_, sizes) = port.shape.split_first()?;
    let sizes = sizes.iter().copied().collect::<Option<Vec<usize>>>()?;
    let count = sizes.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))?;
    (count <= LARGEST_TENSOR).then_some(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, shape: &[Option<usize>]) -> Port {
        Port { name: name.to_owned(), element: "float".to_owned(), shape: shape.to_vec() }
    }

    #[test]
    fn the_largest_input_of_known_sizes_takes_samples_and_the_others_are_constants() {
        let [mask, image, flag] = [
            port("mask", &[None, Some(4)]),
            port("image", &[None, Some(3), Some(4), Some(4)]),
            port("flag", &[]),
        ];
        let trials = Trial::of(&[mask.clone(), image.clone(), flag.clone()]);
        let constants =
            |number: f64| vec![("mask".to_owned(), number), ("flag".to_owned(), number)];
        assert_eq!(trials.len(), 2);
        for (trial, number) in trials.iter().zip([0.0, 1.0]) {
            assert_eq!(trial.sizes, [3, 4, 4]);
            assert_eq!(trial.feed.input.as_deref(), Some("image"));
            assert_eq!(trial.feed.constants, constants(number));
        }
        assert_eq!(Trial::of(&[image]).len(), 1);
        let equal = Trial::of(&[mask, port("other", &[None, Some(4)])]);
        assert_eq!(equal[0].feed.input.as_deref(), Some("mask"));
        let open = Trial::of(&[port("tokens", &[None, None]), flag]);
        assert_eq!(open, []);
    }

    #[test]
    fn inputs_of_one_number_each_take_columns() {
        let columns = [port("age", &[None]), port("fee", &[None, Some(1)])];
        let trials = Trial::of(&columns);
        assert_eq!((trials[0].sizes[..].to_vec(), trials.len()), (vec![2], 1));
        assert_eq!(trials[0].feed.columns, ["age", "fee"]);
    }

    #[test]
    fn sizes_that_no_tensor_may_have_are_none() {
        for sizes in [[Some(1 << 40), Some(1)], [Some(usize::MAX), Some(usize::MAX)]] {
            assert_eq!(Trial::of(&[port("vast", &[&[None][..], &sizes].concat())]), []);
        }
    }
}
