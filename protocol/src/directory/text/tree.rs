//! The part of TOML that a directory's text is written in, as a tree (SPEC §4.1).
//!
//! ```text
//! document = { comment | [table] | [[one of several]] | key = value }      a line each
//! value    = "text" | 'text' | """text""" | '''text''' | whole number | true | false | [ texts, over any lines ]
//! ```
//!
//! Everything that is read here TOML reads alike. What a directory does not need is refused: it would be a second way to write
//! the same thing, and readers of all of it are a fifth of the page's WebAssembly.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};

use self::reader::Reader;

mod reader;

/// Reads a text.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let tree = parse(text).map_err(|(at, what)| {
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        alloc::format!("line {line}: {what}")
    })?;
    T::deserialize(Value::Table(tree)).map_err(|error| error.to_string())
}

type Table = BTreeMap<String, Value>;
/// The place, in bytes, and what is wrong there.
type Wrong = (usize, &'static str);

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(u64),
    Truth(bool),
    List(Vec<Self>),
    Table(Table),
    /// Tables under one name, each begun by a line of its own.
    Tables(Vec<Table>),
}

fn parse(text: &str) -> Result<Table, Wrong> {
    let mut reader = Reader::new(text);
    let (mut tree, mut path) = (Table::new(), Vec::new());
    loop {
        reader.blank();
        match reader.peek() {
            None => return Ok(tree),
            Some('\n' | '#') => {}
            Some('[') => {
                let at = reader.at();
                let several;
                (path, several) = reader.header()?;
                begin(&mut tree, &path, several).ok_or((at, "this is there already"))?;
            }
            Some(_) => {
                let at = reader.at();
                let (key, value) = reader.pair()?;
                let table = inside(&mut tree, &path).ok_or((at, "this belongs to no table"))?;
                if table.insert(key, value).is_some() {
                    return Err((at, "this is there already"));
                }
            }
        }
        reader.end_of_line()?;
    }
}

/// The table that lines after a header belong to.
fn inside<'a>(tree: &'a mut Table, path: &[String]) -> Option<&'a mut Table> {
    path.iter()
        .try_fold(tree, |table, name| match table.get_mut(name)? {
            Value::Table(inner) => Some(inner),
            Value::Tables(all) => all.last_mut(),
            Value::Text(_) | Value::Number(_) | Value::Truth(_) | Value::List(_) => None,
        })
}

/// Begins a table, or one more under its name. `None` where that name is something else.
fn begin(tree: &mut Table, path: &[String], several: bool) -> Option<()> {
    let (name, above) = path.split_last()?;
    let table = above.iter().try_fold(tree, |table, name| {
        let inner = table.entry(name.clone());
        match inner.or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => Some(inner),
            Value::Tables(all) => all.last_mut(),
            Value::Text(_) | Value::Number(_) | Value::Truth(_) | Value::List(_) => None,
        }
    })?;
    match (table.get_mut(name), several) {
        (None, false) => _ = table.insert(name.clone(), Value::Table(Table::new())),
        (None, true) => _ = table.insert(name.clone(), Value::Tables(alloc::vec![Table::new()])),
        (Some(Value::Tables(all)), true) => all.push(Table::new()),
        (Some(_), _) => return None,
    }
    Some(())
}

