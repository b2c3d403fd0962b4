//! Where a report stands.

use brolly_client::check::{Stage, Standing};
use brolly_client::page::{Fate, Progress};
use brolly_protocol::board::reply::Opened;
use brolly_protocol::directory::Directory;
use brolly_protocol::node::NodeId;
use serde_json::{Value, json};

/// By the logs alone.
pub(crate) fn standing(standing: &Standing, directory: &Directory) -> Value {
    let name = |id: NodeId| {
        let desk = directory.desk(id);
        desk.map_or_else(|| id.to_string(), |desk| desk.name.clone())
    };
    let answer = |reply: &Opened| json!({"desk": name(reply.desk), "text": *reply.text});
    json!({
        "stage": stage(standing.stage()),
        "position": standing.place.map(|place| place.position),
        "matching": standing.place.map_or(0, |place| place.matching),
        "entries": standing.entries,
        "before": standing.before,
        "witnesses": standing.witnesses,
        "time": standing.time,
        "read_by": standing.read_by.iter().map(|id| name(*id)).collect::<Vec<_>>(),
        "answers": standing.replies.iter().map(answer).collect::<Vec<_>>(),
    })
}

/// Of something that was submitted here.
pub(crate) fn progress(number: usize, progress: &Progress, directory: &Directory) -> Value {
    let published = progress.standing.as_ref().map(Standing::stage);
    let published = published.filter(|stage| *stage != Stage::NotPublished);
    json!({
        "number": number,
        "stage": published.map_or_else(|| fate(progress.fate), stage),
        "standing": progress.standing.as_ref().map(|one| standing(one, directory)),
    })
}

/// Of something that was submitted here, while no log was seen.
pub(crate) fn unseen(number: usize, progress: &Progress) -> Value {
    json!({"number": number, "stage": fate(progress.fate), "standing": null})
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::InLog => "logged",
        Stage::Read => "read",
        Stage::Answered => "answered",
        Stage::NotPublished | _ => "not-yet",
    }
}

fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Waiting => "waiting",
        Fate::Sending => "sending",
        Fate::Taken => "sent",
        Fate::Unsure => "unsure",
    }
}
