//! Readers, whose sessions are company for the reports.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::scheme::Worker;

/// Readers who look things up, over and over, until stopped.
pub(super) struct Reading {
    stop: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Reading {
    pub(super) fn start(readers: Vec<Worker>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicU64::new(0));
        let threads = readers
            .into_iter()
            .map(|reader| {
                let (stop, sent) = (stop.clone(), sent.clone());
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        // A relay that is down refuses a session; the next one is the retry.
                        if reader.run_json(&["cover", "--json"], "").is_ok() {
                            sent.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        Self {
            stop,
            sent,
            threads,
        }
    }

    pub(super) fn stop(mut self) -> u64 {
        self.end();
        self.sent.load(Ordering::Relaxed)
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // A panic there has been printed and only means fewer cover cells.
            let _ = thread.join();
        }
    }
}

impl Drop for Reading {
    /// However the run ends, no reader's program outlives it.
    fn drop(&mut self) {
        self.end();
    }
}
