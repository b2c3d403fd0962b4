//! How much memory one thing takes: it is done by a process that does nothing else, and Linux says what its peak was.

use std::env;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use clap::ValueEnum;

use crate::{Outcome, cold, lookup, receipt, relay, replay};

/// A thing that a process of its own does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Alone {
    /// Checks a receipt in a window.
    Receipt,
    /// Looks people up among all that alerts warn of.
    Lookup,
    /// Is a relay, until its input ends.
    Relay,
    /// Reads tags of packets that were seen.
    Replay,
    /// Is an inbox that begins.
    Inbox,
    /// Is a desk that begins.
    Desk,
    /// Does nothing at all.
    Nothing,
}

impl Alone {
    /// Does it, and prints the peak in KiB.
    pub(crate) fn run(self, folder: &Path) -> Outcome {
        match self {
            Self::Receipt => receipt::alone(folder)?,
            Self::Lookup => lookup::alone(folder)?,
            Self::Relay => relay::place::alone(folder)?,
            Self::Replay => replay::alone(folder)?,
            Self::Inbox => cold::inbox_alone(folder)?,
            Self::Desk => cold::desk_alone(folder)?,
            Self::Nothing => {}
        }
        Ok(writeln!(io::stdout(), "{}", own_peak()?)?)
    }

    /// Returns when a new process of this program has begun, which says so in its first line; ends it then, and gives the
    /// time that it had on a core in seconds.
    pub(crate) fn start(self, folder: &Path) -> Outcome<f64> {
        let name = self.to_possible_value().ok_or("it has no name")?;
        let mut child = Command::new(env::current_exe()?)
            .arg("alone")
            .arg(name.get_name())
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let worked = worked(child.id());
        child.kill()?;
        child.wait()?;
        match line.trim() {
            "ready" => worked,
            _ => Err(format!("{} alone did not begin", name.get_name()).into()),
        }
    }

    /// Has a new process of this program do it, and gives the peak in MiB.
    pub(crate) fn peak(self, folder: &Path) -> Outcome<f64> {
        let name = self.to_possible_value().ok_or("it has no name")?;
        let output = Command::new(env::current_exe()?)
            .arg("alone")
            .arg(name.get_name())
            .arg(folder)
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("{} alone: {}", name.get_name(), output.status).into());
        }
        let peak: u32 = String::from_utf8(output.stdout)?.trim().parse()?;
        Ok(f64::from(peak) / 1_024.0)
    }
}

/// How long a process was on a core, in seconds.
pub(crate) fn worked(process: u32) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // Behind the name, which may be anything: the state, ten numbers, then hundredths of a second for it and for the kernel.
    let (_, behind) = stat.rsplit_once(')').ok_or("its status has no name")?;
    let times = behind.split_whitespace().skip(11).take(2);
    let mut sum = 0;
    for time in times {
        sum += time.parse::<u32>()?;
    }
    Ok(f64::from(sum) / 100.0)
}

/// What a process of this program has in MiB that does nothing at all.
pub(crate) fn bare() -> Outcome<f64> {
    Alone::Nothing.peak(Path::new("."))
}

/// The most memory that this process had in use, in KiB.
fn own_peak() -> Outcome<u32> {
    let status = fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("peak memory is read from /proc, as Linux has it: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.trim().strip_suffix("kB"));
    Ok(peak
        .ok_or("/proc/self/status has no VmHWM")?
        .trim()
        .parse()?)
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn work_takes_time_on_a_core() {
        let own = || worked(std::process::id()).unwrap();
        let before = own();
        let mut sum = 0_u64;
        while own() < before + 0.02 {
            sum = black_box(sum).wrapping_add(1);
        }
        assert!(sum > 0);
    }

    #[test]
    fn a_peak_stays_after_the_memory_is_given_back() {
        let before = own_peak().unwrap();
        black_box(vec![1_u8; 64 << 20]);
        let after = own_peak().unwrap();
        assert!(after >= before.max(64 << 10), "{before} {after}");
    }
}
