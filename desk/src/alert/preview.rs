//! What a person sees before an alert is published.

use brolly_protocol::board::alert::Message;

use super::{Found, How, Prepared};
use crate::casebook::Day;
use crate::fields::words;
use crate::text;

impl Prepared {
    /// All that will be published, how it will be found, and who may read it.
    pub fn preview(&self) -> String {
        let mut out = match (self.message, self.references) {
            (Message::Update, Some(id)) => format!("In the place of alert {id}:\n"),
            (Message::Cancel, Some(id)) => format!("The end of alert {id}, because:\n"),
            _ => "A new alert:\n".to_owned(),
        };
        for line in text::lines(&self.text.text) {
            out.push_str(&format!("  {line}\n"));
        }
        if self.message != Message::Cancel {
            self.details(&mut out);
        }
        out.push_str(WARNING);
        out
    }

    fn details(&self, out: &mut String) {
        let levels = &self.text.levels;
        let grave = [
            words(&levels.severity),
            format!("urgency {}", words(&levels.urgency)),
            format!("certainty {}", words(&levels.certainty)),
            format!("status {}", words(&levels.status)),
        ];
        out.push_str(&format!(
            "  from {}, area {}, {}\n  counts from {} to {}\n",
            text::line(&self.text.sender),
            text::line(&self.text.area),
            grave.join(", "),
            Day(self.day),
            Day(self.expires)
        ));
        if self.signs.is_empty() {
            out.push_str(
                "  no identifiers: no look-up will find it, only whoever reads the alerts\n",
            );
        }
        for sign in &self.signs {
            out.push_str(&format!("  {}\n", sign.sentence()));
        }
    }
}

impl Found {
    fn sentence(&self) -> String {
        let Self {
            kind,
            written,
            folded,
            how,
        } = self;
        let said = format!("{} {}", kind.name(), text::line(written));
        let folded = text::line(folded);
        match how {
            How::Whole => format!("{said}: found as {folded}"),
            How::Beginning => format!("{said}: found by its beginning alone, {folded}"),
            How::Double => format!("{said}: the same as one before it, {folded}"),
            How::NotAtAll => {
                format!(
                    "{said}: NOT found by a look-up, the index has no room left; it is in the text alone"
                )
            }
        }
    }
}

const WARNING: &str = "
Every member can read this, for good: what was published cannot be taken back, only cancelled. Assume that the man it is
about reads it too. Is there anything in it that tells him who spoke, or where she is?
";
