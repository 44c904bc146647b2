//! Networks as tables.

use job::Card;
use nn::{Layer, Totals, totals};

use super::number;
use super::table::{Side, columns};

const HEADER: [&str; 4] = ["layer", "output", "params", "mult-adds"];
const SIDES: [Side; 4] = [Side::Left, Side::Right, Side::Right, Side::Right];

/// The networks of a job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Networks<'a> {
    pub(crate) teacher: &'a Card,
    /// Those between teacher and student.
    pub(crate) assistants: &'a [Card],
    pub(crate) student: &'a Card,
}

/// Teacher and student side by side, and a line for each network between them.
pub(crate) fn table(networks: Networks<'_>) -> String {
    let between = (1..).zip(networks.assistants).map(|(number, card): (u32, &Card)| {
        let Totals { parameters, multiply_adds, .. } = totals(&card.layers);
        let (parameters, products) = (number::count(parameters), number::count(multiply_adds));
        let name = &card.name;
        format!("assistant {number}: {name}, {parameters} params, {products} mult-adds\n")
    });
    let between: String = between.collect();
    format!("{}{between}", side_by_side(networks.teacher, networks.student))
}

/// Teacher and student side by side, with totals and how many times larger the teacher is.
fn side_by_side(teacher: &Card, student: &Card) -> String {
    let (large, small) = (totals(&teacher.layers), totals(&student.layers));
    if teacher.layers.is_empty() {
        let lines = half("student", student, small, stages(&student.layers).len());
        return format!("teacher: {}\n{}\n", teacher.name, lines.join("\n"));
    }
    let height = stages(&teacher.layers).len().max(stages(&student.layers).len());
    let left = half("teacher", teacher, large, height);
    let right = half("student", student, small, height);
    let width = left.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (left, right) in left.iter().zip(&right) {
        text.push_str(format!("{left:<width$}    {right}").trim_end());
        text.push('\n');
    }
    // Those of a network of another framework are not known.
    let products = match large.multiply_adds {
        0 => String::new(),
        large => format!(" and {} the multiply-adds", number::times(small.multiply_adds, large)),
    };
    let parameters = number::times(small.parameters, large.parameters);
    text.push_str(&format!("the teacher has {parameters} the parameters{products}\n"));
    text
}

/// One network with the kind of each layer.
pub(crate) fn single(layers: &[Layer]) -> String {
    let header = ["layer", "kind", "output", "params", "mult-adds"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(layers.iter().map(|layer| {
        let mut row = numbers(layer);
        row.insert(1, layer.kind.clone());
        row
    }));
    let mut sum = total(totals(layers));
    sum.insert(1, String::new());
    rows.push(sum);
    columns(&rows, &[Side::Left, Side::Left, Side::Right, Side::Right, Side::Right])
}

/// The lines of one side: a title, the table, filled up to `height`, and the sum.
fn half(role: &str, card: &Card, sum: Totals, height: usize) -> Vec<String> {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    rows.extend(stages(&card.layers).iter().map(numbers));
    rows.resize(height + 1, vec![String::new(); HEADER.len()]);
    rows.push(total(sum));
    let title = format!("{role}: {}", card.name);
    std::iter::once(title).chain(columns(&rows, &SIDES).lines().map(str::to_owned)).collect()
}

/// Layers of the same name, such as a convolution with its normalisation, as one.
fn stages(layers: &[Layer]) -> Vec<Layer> {
    let mut stages: Vec<Layer> = Vec::new();
    for layer in layers {
        match stages.last_mut() {
            Some(stage) if stage.name == layer.name => {
                stage.output.clone_from(&layer.output);
                stage.parameters += layer.parameters;
                stage.multiply_adds += layer.multiply_adds;
            }
            _ => stages.push(layer.clone()),
        }
    }
    stages
}

fn numbers(layer: &Layer) -> Vec<String> {
    let Layer { name, output, parameters, multiply_adds, .. } = layer;
    vec![name.clone(), output.clone(), number::count(*parameters), number::count(*multiply_adds)]
}

fn total(sum: Totals) -> Vec<String> {
    let (parameters, products) = (number::count(sum.parameters), number::count(sum.multiply_adds));
    vec!["total".to_owned(), String::new(), parameters, products]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, names: &[&str]) -> Card {
        let layer = |name: &&str| Layer {
            name: (*name).to_owned(),
            kind: "dense".to_owned(),
            output: "10".to_owned(),
            parameters: 110,
            multiply_adds: 100,
        };
        Card { name: name.to_owned(), layers: names.iter().map(layer).collect() }
    }

    #[test]
    fn networks_of_different_depth_share_their_last_line() {
        let text = side_by_side(&card("big", &["a", "b", "c"]), &card("small", &["a", "a"]));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 7);
        assert!(lines[5].matches("total").count() == 2, "{text}");
        assert!(lines[6].contains("1.5x the parameters"), "{text}");
        // Equal names are one row with the sum.
        assert!(lines[2].ends_with("220        200"), "{text}");
    }
}
