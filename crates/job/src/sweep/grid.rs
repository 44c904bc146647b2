//! The points of a sweep: every combination of the values of some keys.

use recipe::Recipe;
use report::summary::SweepAxis;

use crate::{JobError, Request};

/// More points than these are a mistake, or a job for something that does not try all.
const MOST: usize = 10_000;

/// What is tried where nothing else was asked for.
const USUAL: [&str; 2] = ["distill.temperature=1,2,4,8", "distill.alpha=0.5,0.9,1"];

/// Keys that decide which samples and which seeds are chosen and judged by: between points that differ in them there is nothing to
/// choose.
const JUDGING: [&str; 16] = [
    "data.source",
    "data.task",
    "data.label",
    "data.labels",
    "data.targets",
    "data.classes",
    "data.group",
    "data.test",
    "data.test_source",
    "data.test_labels",
    "data.validation",
    "data.rows",
    "data.split_seed",
    "data.skip_bad",
    "distill.seed",
    "distill.seeds",
];

/// Temperatures and alphas, as far as the method of the recipe has them.
///
/// # Errors
/// What is wrong with the recipe; [`JobError::Grid`] for a method that has neither.
pub fn usual_axes(request: &Request) -> Result<Vec<SweepAxis>, JobError> {
    request.recipe()?;
    let axes = USUAL.into_iter().map(parse_axis).collect::<Result<Vec<_>, _>>()?;
    let fits = |axis: &SweepAxis| {
        let assignments =
            [request.assignments.clone(), assignments(std::slice::from_ref(axis), &[0])];
        Recipe::read(&request.origin, &request.text, &assignments.concat()).is_ok()
    };
    let fitting: Vec<SweepAxis> = axes.into_iter().filter(fits).collect();
    if fitting.is_empty() {
        let expected = "a method with a temperature or an alpha, or keys to try by `--grid`";
        return Err(JobError::Grid { argument: USUAL.join(" "), expected });
    }
    Ok(fitting)
}

/// Refuses keys that change what points are chosen by.
///
/// # Errors
/// [`JobError::Grid`] with the key.
pub(crate) fn check_keys(axes: &[SweepAxis]) -> Result<(), JobError> {
    let judging = |key: &str| JUDGING.contains(&key) || key.starts_with("run.");
    match axes.iter().find(|axis| judging(&axis.key)) {
        None => Ok(()),
        Some(axis) => Err(JobError::Grid {
            argument: axis.key.clone(),
            expected: "a key that leaves the samples and seeds to choose and judge by as they are",
        }),
    }
}

/// Reads `section.key=VALUE,VALUE,...`. Commas within brackets or quotes belong to the value.
///
/// # Errors
/// [`JobError::Grid`] for another form, or fewer than two different values.
pub fn parse_axis(argument: &str) -> Result<SweepAxis, JobError> {
    let wrong = |expected| JobError::Grid { argument: argument.to_owned(), expected };
    let (key, values) =
        argument.split_once('=').ok_or_else(|| wrong("`section.key=VALUE,VALUE,...`"))?;
    let values = split(values);
    let key = key.trim();
    if !key.contains('.') || values.iter().any(String::is_empty) {
        return Err(wrong("`section.key=VALUE,VALUE,...`"));
    }
    let repeated = |(place, value)| values.iter().take(place).any(|other: &String| other == value);
    if values.iter().enumerate().any(repeated) {
        return Err(wrong("values that differ"));
    }
    Ok(SweepAxis { key: key.to_owned(), values })
}

fn split(values: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth, mut quoted) = (Vec::new(), String::new(), 0_i32, false);
    for character in values.chars() {
        match character {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(std::mem::take(&mut part).trim().to_owned());
                continue;
            }
            _ => {}
        }
        part.push(character);
    }
    parts.push(part.trim().to_owned());
    parts
}

/// For each point the places of its values, the last key running fastest.
///
/// # Errors
/// [`JobError::Grid`] for a key that is given twice, or too many points.
pub(crate) fn places(axes: &[SweepAxis]) -> Result<Vec<Vec<usize>>, JobError> {
    let mut points = vec![Vec::new()];
    for (number, axis) in axes.iter().enumerate() {
        let wrong = |expected| JobError::Grid { argument: axis.key.clone(), expected };
        if axes.iter().take(number).any(|other| other.key == axis.key) {
            return Err(wrong("each key once"));
        }
        if points.len().saturating_mul(axis.values.len()) > MOST {
            return Err(wrong("at most 10,000 combinations"));
        }
        let longer = points.iter().flat_map(|point| {
            (0..axis.values.len()).map(move |place| [point.as_slice(), &[place]].concat())
        });
        points = longer.collect();
    }
    Ok(points)
}

/// A point as assignments of `--set`.
pub(crate) fn assignments(axes: &[SweepAxis], places: &[usize]) -> Vec<String> {
    let values = axes.iter().zip(places).filter_map(|(axis, place)| {
        let value = axis.values.get(*place)?;
        Some(format!("{}={value}", axis.key))
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_divided_at_commas_outside_of_brackets_and_quotes() {
        let axis = parse_axis("student.hidden=[8, 8], [16],\"a,b\"").unwrap();
        assert_eq!(axis.key, "student.hidden");
        assert_eq!(axis.values, ["[8, 8]", "[16]", "\"a,b\""]);
        for wrong in ["alpha=1,2", "a.b", "a.b=", "a.b=1,,2", "a.b=1,2,1"] {
            assert!(parse_axis(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn points_are_all_combinations_the_last_key_first() {
        let axes = [parse_axis("a.b=1,2").unwrap(), parse_axis("c.d=x,y,z").unwrap()];
        let points = places(&axes).unwrap();
        assert_eq!(points.len(), 6);
        assert_eq!(assignments(&axes, &points[1]), ["a.b=1", "c.d=y"]);
        assert_eq!(assignments(&axes, &points[5]), ["a.b=2", "c.d=z"]);
        assert!(places(&[axes[0].clone(), axes[0].clone()]).is_err());
    }

    #[test]
    fn keys_that_change_what_is_chosen_by_are_refused() {
        for key in ["data.split_seed=1,2", "run.threads=1,2", "distill.seeds=2,3"] {
            assert!(check_keys(&[parse_axis(key).unwrap()]).is_err(), "{key}");
        }
        for key in ["data.shift=1,2", "data.labelled=0.1,0.2", "teacher.epochs=2,3"] {
            assert!(check_keys(&[parse_axis(key).unwrap()]).is_ok(), "{key}");
        }
    }
}
