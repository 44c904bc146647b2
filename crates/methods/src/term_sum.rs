//! The terms of a loss with their gradients, as a function of logits adds them up.

use std::collections::BTreeMap;

use ops::memory::Buffer;

use crate::MethodError;
use crate::own_numbers::OwnGradient;

/// One term of a loss as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// As in [`Part`](crate::Part).
    pub name: &'static str,
    /// The factor of the term in the sum that is minimised.
    pub weight: f64,
    /// The term before its weight.
    pub value: f64,
}

impl Term {
    fn weighted(self, weight: f64) -> Self {
        Self { weight: weight * self.weight, ..self }
    }
}

/// The terms of a loss, and their gradients: of the weighted sum, or of each by itself.
pub struct TermSum<'a> {
    terms: Vec<Term>,
    gradients: Gradients<'a>,
    own: Vec<OwnGradient>,
}

enum Gradients<'a> {
    /// Of the sum; each term has a further factor by its name.
    Sum { gradient: &'a mut [f32], share: &'a dyn Fn(&str) -> f64 },
    /// Of each term before its weight, so many numbers.
    Each { length: usize, found: Vec<Buffer> },
}

impl<'a> TermSum<'a> {
    /// No term yet; `gradient` is where that of the student's logits will be.
    pub fn new(gradient: &'a mut [f32]) -> Self {
        Self::sharing(gradient, &|_| 1.0)
    }

    /// As [`new`](Self::new), for a batch that is a part of a larger one: `share` tells how much of
    /// it each term is, by name. The gradient has it as a further factor, the values do not.
    pub fn sharing(gradient: &'a mut [f32], share: &'a dyn Fn(&str) -> f64) -> Self {
        gradient.fill(0.0);
        let gradients = Gradients::Sum { gradient, share };
        Self { terms: Vec::with_capacity(2), gradients, own: Vec::new() }
    }

    /// No term yet; the gradient of each term, of so many numbers, is kept by itself.
    pub(crate) fn apart(length: usize) -> Self {
        let gradients = Gradients::Each { length, found: Vec::new() };
        Self { terms: Vec::new(), gradients, own: Vec::new() }
    }

    /// Adds a term: `function` fills the slice with the term's gradient and gives its value.
    pub fn add(
        &mut self,
        name: &'static str,
        weight: f64,
        function: impl FnOnce(&mut [f32]) -> f64,
    ) {
        let value = match &mut self.gradients {
            Gradients::Sum { gradient, share } if self.terms.is_empty() => {
                let value = function(gradient);
                scale(gradient, weight * share(name));
                value
            }
            Gradients::Sum { gradient, share } => {
                let mut own = Buffer::exact(gradient.len());
                let value = function(&mut own);
                add_scaled(gradient, &own, weight * share(name));
                value
            }
            Gradients::Each { length, found } => {
                let mut own = Buffer::exact(*length);
                let value = function(&mut own);
                found.push(own);
                value
            }
        };
        self.terms.push(Term { name, weight, value });
    }

    /// As [`add`](Self::add) of a term that also has a gradient by one of the method's own parameters, which
    /// `function` gives beside the value.
    pub fn add_with_own(
        &mut self,
        name: &'static str,
        weight: f64,
        parameter: &str,
        function: impl FnOnce(&mut [f32]) -> (f64, Vec<f32>),
    ) {
        let mut values = Vec::new();
        self.add(name, weight, |gradient| {
            let (value, own) = function(gradient);
            values = own;
            value
        });
        if let Gradients::Sum { share, .. } = &self.gradients {
            scale(&mut values, weight * share(name));
        }
        let term = self.terms.len() - 1;
        self.own.push(OwnGradient { term, parameter: parameter.to_owned(), values });
    }

    /// How many gradients by own parameters there are so far.
    pub(crate) fn own_gradients(&self) -> usize {
        self.own.len()
    }

    /// The own parameters, but for so many first ones, are those of a part of the method, whose names begin so.
    pub(crate) fn own_begin_with(&mut self, prefix: &str, before: usize) {
        for own in self.own.iter_mut().skip(before) {
            own.parameter.insert_str(0, prefix);
        }
    }

