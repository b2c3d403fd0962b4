//! A line that shows that something is under way.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

/// Waits for `work`; on a terminal, says after a second what is waited for, and takes it away at the end.
pub(crate) async fn shown<T>(what: &str, work: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return work.await;
    }
    let mut work = pin!(work);
    let mut seconds = 0_u32;
    loop {
        match tokio::time::timeout(Duration::from_secs(1), work.as_mut()).await {
            Ok(done) => {
                if seconds > 0 {
                    line("\r\x1b[K");
                }
                return done;
            }
            Err(_) => {
                seconds = seconds.saturating_add(1);
                line(&format!("\r{what}, {seconds} s"));
            }
        }
    }
}

fn line(text: &str) {
    // With nobody to look at it nothing is lost.
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
