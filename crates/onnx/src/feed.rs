//! What goes into which input of a model.

use crate::inputs::Filling;
use crate::{OnnxError, Port};

/// What goes into the inputs of a model.
///
/// An input of which a constant has the name is filled with that. If one other input is left, whole samples go into it. If several
/// are left, the one that is named takes whole samples, and without a name each takes the column of its own name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feed {
    /// The name of the input that takes whole samples; none for the only one, or where each takes a column.
    pub input: Option<String>,
    /// A name for each number of a sample; empty where they have none.
    pub columns: Vec<String>,
    /// Names of inputs, each with the number that it is filled with for every sample.
    pub constants: Vec<(String, f64)>,
}

impl Feed {
    /// What goes into each of the `ports`, in their order.
    pub(crate) fn fillings(&self, ports: &[Port]) -> Result<Vec<Filling>, OnnxError> {
        let unknown = self.constants.iter().find(|(name, _)| !has(ports, name));
        if let Some((name, _)) = unknown {
            return Err(unfit(&format!("the constant `{name}`"), "the name of an input", ports));
        }
        let open: Vec<&Port> =
            ports.iter().filter(|port| self.constant(&port.name).is_none()).collect();
        let whole = self.whole(ports, &open)?;
        if whole.is_none() {
            self.check_columns(&open)?;
        }
        let filling = |port: &Port| match (self.constant(&port.name), whole) {
            (Some(number), _) => Ok(Filling::Constant(number)),
            (None, Some(whole)) if whole.name == port.name => Ok(Filling::Sample),
            (None, Some(whole)) => Err(OnnxError::NotFed {
                inputs: format!("the input {port}"),
                expected: format!("a constant, as whole samples go into `{}`", whole.name),
                found: "none".to_owned(),
            }),
            (None, None) => self.column(port),
        };
        ports.iter().map(filling).collect()
    }

    fn constant(&self, name: &str) -> Option<f64> {
        self.constants.iter().find(|(given, _)| given == name).map(|(_, number)| *number)
    }

    /// The input that takes whole samples, of those that no constant fills; none where each takes a column.
    fn whole<'a>(&self, ports: &[Port], open: &[&'a Port]) -> Result<Option<&'a Port>, OnnxError> {
        let what = "the input of the model";
        match (&self.input, open) {
            (_, []) => Err(unfit(what, "one that no constant fills", ports)),
            (Some(name), open) => {
                let found = open.iter().find(|port| port.name == *name);
                let expected = match has(ports, name) {
                    true => format!("`{name}` without a constant"),
                    false => format!("`{name}`"),
                };
                found.map(|port| Some(*port)).ok_or_else(|| unfit(what, &expected, ports))
            }
            // A list of numbers, one a sample, is a column.
            (None, [only]) if only.shape.len() == 1 && self.columns == [only.name.clone()] => {
                Ok(None)
            }
            (None, [only]) => Ok(Some(*only)),
            (None, _) => Ok(None),
        }
    }

    fn column(&self, port: &Port) -> Result<Filling, OnnxError> {
        let place = self.columns.iter().position(|name| *name == port.name);
        let place = place.ok_or_else(|| self.not_fed(&[port], &[port]))?;
        match port.shape[..] {
            [] | [_] | [_, None | Some(1)] => Ok(Filling::Column(place)),
            _ => {
                let (what, expected) =
                    (format!("the input of the column `{}`", port.name), "sizes [?] or [?, 1]");
                Err(unfit(&what, expected, std::slice::from_ref(port)))
            }
        }
    }

    /// Whether each input has a column, and each column an input.
    fn check_columns(&self, open: &[&Port]) -> Result<(), OnnxError> {
        let lacks = |port: &&Port| !self.columns.contains(&port.name);
        let lacking: Vec<&Port> = open.iter().copied().filter(lacks).collect();
        if !lacking.is_empty() {
            return Err(self.not_fed(&lacking, open));
        }
        let taken = |name: &&String| open.iter().any(|port| port.name == **name);
        match self.columns.iter().find(|name| !taken(name)) {
            None => Ok(()),
            Some(column) => {
                let names: Vec<String> = open.iter().map(|port| port.name.clone()).collect();
                Err(OnnxError::NotTaken { column: column.clone(), found: listed(&names) })
            }
        }
    }

    /// The error about inputs, of those without a constant, for which there is no column.
    fn not_fed(&self, lacking: &[&Port], open: &[&Port]) -> OnnxError {
        let names: Vec<String> = lacking.iter().map(ToString::to_string).collect();
        let noun = words::noun(names.len(), "input");
        let expected = match lacking.len() == open.len() && open.len() > 1 {
            true => "a constant for all but one, or columns of their names",
            false => "a column of its name, or a constant",
        };
        let found = match &self.columns[..] {
            [] => "samples whose numbers have no names".to_owned(),
            columns => format!("the columns {}", listed(columns)),
        };
        let inputs = format!("the {noun} {}", names.join(", "));
        OnnxError::NotFed { inputs, expected: expected.to_owned(), found }
    }
}

fn has(ports: &[Port], name: &str) -> bool {
    ports.iter().any(|port| port.name == name)
}

/// The first names.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// The error about inputs or outputs.
pub(crate) fn unfit(what: &str, expected: &str, ports: &[Port]) -> OnnxError {
    let found: Vec<String> = ports.iter().map(ToString::to_string).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    OnnxError::Port { what: what.to_owned(), expected: expected.to_owned(), found }
}
