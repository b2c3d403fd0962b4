//! What the page knows of the scheme.

use brolly_client::page::Page;
use brolly_client::wait::emergency;
use brolly_keys::epoch::Epoch;
use brolly_protocol::directory::{Directory, Purpose};
use brolly_protocol::invite::{Entrance, Invitation};
use brolly_protocol::report::Slot;
use rand_core::CryptoRng;
use serde_json::{Value, json};

use crate::error::Wrong;

/// Everything that is not about a report.
pub(crate) fn status<S: CryptoRng>(page: &Page<S>, clock: u64) -> Value {
    let (state, directory) = (page.state(), page.directory().map(|directory| &**directory));
    let invitation = state.invitation();
    let here = page.entrance();
    let entries = invitation.entries.iter().map(|entrance| {
        json!({
            "address": entrance.address,
            "link": link_to(invitation, entrance),
            "here": entrance == here,
        })
    });
    let known = match directory {
        Some(directory) => json!({
            "drill": directory.purpose == Purpose::Drill,
            "scheme": directory.name,
            "version": directory.version,
            "witnesses": directory.relays.len(),
            "calling_code": directory.parameters.calling_code,
            "emergency": emergency(directory.parameters.calling_code),
            "desks": directory.desks.iter().map(|desk| {
                json!({"slot": desk.slot, "name": desk.name, "area": desk.area})
            }).collect::<Vec<_>>(),
        }),
        None => json!({
            "drill": null, "scheme": null, "version": null, "witnesses": null, "calling_code": null,
            "emergency": null, "desks": [],
        }),
    };
    let now = state.now(clock);
    let mut status = json!({
        "ready": is_ready(page, now),
        "alerts_ready": state.alerts().is_some() && directory.is_some(),
        "problem": page.problem().map(|problem| Wrong::from(problem).to_json()),
        "away": page.away(),
        "updated": page.window().map(|window| window.reports.witnessed.time),
        "clock_off": i128::from(clock) - i128::from(now),
        "project": invitation.project,
        "exit_url": exit_url(directory),
        "entries": entries.collect::<Vec<_>>(),
    });
    if let (Some(all), Value::Object(known)) = (status.as_object_mut(), known) {
        all.extend(known);
    }
    status
}

/// Whether a report can be composed now: who reads it is known, and has a key.
pub(crate) fn is_ready<S: CryptoRng>(page: &Page<S>, now: u64) -> bool {
    let Some((directory, keys)) = page.directory().zip(page.keys()) else {
        return false;
    };
    let week = Epoch::at(now, directory.parameters.desk_epoch);
    let desk = directory.desk_for(Slot::Scheme, "", "");
    desk.is_some_and(|desk| keys.desk(desk.id, week).is_some())
}

/// The invitation as a link to one of its entries.
pub(crate) fn link_to(invitation: &Invitation, entrance: &Entrance) -> Option<String> {
    let link = invitation.to_link()?;
    let (_, fragment) = link.split_once('#')?;
    Some(format!("https://{}/#{fragment}", entrance.address))
}

/// Where the scheme has her go when she leaves at once; nowhere of its own choice, and the page knows a site.
fn exit_url(directory: Option<&Directory>) -> Option<&str> {
    let chosen = directory.map(|directory| directory.weather.as_str());
    chosen.filter(|site| !site.is_empty())
}
