//! The page's words: Fluent files in, one JSON for all languages out.
//!
//! ```text
//! {"ids": ["id", …], "languages": {"en": {"unreviewed": false, "messages": [PATTERN, …]}, …}}      in the order of the ids
//! PATTERN = "text" | [PART, …]      PART = "text" | {"v": "name"} | {"s": "name", "c": {"one": PATTERN, …}, "d": "other"}
//! ```
//!
//! The page fetches all of it whatever its language: one file for each would tell the relay which language she reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use fluent_syntax::ast::{
    Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey,
};
use serde_json::{Map, Value, json};

/// Why there are no words. Each names the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextError {
    /// A file cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(String, String),
    /// The language that all others are translated from is not there.
    #[error("there is no {SOURCE}.ftl: the other languages are measured by it")]
    NoSource,
    /// Not Fluent.
    #[error("{file}, line {line}: {what}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// More of Fluent than the page can show.
    #[error("{file}, {message}: {what}")]
    Message {
        /// The file.
        file: String,
        /// The message.
        message: String,
        /// What is wrong.
        what: String,
    },
}

/// Compiles all files of a folder.
pub(crate) fn compile(folder: &Path) -> Result<String, TextError> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        TextError::Unreadable(path.display().to_string(), error.to_string())
    };
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let name = path.file_stem().and_then(|name| name.to_str());
        if let Some(language) = name.filter(|_| path.extension().is_some_and(|ext| ext == "ftl")) {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
            files.insert(language.to_owned(), text);
        }
    }
    compiled(&files)
}

fn compiled(files: &BTreeMap<String, String>) -> Result<String, TextError> {
    let mut languages = BTreeMap::new();
    for (language, text) in files {
        languages.insert(language, Language::read(&format!("{language}.ftl"), text)?);
    }
    let source = languages.get(&SOURCE.to_owned());
    let source = source.ok_or(TextError::NoSource)?;
    for (language, translated) in &languages {
        translated.has_all_of(source, &format!("{language}.ftl"))?;
    }
    let all = languages.iter().map(|(language, translated)| {
        // Every language has the same ids, and here they are in one order.
        let messages = translated.messages.values();
        let value = json!({
            "unreviewed": translated.unreviewed,
            "messages": messages.map(|message| &message.pattern).collect::<Vec<_>>(),
        });
        ((*language).clone(), value)
    });
    let ids: Vec<&String> = source.messages.keys().collect();
    Ok(json!({"ids": ids, "languages": all.collect::<Map<_, _>>()}).to_string())
}

struct Language {
    unreviewed: bool,
    messages: BTreeMap<String, Message>,
}

struct Message {
    pattern: Value,
    variables: BTreeSet<String>,
}

impl Language {
    fn read(file: &str, text: &str) -> Result<Self, TextError> {
        let syntax = |at: usize, what: String| TextError::Syntax {
            file: file.to_owned(),
            line: text.get(..at).unwrap_or_default().matches('\n').count() + 1,
            what,
        };
        let resource = fluent_syntax::parser::parse(text).map_err(|(_, errors)| {
            let first = errors.into_iter().next();
            first.map_or_else(
                || syntax(0, "this is not Fluent".to_owned()),
                |error| syntax(error.pos.start, error.kind.to_string()),
            )
        })?;
        let mut language = Self {
            unreviewed: false,
            messages: BTreeMap::new(),
        };
        for entry in resource.body {
            match entry {
                Entry::Message(message) => {
                    let id = message.id.name.to_owned();
                    let wrong = |what: &str| TextError::Message {
                        file: file.to_owned(),
                        message: id.clone(),
                        what: what.to_owned(),
                    };
                    if !message.attributes.is_empty() {
                        return Err(wrong("the page shows no attributes"));
                    }
                    let value = message.value.as_ref();
                    let value = value.ok_or_else(|| wrong("it has no text"))?;
                    let read = Message::read(value, &wrong)?;
                    if language.messages.insert(id.clone(), read).is_some() {
                        return Err(wrong("it is there twice"));
                    }
                }
                Entry::Term(term) => {
                    return Err(TextError::Message {
                        file: file.to_owned(),
                        message: format!("-{}", term.id.name),
                        what: "the page has no terms: write the words out".to_owned(),
                    });
                }
                Entry::ResourceComment(comment) => {
                    let marked = |line: &&str| line.trim() == "unreviewed";
                    language.unreviewed |= comment.content.iter().any(marked);
                }
                Entry::Comment(_) | Entry::GroupComment(_) => {}
                Entry::Junk { content } => {
                    let what = format!("this is not Fluent: {}", content.trim());
                    return Err(syntax(0, what));
                }
            }
        }
        Ok(language)
    }

