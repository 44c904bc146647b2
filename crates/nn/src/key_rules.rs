//! Names of weights as another program gave them, and what they are called here.

use std::collections::BTreeMap;
use std::fmt;

use crate::NnError;

/// Rules that rename weights, each applied to what the one before it left.
///
/// A rule is `theirs -> ours`. A `*` stands for any text, as short as it can be, the last one for what is left; it is
/// put where the `*` of the same number stands in `ours`. A rule is about whole names, and one with nothing behind the
/// arrow leaves the weights out.
///
/// ```
/// use potstill_nn::KeyRules;
///
/// let rules = ["layer*.*.conv*.* -> stage*.*.convolution*.*", "fc.* -> output.*", "auxiliary.* ->"];
/// let rules = KeyRules::parse(&rules)?;
/// assert_eq!(rules.renamed("layer2.0.conv1.weight").as_deref(), Some("stage2.0.convolution1.weight"));
/// assert_eq!(rules.renamed("fc.bias").as_deref(), Some("output.bias"));
/// assert_eq!(rules.renamed("auxiliary.0.weight"), None);
/// assert_eq!(rules.renamed("stem.weight").as_deref(), Some("stem.weight"));
/// # Ok::<(), potstill_nn::NnError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRules(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    theirs: String,
    ours: String,
}

const ARROW: &str = "->";
const ANY: char = '*';

impl KeyRules {
    /// Reads rules.
    ///
    /// # Errors
    /// [`NnError::KeyRule`] for a text without an arrow or a name, and where the `*` on both sides are not as many.
    pub fn parse<S: AsRef<str>>(rules: &[S]) -> Result<Self, NnError> {
        rules.iter().map(|rule| Rule::parse(rule.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// What a weight is called here; none where it is left out.
    pub fn renamed(&self, name: &str) -> Option<String> {
        self.follow(name, |_| ())
    }

    /// Their name of each weight that is not left out, by ours.
    ///
    /// # Errors
    /// [`NnError::IdleKeyRule`] for a rule that fits no name, [`NnError::KeyTwice`] for two names that become one.
    pub fn all_renamed<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, &'a str>, NnError> {
        let mut found = BTreeMap::new();
        let mut idle: Vec<Option<&Rule>> = self.0.iter().map(Some).collect();
        for theirs in names {
            let work =
                |number: usize| idle.iter_mut().skip(number).take(1).for_each(|rule| *rule = None);
            let Some(ours) = self.follow(theirs, work) else { continue };
            if let Some(first) = found.insert(ours.clone(), theirs) {
                let (first, second) = (first.to_owned(), theirs.to_owned());
                return Err(NnError::KeyTwice { name: ours, first, second });
            }
        }
        match idle.into_iter().flatten().next() {
            Some(rule) => Err(NnError::IdleKeyRule { rule: rule.to_string() }),
            None => Ok(found),
        }
    }

    /// Applies all rules in order; `works` is told the number of each that is about the name.
    fn follow(&self, name: &str, mut works: impl FnMut(usize)) -> Option<String> {
        let mut name = name.to_owned();
        for (number, rule) in self.0.iter().enumerate() {
            if let Some(ours) = rule.apply(&name) {
                works(number);
                name = ours?;
            }
        }
        Some(name)
    }
}

/// As they are written.
impl fmt::Display for KeyRules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&rules.join("; "))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {ARROW} {}", self.theirs, self.ours)
    }
}

impl Rule {
    fn parse(text: &str) -> Result<Self, NnError> {
        let wrong = |expected: &'static str| NnError::KeyRule { rule: text.to_owned(), expected };
        let (theirs, ours) = text.split_once(ARROW).ok_or_else(|| wrong("`theirs -> ours`"))?;
        let (theirs, ours) = (theirs.trim(), ours.trim());
        if theirs.is_empty() {
            return Err(wrong("a name in front of the arrow"));
        }
        let stars = |name: &str| name.matches(ANY).count();
        if !ours.is_empty() && stars(theirs) != stars(ours) {
            return Err(wrong("as many `*` behind the arrow as in front of it"));
        }
        Ok(Self { theirs: theirs.to_owned(), ours: ours.to_owned() })
    }

    /// None where the rule is not about the name, and none inside where it leaves it out.
    fn apply(&self, name: &str) -> Option<Option<String>> {
        let found = matched(&self.theirs, name)?;
        if self.ours.is_empty() {
            return Some(None);
        }
        let mut parts = self.ours.split(ANY);
        let mut ours = parts.next().unwrap_or_default().to_owned();
        for (found, part) in found.iter().zip(parts) {
            ours.push_str(found);
            ours.push_str(part);
        }
        Some(Some(ours))
    }
}

/// What each `*` of a pattern stands for in a name; none where it does not fit.
fn matched<'a>(pattern: &str, name: &'a str) -> Option<Vec<&'a str>> {
    let Some((first, rest)) = pattern.split_once(ANY) else {
        return (pattern == name).then(Vec::new);
    };
    let (between, last) =
        rest.rsplit_once(ANY).map_or((None, rest), |(all, last)| (Some(all), last));
    let mut left = name.strip_prefix(first)?.strip_suffix(last)?;
    let mut found = Vec::new();
    for part in between.into_iter().flat_map(|all| all.split(ANY)) {
        let (before, behind) = left.split_once(part)?;
        found.push(before);
        left = behind;
    }
    found.push(left);
    Some(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn renamed(rules: &[&str], name: &str) -> Option<String> {
        KeyRules::parse(rules).unwrap().renamed(name)
    }

    #[test]
    fn a_rule_is_about_whole_names_and_each_follows_the_one_before() {
        assert_eq!(renamed(&["conv1.* -> stem.*"], "conv1.weight").unwrap(), "stem.weight");
        let inner = "layer1.0.conv1.weight";
        assert_eq!(renamed(&["conv1.* -> stem.*"], inner).unwrap(), inner);
        let chain = ["module.* -> *", "head.* -> output.*"];
        assert_eq!(renamed(&chain, "module.head.bias").unwrap(), "output.bias");
        assert_eq!(renamed(&["a.b -> c"], "a.b").unwrap(), "c");
        assert_eq!(renamed(&["a.b -> c"], "a.b.c").unwrap(), "a.b.c");
        // The same text cannot be both the beginning and the end.
        assert_eq!(renamed(&["aba*ba -> *"], "aba").unwrap(), "aba");
        assert_eq!(renamed(&["*.x.* -> *-*"], "1.x.2.x.3").unwrap(), "1-2.x.3");
        assert_eq!(renamed(&["auxiliary.* ->"], "auxiliary.bias"), None);
    }

    #[test]
    fn rules_that_are_none_or_do_nothing_and_names_that_fall_together_are_errors() {
        for text in ["layer1 = stage1", "-> x", "a.* -> b", "a -> b.*"] {
            assert!(matches!(KeyRules::parse(&[text]), Err(NnError::KeyRule { .. })), "{text}");
        }
        let rules = KeyRules::parse(&["a.* -> b.*"]).unwrap();
        assert!(matches!(rules.all_renamed(["c.x"]), Err(NnError::IdleKeyRule { .. })));
        let twice = rules.all_renamed(["b.x", "a.x"]).unwrap_err().to_string();
        assert_eq!(twice, "`b.x` and `a.x` would both be called `b.x`");
    }
}
