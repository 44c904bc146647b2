//! Tables inside of a section.

use super::{Entry, Key, KnownKey, Section};
use crate::value::Table;
use crate::{Document, OptionError, Place, Value};

impl Section<'_> {
    /// A list of tables that must be given, each read as a section of its own; `example` is shown when
    /// it is missing.
    pub fn tables<T>(
        &mut self,
        key: Key,
        example: &str,
        mut read: impl FnMut(&mut Section<'_>) -> Result<T, OptionError>,
    ) -> Result<Vec<T>, OptionError> {
        let as_tables = |value: &Value| match value {
            Value::List(items) => items.iter().map(Value::as_table).collect(),
            _ => None,
        };
        let tables: Option<Vec<Table>> = self.take(key, None, "a list of tables", as_tables)?;
        let tables = tables.ok_or_else(|| self.missing(key, example))?;
        let mut items = Vec::with_capacity(tables.len());
        let mut resolved = Vec::with_capacity(tables.len());
        for (number, table) in tables.into_iter().enumerate() {
            let mut document = Document::empty();
            let name = format!("{}.{}.{number}", self.name, key.0);
            let (place, entries) = (table.place.clone(), table.entries.into_iter().collect());
            let mut section = Section::new(&mut document, &name, "", Some(table.place), entries);
            items.push(read(&mut section)?);
            section.finish()?;
            let keys = document.resolved.into_iter().flat_map(|section| section.keys);
            resolved.push(Value::Table(resolved_table(place, keys)));
        }
        if let Some(known) = self.known.last_mut() {
            known.value = Some(Value::List(resolved));
        }
        Ok(items)
    }
}

/// A table with every default, for the resolved copy.
fn resolved_table(place: Place, keys: impl Iterator<Item = KnownKey>) -> Table {
    let entry = |key: KnownKey| {
        let value = key.value?;
        let (key_place, value_place) = (place.clone(), place.clone());
        Some((key.name.to_owned(), Entry { value, key_place, value_place }))
    };
    let entries = keys.filter_map(entry).collect();
    Table { place, entries }
}
