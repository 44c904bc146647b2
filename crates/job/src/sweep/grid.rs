//! The points of a sweep: every combination of the values of some keys.

use report::summary::SweepAxis;

use crate::JobError;

/// More points than these are a mistake, or a job for something that does not try all.
const MOST: usize = 10_000;

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
}
