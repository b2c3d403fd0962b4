//! A whole relay that mirrors an inbox over TLS.

use std::sync::Arc;

use brolly_protocol::log::{LogName, Window};
use brolly_protocol::onion::Layer;
use brolly_protocol::wire;
use brolly_shell::http::{Bytes, StatusCode};

use super::inbox::Both;
use super::mirror::inbox;
use super::world::{BOUND, World, get};
use brolly_shell::http::client::Link;

async fn until_served(link: &Link, path: &str) -> Bytes {
    let served = async {
        loop {
            let (status, body) = get(link, path).await;
            if status == StatusCode::OK {
                return body;
            }
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    tokio::time::timeout(BOUND, served).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn spec_15_7_a_relay_serves_the_static_paths_of_both_logs_the_window_and_the_alerts() {
    let mut world = World::new(Layer::Exit, |parameters| parameters.publish_ms = 1);
    let logs = LogName::ALL.map(|log| inbox(&world, log));
    logs[0].change(|now| now.grow(700));
    logs[1].change(|now| now.grow(3));
    world.next.be(Arc::new(Both(logs.clone())));
    let relay = world.start();
    let link = relay.link(None);
    let window = until_served(&link, wire::WINDOW).await;
    let window = Window::verify(&window, &world.directory).unwrap();
    assert_eq!((window.reports.size(), window.board.size()), (700, 3));
    assert_eq!(get(&link, wire::ALERTS).await.0, StatusCode::OK);
    for inbox in &logs {
        let now = inbox.now.lock().unwrap().clone();
        let at = |path: &str| format!("{}{path}", wire::tiles(now.log));
        let (_, note) = get(&link, &at("checkpoint")).await;
        assert_eq!(note, now.witnessed.as_ref().unwrap().to_string());
        for (path, bytes) in &now.files {
            let (status, body) = get(&link, &at(path)).await;
            assert_eq!((status, &body[..]), (StatusCode::OK, &bytes[..]), "{path}");
        }
    }
    // A narrower width is cut from the wider.
    let files = logs[0].now.lock().unwrap().files.clone();
    for (path, from, length) in [
        ("tile/0/000.p/7", "tile/0/000", 7 * 32),
        ("tile/0/002.p/188", "tile/0/002.p/188", 188 * 32),
        ("tile/0/002.p/1", "tile/0/002.p/188", 32),
        ("tile/1/000.p/1", "tile/1/000.p/2", 32),
        ("tile/entries/001.p/9", "tile/entries/001", 9 * 50),
        ("tile/entries/002.p/9", "tile/entries/002.p/188", 9 * 50),
    ] {
        let (status, body) = get(&link, &format!("/v1/reports/{path}")).await;
        assert_eq!(
            (status, &body[..]),
            (StatusCode::OK, &files[from][..length]),
            "{path}"
        );
    }
    for path in [
        "tile/0/002",
        "tile/0/002.p/189",
        "tile/0/003.p/1",
        "tile/2/000.p/1",
    ] {
        let (status, _) = get(&link, &format!("/v1/reports/{path}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }

    // A restart serves what it had, even when the inbox is gone.
    relay.stop().await.unwrap();
    logs.iter().for_each(|inbox| inbox.lie("checkpoint", None));
    let relay = world.start();
    let link = relay.link(None);
    let (status, again) = get(&link, wire::WINDOW).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(Window::verify(&again, &world.directory), Ok(window));
    relay.stop().await.unwrap();
}