impl<'de> IntoDeserializer<'de, Error> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            Self::Number(number) => visitor.visit_u64(number),
            Self::Truth(truth) => visitor.visit_bool(truth),
            Self::List(all) => visitor.visit_seq(SeqDeserializer::new(all.into_iter())),
            Self::Table(table) => visitor.visit_map(MapDeserializer::new(table.into_iter())),
            Self::Tables(all) => {
                let all = all.into_iter().map(Self::Table);
                visitor.visit_seq(SeqDeserializer::new(all))
            }
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::Text(text) => text
                .into_deserializer()
                .deserialize_enum(name, variants, visitor),
            Self::Number(_) | Self::Truth(_) | Self::List(_) | Self::Table(_) | Self::Tables(_) => {
                Err(de::Error::custom("this is one of several words, in quotes"))
            }
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::directory::sample::scheme;

    /// What TOML makes of the same text.
    fn toml(text: &str) -> Option<Table> {
        fn value(read: toml::Value) -> Option<Value> {
            Some(match read {
                toml::Value::String(text) => Value::Text(text),
                toml::Value::Integer(number) => Value::Number(number.try_into().ok()?),
                toml::Value::Boolean(truth) => Value::Truth(truth),
                toml::Value::Array(all) => {
                    Value::List(all.into_iter().map(value).collect::<Option<_>>()?)
                }
                toml::Value::Table(all) => Value::Table(table(all)?),
                toml::Value::Float(_) | toml::Value::Datetime(_) => return None,
            })
        }
        fn table(all: toml::Table) -> Option<Table> {
            let pair = |(key, one)| Some((key, value(one)?));
            all.into_iter().map(pair).collect()
        }
        table(toml::from_str(text).ok()?)
    }

    /// Lists of tables as TOML has them: lists.
    fn flat(table: Table) -> Table {
        let one = |value| match value {
            Value::Tables(all) => {
                Value::List(all.into_iter().map(|one| Value::Table(flat(one))).collect())
            }
            Value::Table(table) => Value::Table(flat(table)),
            other @ (Value::Text(_) | Value::Number(_) | Value::Truth(_) | Value::List(_)) => other,
        };
        table
            .into_iter()
            .map(|(key, value)| (key, one(value)))
            .collect()
    }

    fn written() -> String {
        let mut directory = scheme().directory();
        directory.name = "Ros's \"Leeds\" \\ \u{1F302}\t".to_string();
        directory.inbox.address = "two\nlines".to_string();
        directory.to_text().unwrap()
    }

    #[test]
    fn what_is_written_is_read_as_toml_reads_it() {
        let text = written();
        let tree = parse(&text).unwrap();
        assert_eq!(Some(flat(tree.clone())), toml(&text));
        assert!(matches!(tree["officers"], Value::Tables(_)));
        for text in [
            "\"\"\"\n\nx\"\"\"",
            "'''a\n'b''c''''",
            "\"\"\"\"\"\\\"\"\"\"\"\"",
            "\"\"",
            "''''''",
        ] {
            let text = alloc::format!("a = {text}\nb = 1");
            assert_eq!(Some(parse(&text).unwrap()), toml(&text), "{text}");
        }
        let by_hand = "# a comment\n\n a = [ 'x', # one\n\t\"\\u00e9\\n\" ,\n]  # end\n[ b . c ]\n[[d]]\ne = true\n[d.f]\n[[d]]\ng = 0";
        assert_eq!(Some(flat(parse(by_hand).unwrap())), toml(by_hand));
    }

    #[test]
    fn spec_4_1_what_a_directory_does_not_need_of_toml_is_refused_with_its_line() {
        for (text, line) in [
            ("a = 1\na = 2", 2),
            ("[a]\n[a]", 2),
            ("[a.b]\n[a]", 2),
            ("[a]\n[[a]]", 2),
            ("a = ['x']\n[[a]]", 2),
            ("a = ['x']\n[a.b]", 2),
            ("a.b = 1", 1),
            ("'a' = 1", 1),
            ("a = {}", 1),
            ("a = 1.5", 1),
            ("a = 01", 1),
            ("a = 1_000", 1),
            ("a = -1", 1),
            ("a = 0x1", 1),
            ("a = 9223372036854775808", 1),
            ("a = 2026-11-26", 1),
            ("a = [1]", 1),
            ("a = [['x']]", 1),
            ("a = ['x' 'y']", 1),
            ("a = \"\"\"x\\\n\"\"\"", 1),
            ("a = '''x''''''", 1),
            ("a = '''x", 1),
            ("a = \"x\ny\"", 1),
            ("a = \"\\x41\"", 1),
            ("a = \"\\ud800\"", 1),
            ("a = \"\u{7f}\"", 1),
            ("a = 'x' b = 'y'", 1),
            ("\n\na", 3),
            ("a =", 1),
            ("[a", 1),
            ("[[a]", 1),
            ("[]", 1),
            ("a = true\r\n", 1),
            ("# \u{0}", 1),
        ] {
            let (at, what) = parse(text).unwrap_err();
            let found = text[..at].matches('\n').count() + 1;
            assert_eq!(found, line, "{text:?}: {what}");
        }
    }

    #[test]
    fn a_value_of_another_kind_and_a_key_that_nothing_reads_are_named() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct One {
            #[allow(dead_code, reason = "it is only read into")]
            a: u32,
        }
        let said = |text| read::<One>(text).unwrap_err();
        assert!(
            said("a = 'x'").contains("expected u32"),
            "{}",
            said("a = 'x'")
        );
        assert!(said("b = 1").contains("unknown field `b`"));
        assert!(said("").contains("missing field `a`"));
        assert!(said("a = 5000000000").contains("expected u32"));
        assert!(said("\n?").starts_with("line 2: "));
        assert_eq!(read::<One>("a = 7").unwrap().a, 7);
    }

    proptest! {
        #[test]
        fn whatever_is_read_toml_reads_alike(
            at in any::<prop::sample::Index>(),
            cut in 0usize..12,
            put in "[\"'\\[\\]=,.#\\\\ \t\nau0-9_-]{0,6}",
        ) {
            let mut text = written();
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let from = places[at.index(places.len())];
            let to = text[from..].char_indices().nth(cut).map_or(text.len(), |(n, _)| from + n);
            text.replace_range(from..to, &put);
            if let Ok(tree) = parse(&text) {
                prop_assert_eq!(Some(flat(tree)), toml(&text));
            }
        }
    }
}
