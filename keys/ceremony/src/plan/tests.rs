use super::*;

fn load(text: &str) -> Result<Plan, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plan.toml");
    std::fs::write(&path, text).unwrap();
    Plan::load(&path).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(from: &str, to: &str, sentence: &str) {
    assert!(EXAMPLE.contains(from), "{from}");
    let error = load(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
    assert!(error.contains(sentence), "{error}");
}

#[test]
fn the_example_is_a_plan_and_its_parameters_are_the_defaults() {
    let plan = load(EXAMPLE).unwrap();
    assert_eq!((plan.valid_days, plan.purpose), (90, Purpose::Real));
    assert_eq!(plan.parameters.signed(), Parameters::default().signed());
    let short = EXAMPLE.split("[parameters]").next().unwrap();
    let short = short
        .replace("valid-days = 90", "")
        .replace("purpose = \"real\"", "");
    let plan = load(&short).unwrap();
    assert_eq!((plan.valid_days, plan.purpose), (90, Purpose::Real));
    assert_eq!(plan.parameters.signed(), Parameters::default().signed());
}

#[test]
fn which_desks_may_warn_the_members_is_the_plans_to_say() {
    let commented = "# alerts = true ";
    let with = |text: &str| load(&EXAMPLE.replacen(commented, text, 1)).unwrap();
    let alerts = |plan: &Plan| plan.desks.first().unwrap().alerts;
    assert_eq!(alerts(&load(EXAMPLE).unwrap()), None);
    assert_eq!(alerts(&with("alerts = true ")), Some(true));
    assert_eq!(alerts(&with("alerts = false ")), Some(false));
    refused(commented, "alert = true ", "did you mean `alerts`?");
    refused(commented, "alerts = \"yes\" ", "invalid type");
    refused(
        "window-entries",
        "window-entry",
        "did you mean `window-entries`?",
    );
    refused(
        "calling-code",
        "calling-cod",
        "did you mean `calling-code`?",
    );
}

#[test]
fn an_unknown_plan_key_is_named_with_the_nearest_known_one() {
    refused(
        "valid-days",
        "valid-day",
        "line 11: unknown key `valid-day`; did you mean `valid-days`?",
    );
    refused("operator =", "operater =", "did you mean `operator`?");
    refused("tick-ms", "tick-m", "did you mean `tick-ms`?");
    refused("threshold = 2", "", "the key `threshold` is missing");
}

#[test]
fn a_directory_for_91_days_or_none_is_refused() {
    for days in ["91", "0"] {
        let given = format!("valid-days = {days}");
        refused("valid-days = 90", &given, &format!("valid-days is {days}:"));
    }
}

#[test]
fn a_threshold_above_the_officers_or_of_none_is_refused() {
    refused("threshold = 2", "threshold = 4", "has 3 officers");
    refused("threshold = 2", "threshold = 0", "between 1 and that");
}

#[test]
fn a_name_that_is_no_folder_is_refused_with_its_line() {
    let long = format!("\"{}\"", "a".repeat(41));
    for bad in [
        "\"\"", "\"a b\"", "\"..\"", "\"a/b\"", "\"-a\"", "\"ä\"", &long,
    ] {
        refused("\"ada\"", bad, "line 17: the name");
        refused("\"Leeds\"", bad, "letters a to z, digits and hyphens");
    }
    refused("\"bea\"", "\"ADA\"", "two officers called `ADA`");
    refused("\"york\"", "\"leeds\"", "two relays called `leeds`");
    refused("\"Example\"", "\"two\\nlines\"", "on one line");
}

#[test]
fn an_address_given_twice_or_without_a_port_is_refused() {
    refused(":4434", ":4433", "127.0.0.1:4433 is given twice");
    refused(":4436", ":4435", "127.0.0.1:4435 is given twice");
    for bad in [
        "leeds.example",
        ":443",
        "leeds:0",
        "leeds:65536",
        "a b:1",
        "::1:443",
    ] {
        refused("127.0.0.1:4433", bad, "write host:port");
    }
    let v6 = EXAMPLE.replacen("127.0.0.1:4433", "[::1]:4433", 1);
    assert!(load(&v6).is_ok());
}

#[test]
fn a_host_name_needs_an_address_to_listen_on() {
    refused("127.0.0.1:4433", "leeds.example:443", "the relay leeds has");
    let both = EXAMPLE
        .replacen("127.0.0.1:4433", "leeds.example:443", 1)
        .replacen("# listen", "listen", 1);
    let plan = load(&both).unwrap();
    let listen = plan.relays.first().unwrap().listen().unwrap();
    assert_eq!(listen.to_string(), "0.0.0.0:4433");
}

#[test]
fn a_layer_a_slot_or_a_purpose_that_does_not_exist_is_refused() {
    refused("layer = 2", "layer = 3", "layer 3 does not exist");
    refused(
        "\"police\"\nslot = \"police\"",
        "\"p\"\nslot = \"polise\"",
        "`polise`",
    );
    refused(
        "purpose = \"real\"",
        "purpose = \"reel\"",
        "unknown variant `reel`",
    );
    refused(
        "valid-days = 90",
        "weeks = 14",
        "line 11: unknown key `weeks`",
    );
}
