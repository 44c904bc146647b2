//! The tensors of one pass, one for each input of a model.

use crate::feed::unfit;
use crate::{Feed, OnnxError, Port};

/// The most numbers of a tensor: 1 GiB. A file that fixes its sizes could ask for any memory.
pub(crate) const LARGEST_TENSOR: usize = 1 << 28;

/// The largest whole number below which single precision holds all others.
const LARGEST_WHOLE: i32 = (1 << 24) - 1;

/// What an input is filled with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Filling {
    /// Whole samples.
    Sample,
    /// The number of a sample at this place.
    Column(usize),
    /// The same number everywhere.
    Constant(f64),
}

/// The inputs of a model with what they are filled with.
#[derive(Debug)]
pub(crate) struct Inputs {
    all: Vec<(Port, Filling)>,
    /// How many columns there are, where inputs take columns.
    columns: usize,
}

/// The numbers for one input.
pub(crate) struct Filled<'a> {
    pub(crate) port: &'a Port,
    pub(crate) sizes: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl Inputs {
    /// The inputs `ports` of a model whose runtime takes such `elements`.
    pub(crate) fn new(feed: &Feed, ports: &[Port], elements: &[&str]) -> Result<Self, OnnxError> {
        let fillings = feed.fillings(ports)?;
        if let Some(port) = ports.iter().find(|port| !elements.contains(&port.element.as_str())) {
            let expected = format!("one of {}", elements.join(", "));
            let what = format!("the type of the input `{}`", port.name);
            return Err(unfit(&what, &expected, std::slice::from_ref(port)));
        }
        let all: Vec<(Port, Filling)> = ports.iter().cloned().zip(fillings).collect();
        for (port, filling) in &all {
            if let Filling::Constant(number) = filling {
                check_constant(port, *number)?;
            }
        }
        let inputs = Self { all, columns: feed.columns.len() };
        match inputs.is_even() {
            true => Ok(inputs),
            false => {
                let expected = "the same number of samples a pass for all";
                Err(unfit("the inputs of the model", expected, ports))
            }
        }
    }

    /// Whether all inputs of samples that fix how many there are in a pass fix the same number.
    fn is_even(&self) -> bool {
        let mut fixed = self.of_samples().filter_map(size_of_pass);
        let first = fixed.next();
        fixed.all(|size| Some(size) == first)
    }

    pub(crate) fn ports(&self) -> impl Iterator<Item = &Port> {
        self.all.iter().map(|(port, _)| port)
    }

    /// The input that takes whole samples; none where inputs take columns.
    pub(crate) fn whole(&self) -> Option<&Port> {
        let whole = self.all.iter().find(|(_, filling)| *filling == Filling::Sample);
        whole.map(|(port, _)| port)
    }

    /// The inputs that samples go into, whole or by columns.
    fn of_samples(&self) -> impl Iterator<Item = &Port> {
        let filled = self.all.iter();
        filled.filter(|(_, filling)| !matches!(filling, Filling::Constant(_))).map(|(port, _)| port)
    }

    /// Whether samples of this shape fit.
    pub(crate) fn check_shape(&self, shape: &[usize]) -> Result<(), OnnxError> {
        match self.whole() {
            Some(port) if !port.takes(shape) => {
                Err(OnnxError::Shape { expected: Box::new(port.clone()), found: shape.to_vec() })
            }
            None if shape != [self.columns] => Err(OnnxError::Port {
                what: "the samples for the model".to_owned(),
                expected: words::counted(self.columns, "column"),
                found: format!("{shape:?}"),
            }),
            _ => Ok(()),
        }
    }

    /// The number of samples that the file fixes for a pass, where it does; a sample has `width` numbers.
    pub(crate) fn fixed_batch(&self, width: usize) -> Result<Option<usize>, OnnxError> {
        let fits = |batch: usize| {
            batch > 0 && batch.checked_mul(width).is_some_and(|values| values <= LARGEST_TENSOR)
        };
        let fixes = |port: &&Port| size_of_pass(port).is_some();
        let Some(port) = self.of_samples().find(fixes) else {
            return Ok(None);
        };
        let fixed = size_of_pass(port);
        if fixed.is_some_and(fits) {
            return Ok(fixed);
        }
        let expected =
            format!("1 sample or more a pass, of together at most {LARGEST_TENSOR} numbers");
        Err(unfit("the input of the model", &expected, std::slice::from_ref(port)))
    }

    /// The tensors of a pass over `batch` samples of this `shape`, in the order of the inputs, with zeros behind the last rows
    /// where there are fewer.
    pub(crate) fn filled(
        &self,
        rows: &[f32],
        batch: usize,
        shape: &[usize],
    ) -> Result<Vec<Filled<'_>>, OnnxError> {
        let mut filled = Vec::with_capacity(self.all.len());
        for (port, filling) in &self.all {
            let (sizes, mut values) = self.tensor(port, *filling, (rows, batch, shape))?;
            values.resize(sizes.iter().product(), 0.0);
            filled.push(Filled { port, sizes, values });
        }
        Ok(filled)
    }

    /// Sizes and numbers for one input, those of rows that are not there left out.
    fn tensor(
        &self,
        port: &Port,
        filling: Filling,
        (rows, batch, shape): (&[f32], usize, &[usize]),
    ) -> Result<(Vec<usize>, Vec<f32>), OnnxError> {
        match filling {
            Filling::Sample => {
                let sizes = std::iter::once(batch).chain(shape.iter().copied());
                Ok((sizes.collect(), rows.to_vec()))
            }
            Filling::Column(place) => {
                let width = self.columns.max(1);
                let column = rows.iter().skip(place).step_by(width).copied().collect();
                Ok((if port.shape.len() == 1 { vec![batch] } else { vec![batch, 1] }, column))
            }
            Filling::Constant(number) => {
                let sample = if self.whole().is_some() { shape } else { &[1] };
                let sizes = sizes_of_constant(port, batch, sample)?;
                let count = sizes.iter().product();
                Ok((sizes, vec![number as f32; count]))
            }
        }
    }
}