    fn has_all_of(&self, source: &Self, file: &str) -> Result<(), TextError> {
        let wrong = |message: &str, what: String| TextError::Message {
            file: file.to_owned(),
            message: message.to_owned(),
            what,
        };
        for (id, wanted) in &source.messages {
            let Some(message) = self.messages.get(id) else {
                return Err(wrong(id, "this message is not translated".to_owned()));
            };
            if let Some(name) = wanted.variables.difference(&message.variables).next() {
                return Err(wrong(id, format!("${name} is left out")));
            }
            if let Some(name) = message.variables.difference(&wanted.variables).next() {
                return Err(wrong(id, format!("{SOURCE}.ftl has no ${name} here")));
            }
        }
        let more = self
            .messages
            .keys()
            .find(|id| !source.messages.contains_key(*id));
        match more {
            Some(id) => Err(wrong(id, format!("{SOURCE}.ftl has no such message"))),
            None => Ok(()),
        }
    }
}

impl Message {
    fn read(
        pattern: &Pattern<&str>,
        wrong: &impl Fn(&str) -> TextError,
    ) -> Result<Self, TextError> {
        let mut variables = BTreeSet::new();
        let pattern = read(pattern, &mut variables, false, wrong)?;
        Ok(Self { pattern, variables })
    }
}

fn read(
    pattern: &Pattern<&str>,
    variables: &mut BTreeSet<String>,
    inside: bool,
    wrong: &impl Fn(&str) -> TextError,
) -> Result<Value, TextError> {
    let mut parts: Vec<Value> = Vec::new();
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => match parts.last_mut() {
                // The parser gives each line of a text by itself.
                Some(Value::String(text)) => text.push_str(value),
                _ => parts.push(json!(value)),
            },
            PatternElement::Placeable { expression } => {
                parts.push(placeable(expression, variables, inside, wrong)?);
            }
        }
    }
    Ok(match parts.as_slice() {
        [Value::String(_)] => parts.remove(0),
        _ => Value::Array(parts),
    })
}

fn placeable(
    expression: &Expression<&str>,
    variables: &mut BTreeSet<String>,
    inside: bool,
    wrong: &impl Fn(&str) -> TextError,
) -> Result<Value, TextError> {
    let mut variable = |expression: &InlineExpression<&str>| match expression {
        InlineExpression::VariableReference { id } => {
            variables.insert(id.name.to_owned());
            Ok(id.name.to_owned())
        }
        InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. }
        | InlineExpression::FunctionReference { .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::TermReference { .. }
        | InlineExpression::Placeable { .. } => Err(wrong(
            "the page shows { $variables } alone: no function, reference or quotation",
        )),
    };
    let (selector, variants) = match expression {
        Expression::Inline(expression) => return Ok(json!({"v": variable(expression)?})),
        Expression::Select { selector, variants } => (variable(selector)?, variants),
    };
    if inside {
        return Err(wrong("a choice inside a choice: write a message for each"));
    }
    let mut cases = Map::new();
    let mut default = "";
    for variant in variants {
        let (VariantKey::Identifier { name: key } | VariantKey::NumberLiteral { value: key }) =
            variant.key;
        let text = read(&variant.value, variables, true, wrong)?;
        if cases.insert(key.to_owned(), text).is_some() {
            return Err(wrong("a choice has a case twice"));
        }
        if variant.default {
            default = key;
        }
    }
    match default {
        "other" => Ok(json!({"s": selector, "c": cases, "d": "other"})),
        _ => Err(wrong("the default of a choice is *[other]")),
    }
}

