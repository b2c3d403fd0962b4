//! How long a report takes, in words, and whom to ring where that is too long.

use brolly_client::outbox::Wish;
use brolly_client::state::State;
use brolly_client::wait::{Wait, emergency};
use brolly_protocol::directory::Directory;
use brolly_shell::text;

use crate::talk::Talk;

/// Tells how long what is sent now takes, or what is handed to `brolly run`.
pub(crate) fn tell(
    talk: &mut Talk<'_>,
    state: &State,
    directory: &Directory,
    queued: Option<Wish>,
) -> Option<Wait> {
    let traffic = state.traffic();
    let road = traffic.and_then(|traffic| Wait::on_the_way(directory, traffic));
    let session = queued.map(Wait::for_a_session);
    talk.say(&sentence(road, session));
    let all = match (road, session) {
        (Some(road), Some(session)) => Some(session.then(road)),
        (road, _) => road,
    };
    if all.is_none_or(|wait| wait.most > HOUR) {
        talk.say(&numbers(state, directory));
    }
    talk.say("");
    all
}

fn sentence(road: Option<Wait>, session: Option<Wait>) -> String {
    let from_here = |what: &str, wait: Wait| {
        format!(
            "Half of what is {what} now arrives within {}, nearly everything within {}.",
            words(wait.half),
            words(wait.most)
        )
    };
    match (road, session) {
        (Some(road), None) => from_here("sent", road),
        (Some(road), Some(session)) => format!(
            "{} {} half within {}, nearly everything within {}.",
            from_here("handed over", session.then(road)),
            match session.half > road.half {
                true => "Most of that is the time until `brolly run` sends it:",
                false => "Of that, `brolly run` sends",
            },
            words(session.half),
            words(session.most)
        ),
        (None, None) => UNKNOWN.to_owned(),
        (None, Some(session)) => format!(
            "Half of what is handed over now is sent within {}, nearly everything within {}. {UNKNOWN}",
            words(session.half),
            words(session.most)
        ),
    }
}

fn numbers(state: &State, directory: &Directory) -> String {
    let emergency = emergency(directory.parameters.calling_code);
    let project = text::line(&state.invitation().project);
    let scheme = text::line(&directory.name);
    format!(
        "If you need somebody sooner, ring: {emergency} in an emergency; your project, {project}, or the help line of \
         {scheme}, on the numbers that they gave you."
    )
}

/// A time, rounded up to what somebody would say.
fn words(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60).next_multiple_of(5);
    let hours = seconds.div_ceil(HOUR);
    match (minutes, hours) {
        (..60, _) => format!("about {minutes} minutes"),
        (60, _) => "about an hour".to_owned(),
        (..=90, _) => format!("about {minutes} minutes"),
        (_, ..=48) => format!("about {hours} hours"),
        (_, hours) => format!("about {} days", hours.div_ceil(24)),
    }
}

const UNKNOWN: &str = "How long a report is on its way is not known: this device has not seen for long enough how much is sent in this \
     scheme. It may be hours.";
const HOUR: u64 = 3_600;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{NOW, Scheme};

    fn told(road: Option<(u64, u64)>, queued: Option<Wish>) -> String {
        let road = road.map(|(half, most)| Wait { half, most });
        sentence(road, queued.map(Wait::for_a_session))
    }

    #[test]
    fn spec_16_9_the_wait_is_one_plain_sentence() {
        let usual = told(Some((18 * 60, 55 * 60)), None);
        assert_eq!(
            usual,
            "Half of what is sent now arrives within about 20 minutes, nearly everything within about 55 minutes."
        );
        let queued = told(Some((18 * 60, 55 * 60)), Some(Wish::Soon));
        assert!(queued.contains(
            "handed over now arrives within about 3 hours, nearly everything within about 8 hours"
        ));
        let day = told(Some((18 * 60, 55 * 60)), Some(Wish::Day));
        assert!(day.contains("about 13 hours, nearly everything within about 27 hours"));
        assert!(
            queued.contains("Most of that is the time until `brolly run` sends it: half within")
        );
        let quiet = told(Some((39 * HOUR, 124 * HOUR)), Some(Wish::Soon));
        assert!(quiet.contains("Of that, `brolly run` sends half within"));
        assert!(!quiet.contains("Most of that"), "{quiet}");
        for queued in [None, Some(Wish::Soon)] {
            assert!(told(None, queued).contains("is not known"));
        }
        let spans = [
            (60, "5 minutes"),
            (3_600, "an hour"),
            (3_601, "65 minutes"),
            (5_401, "2 hours"),
        ];
        for (seconds, said) in spans {
            assert_eq!(words(seconds), format!("about {said}"));
        }
        assert_eq!(words(49 * HOUR), "about 3 days");
    }

    #[test]
    fn spec_16_9_the_numbers_name_the_project_and_the_scheme() {
        let scheme = Scheme::new(NOW);
        let state = State::new(scheme.invitation());
        let said = numbers(&state, &scheme.directory);
        for part in ["999", "Leeds", "Sample"] {
            assert!(said.contains(part), "{said}");
        }
    }
}