impl Filled<'_> {
    /// The numbers as whole ones, each of which the type of the input holds.
    pub(crate) fn integers(&self) -> Result<Vec<i32>, OnnxError> {
        self.values.iter().map(|&value| integer(self.port, f64::from(value))).collect()
    }

    /// The same for an input of bytes.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, OnnxError> {
        Ok(self.integers()?.into_iter().map(|value| value as u8).collect())
    }
}

/// The number of samples that an input fixes.
fn size_of_pass(port: &Port) -> Option<usize> {
    port.shape.first().copied().flatten()
}

/// The sizes that the file states, with those that it leaves open from the samples.
fn sizes_of_constant(port: &Port, batch: usize, sample: &[usize]) -> Result<Vec<usize>, OnnxError> {
    let all = || std::iter::once(batch).chain(sample.iter().copied());
    let places = port.shape.iter().enumerate();
    let sizes = places.map(|(place, size)| size.or_else(|| all().nth(place)));
    let sizes = sizes.collect::<Option<Vec<usize>>>();
    let count = |sizes: &Vec<usize>| {
        let count = sizes.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        count.is_some_and(|count| count <= LARGEST_TENSOR)
    };
    sizes.filter(count).ok_or_else(|| {
        let (what, sizes) = (format!("the constant `{}`", port.name), all().collect::<Vec<_>>());
        let expected = format!(
            "open sizes where the samples {sizes:?} have some, at most {LARGEST_TENSOR} numbers"
        );
        unfit(&what, &expected, std::slice::from_ref(port))
    })
}

fn check_constant(port: &Port, number: f64) -> Result<(), OnnxError> {
    if takes_integers(port) {
        return integer(port, number).map(drop);
    }
    if (number as f32).is_finite() { Ok(()) } else { Err(wrong(port, number)) }
}

fn takes_integers(port: &Port) -> bool {
    matches!(port.element.as_str(), "bool" | "uint8" | "int32" | "int64")
}

/// A number as a whole one that the type of the input holds.
fn integer(port: &Port, number: f64) -> Result<i32, OnnxError> {
    let (low, high) = range(port);
    let whole = number as i32;
    match f64::from(whole) == number && (low..=high).contains(&whole) {
        true => Ok(whole),
        false => Err(wrong(port, number)),
    }
}

/// The smallest and the largest whole number for an input.
fn range(port: &Port) -> (i32, i32) {
    match port.element.as_str() {
        "bool" => (0, 1),
        "uint8" => (0, 255),
        _ => (-LARGEST_WHOLE, LARGEST_WHOLE),
    }
}

fn wrong(port: &Port, found: f64) -> OnnxError {
    let (low, high) = range(port);
    let expected = match takes_integers(port) {
        true => format!("integers from {low} to {high}"),
        false => "numbers of single precision".to_owned(),
    };
    OnnxError::Number { input: port.name.clone(), expected, found }
}