const SOURCE: &str = "en";

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        all.iter().map(owned).collect()
    }

    fn compile_one(text: &str) -> Result<Value, TextError> {
        let all = compiled(&files(&[("en", text)]))?;
        let all: Value = serde_json::from_str(&all).unwrap();
        let ids = all["ids"].as_array().unwrap().iter();
        let ids = ids.map(|id| id.as_str().unwrap().to_owned());
        let messages = all["languages"]["en"]["messages"].as_array().unwrap();
        Ok(Value::Object(ids.zip(messages.iter().cloned()).collect()))
    }

    #[test]
    fn texts_variables_and_choices_become_json() {
        let all = compile_one(
            "plain = One\n  two.\n\nname = To { $who }, now\nalone = { $n }\n\
             many = { $n ->\n    [0] none\n    [one] { $n } of { $all }\n   *[other] many\n }\n",
        );
        assert_eq!(
            all.unwrap(),
            json!({
                "plain": "One\ntwo.",
                "name": ["To ", {"v": "who"}, ", now"],
                "alone": [{"v": "n"}],
                "many": [{"s": "n", "c": {
                    "0": "none", "one": [{"v": "n"}, " of ", {"v": "all"}], "other": "many",
                }, "d": "other"}],
            })
        );
    }

    #[test]
    fn a_file_says_that_nobody_has_read_it() {
        let all = compiled(&files(&[
            ("en", "### Words.\n### For people.\n\na = A\n"),
            ("cy", "### unreviewed\n\na = B\n"),
        ]));
        let all: Value = serde_json::from_str(&all.unwrap()).unwrap();
        assert_eq!(all["ids"], json!(["a"]));
        assert_eq!(all["languages"]["en"]["unreviewed"], false);
        assert_eq!(
            all["languages"]["cy"],
            json!({"unreviewed": true, "messages": ["B"]})
        );
    }

    #[test]
    fn a_language_that_lacks_a_message_or_a_variable_or_has_another_is_refused() {
        let english = "a = A { $n }\nb = B\n";
        for (welsh, said) in [
            (
                "a = A { $n }\n",
                "cy.ftl, b: this message is not translated",
            ),
            ("a = A\nb = B\n", "cy.ftl, a: $n is left out"),
            (
                "a = { $n } { $m }\nb = B\n",
                "cy.ftl, a: en.ftl has no $m here",
            ),
            (
                "a = { $n }\nb = B\nc = C\n",
                "cy.ftl, c: en.ftl has no such message",
            ),
        ] {
            let refused = compiled(&files(&[("en", english), ("cy", welsh)]));
            assert_eq!(refused.unwrap_err().to_string(), said);
        }
        assert_eq!(
            compiled(&files(&[("cy", english)])),
            Err(TextError::NoSource)
        );
    }

    #[test]
    fn what_the_page_cannot_show_is_refused_with_its_message() {
        for (text, said) in [
            ("-name = x\n", "en.ftl, -name: the page has no terms"),
            (
                "a = b\n    .title = c\n",
                "en.ftl, a: the page shows no attributes",
            ),
            (
                "a =\n    .title = c\n",
                "en.ftl, a: the page shows no attributes",
            ),
            (
                "a = { NUMBER($n) }\n",
                "en.ftl, a: the page shows { $variables } alone",
            ),
            (
                "a = { b }\nb = c\n",
                "en.ftl, a: the page shows { $variables } alone",
            ),
            (
                "a = { \"x\" }\n",
                "en.ftl, a: the page shows { $variables } alone",
            ),
            ("a = b\na = c\n", "en.ftl, a: it is there twice"),
            (
                "a = { $n ->\n   *[one] x\n    [other] y\n }\n",
                "en.ftl, a: the default",
            ),
            (
                "a = { $n ->\n   *[other] { $m ->\n   *[other] x\n }\n }\n",
                "en.ftl, a: a choice inside a choice",
            ),
            ("a = b\n\nc = { $n\n", "en.ftl, line 4: "),
            ("a = b\nnot fluent\n", "en.ftl, line 2: "),
        ] {
            let refused = compile_one(text).unwrap_err().to_string();
            assert!(refused.starts_with(said), "{text}: {refused}");
        }
    }
}