    /// Adds terms that one function knows, by their names and weights: it fills the slice with the
    /// gradient of their sum, weighted as it is told, and gives the value of each.
    pub(crate) fn add_together<const N: usize>(
        &mut self,
        named: [(&'static str, f64); N],
        function: impl Fn([f64; N], &mut [f32]) -> [f64; N],
    ) {
        let values = match &mut self.gradients {
            Gradients::Sum { gradient, share } => {
                let weights = named.map(|(name, weight)| weight * share(name));
                if self.terms.is_empty() {
                    function(weights, gradient)
                } else {
                    let mut own = Buffer::exact(gradient.len());
                    let values = function(weights, &mut own);
                    add_scaled(gradient, &own, 1.0);
                    values
                }
            }
            Gradients::Each { length, found } => {
                let mut values = [0.0; N];
                for one in 0..N {
                    let weights = std::array::from_fn(|term| f64::from(term == one));
                    let mut own = Buffer::exact(*length);
                    values = function(weights, &mut own);
                    found.push(own);
                }
                values
            }
        };
        let terms = named.iter().zip(values);
        self.terms.extend(terms.map(|(&(name, weight), value)| Term { name, weight, value }));
    }

    /// As [`add_together`](Self::add_together) of two terms, of which one without weight is none; the function takes any
    /// weights.
    pub(crate) fn add_weighted(
        &mut self,
        named: [(&'static str, f64); 2],
        function: impl Fn([f64; 2], &mut [f32]) -> [f64; 2],
    ) {
        let [(first, of_first), (second, of_second)] = named;
        if of_second == 0.0 && of_first > 0.0 {
            self.add(first, of_first, |gradient| function([1.0, 0.0], gradient)[0]);
        } else if of_first == 0.0 && of_second > 0.0 {
            self.add(second, of_second, |gradient| function([0.0, 1.0], gradient)[1]);
        } else if of_first > 0.0 {
            self.add_together(named, function);
        }
    }

    /// Adds the terms that `run` adds to another sum, each with a further `weight`, and their
    /// gradients after `pull_back`, which must be linear.
    pub(crate) fn within(
        &mut self,
        weight: f64,
        pull_back: impl Fn(&mut [f32]),
        run: impl FnOnce(&mut TermSum<'_>) -> Result<(), MethodError>,
    ) -> Result<(), MethodError> {
        match &mut self.gradients {
            // What is first needs no memory of its own.
            Gradients::Sum { gradient, share } if self.terms.is_empty() => {
                let mut inner = TermSum::sharing(gradient, *share);
                run(&mut inner)?;
                let TermSum { terms, own, .. } = inner;
                pull_back(gradient);
                scale(gradient, weight);
                self.extend(terms, own, weight, weight);
            }
            Gradients::Sum { gradient, share } => {
                let mut own = Buffer::exact(gradient.len());
                let mut inner = TermSum::sharing(&mut own, *share);
                run(&mut inner)?;
                let TermSum { terms, own: of_own, .. } = inner;
                pull_back(&mut own);
                add_scaled(gradient, &own, weight);
                self.extend(terms, of_own, weight, weight);
            }
            Gradients::Each { length, found } => {
                let mut inner = TermSum::apart(*length);
                run(&mut inner)?;
                let (terms, gradients, own) = inner.each();
                found.extend(gradients.into_iter().map(|mut own| {
                    pull_back(&mut own);
                    own
                }));
                self.extend(terms, own, weight, 1.0);
            }
        }
        Ok(())
    }

    /// Adds terms times `weight`, and their gradients by own parameters times `of_own`.
    fn extend(&mut self, terms: Vec<Term>, own: Vec<OwnGradient>, weight: f64, of_own: f64) {
        let before = self.terms.len();
        self.terms.extend(terms.into_iter().map(|term| term.weighted(weight)));
        self.own.extend(own.into_iter().map(|mut own| {
            scale(&mut own.values, of_own);
            OwnGradient { term: before + own.term, ..own }
        }));
    }

    /// The names of the terms so far.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.terms.iter().map(|term| term.name)
    }

    /// The terms in the order in which they were added.
    pub fn terms(self) -> Vec<Term> {
        self.terms
    }

    /// The terms, and the gradient of the weighted sum by each of the method's own parameters that they touch.
    pub fn terms_and_own(self) -> (Vec<Term>, BTreeMap<String, Vec<f32>>) {
        let mut found = BTreeMap::new();
        for OwnGradient { parameter, values, .. } in self.own {
            let sum = found.entry(parameter).or_insert_with(|| vec![0.0; values.len()]);
            add_scaled(sum, &values, 1.0);
        }
        (self.terms, found)
    }

    /// The terms with the gradients of each, where they are kept apart.
    pub(crate) fn each(self) -> (Vec<Term>, Vec<Buffer>, Vec<OwnGradient>) {
        let found = match self.gradients {
            Gradients::Sum { .. } => Vec::new(),
            Gradients::Each { found, .. } => found,
        };
        (self.terms, found, self.own)
    }
}

fn scale(values: &mut [f32], factor: f64) {
    let factor = factor as f32;
    values.iter_mut().for_each(|value| *value *= factor);
}

fn add_scaled(sum: &mut [f32], values: &[f32], factor: f64) {
    let factor = factor as f32;
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

impl std::fmt::Debug for TermSum<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TermSum").field("terms", &self.terms).finish_non_exhaustive()
    }
}
