//! The class that JavaScript has: each of its functions is one of [`View`].

use std::panic;
use std::sync::Mutex;

use brolly_client::page::Request;
use brolly_client::session::Method;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::view::{View, words};

/// A page. Numbers called `now` are milliseconds of `performance.now()`, those called `clock` seconds since 1970.
#[wasm_bindgen(js_name = Page)]
pub struct Binding(View);

/// A request for the page to send to its own origin.
#[wasm_bindgen]
pub struct Transmit(Request);

#[wasm_bindgen(js_class = Page)]
#[allow(
    clippy::missing_errors_doc,
    reason = "each throws what its namesake of View gives"
)]
impl Binding {
    /// [`View::open`].
    pub fn open(link: &str, host: &str, now: u32) -> Result<Self, JsValue> {
        let mut random = [0; 64];
        get_random_values(&mut random)?;
        Ok(Self(View::open(link, host, now, &random)?))
    }

    /// Where the program ended because of a mistake in it, if it did.
    pub fn last_panic() -> Option<String> {
        LAST_PANIC.lock().ok()?.clone()
    }

    /// [`View::poll_timeout`].
    pub fn poll_timeout(&self) -> Option<u32> {
        self.0.poll_timeout()
    }

    /// [`View::handle_timeout`].
    pub fn handle_timeout(&mut self, now: u32, clock: u32) {
        self.0.handle_timeout(now, clock);
    }

    /// [`View::poll_transmit`].
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.0.poll_transmit().map(Transmit)
    }

    /// [`View::handle_reply`].
    pub fn handle_reply(&mut self, id: u32, clock: u32, status: u16, body: &[u8]) {
        self.0.handle_reply(id, clock, status, body);
    }

    /// [`View::handle_failure`].
    pub fn handle_failure(&mut self, id: u32, clock: u32) {
        self.0.handle_failure(id, clock);
    }

    /// [`View::close`].
    pub fn close(&mut self, clock: u32) -> Option<Transmit> {
        self.0.close(clock).map(Transmit)
    }

    /// [`View::shown`].
    pub fn shown(&mut self, now: u32) {
        self.0.shown(now);
    }

    /// [`View::unsent`].
    pub fn unsent(&self) -> bool {
        self.0.unsent()
    }

    /// [`View::status`].
    pub fn status(&self, clock: u32) -> String {
        self.0.status(clock)
    }

    /// [`View::alerts`].
    pub fn alerts(&self, area: &str, clock: u32) -> Result<String, JsValue> {
        Ok(self.0.alerts(area, clock)?)
    }

    /// [`View::lookup`].
    pub fn lookup(&self, text: &str, clock: u32) -> Result<String, JsValue> {
        Ok(self.0.lookup(text, clock)?)
    }

    /// [`View::findings`].
    pub fn findings(&self, draft: &str) -> Result<String, JsValue> {
        Ok(self.0.findings(draft)?)
    }

    /// [`View::desks`].
    pub fn desks(&self, area: &str) -> String {
        self.0.desks(area)
    }

    /// [`View::room`].
    pub fn room(&self, draft: &str) -> Result<i32, JsValue> {
        Ok(self.0.room(draft)?)
    }

    /// [`View::inspect`].
    pub fn inspect(&self, original: &[u8]) -> Result<String, JsValue> {
        Ok(self.0.inspect(original)?)
    }

    /// [`View::photograph`].
    pub fn photograph(
        &mut self,
        rgba: Vec<u8>,
        width: u32,
        height: u32,
        original: &[u8],
        draft: &str,
    ) -> Result<String, JsValue> {
        Ok(self.0.photograph(rgba, (width, height), original, draft)?)
    }

    /// [`View::photograph_jpeg`].
    pub fn photograph_jpeg(&self) -> Option<Vec<u8>> {
        self.0.photograph_jpeg()
    }

    /// [`View::drop_photograph`].
    pub fn drop_photograph(&mut self) {
        self.0.drop_photograph();
    }

    /// [`View::preview`].
    pub fn preview(&mut self, draft: &str, clock: u32) -> Result<String, JsValue> {
        Ok(self.0.preview(draft, clock)?)
    }

    /// [`View::submit`].
    pub fn submit(&mut self, draft: &str, clock: u32) -> Result<String, JsValue> {
        Ok(self.0.submit(draft, clock)?.to_string())
    }

    /// [`View::check`].
    pub fn check(&self, code: &str) -> Result<String, JsValue> {
        Ok(self.0.check(code)?)
    }

    /// [`View::progress`].
    pub fn progress(&self) -> String {
        self.0.progress()
    }

    /// [`words`].
    pub fn words() -> String {
        words()
    }
}

#[wasm_bindgen]
impl Transmit {
    /// Tells its answer apart.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// `GET` or `POST`.
    #[wasm_bindgen(getter)]
    pub fn method(&self) -> String {
        match self.0.transmit.method == Method::Post {
            true => "POST".to_owned(),
            false => "GET".to_owned(),
        }
    }

    /// The path.
    #[wasm_bindgen(getter)]
    pub fn path(&self) -> String {
        self.0.transmit.path.to_owned()
    }

    /// The body; empty for `GET`.
    #[wasm_bindgen(getter)]
    pub fn body(&self) -> Vec<u8> {
        self.0.transmit.body.clone()
    }

    /// The longest answer that is taken, in bytes.
    #[wasm_bindgen(getter)]
    pub fn limit(&self) -> u32 {
        u32::try_from(self.0.transmit.response_limit).unwrap_or(u32::MAX)
    }

    /// Whether it goes on after the page is closed.
    #[wasm_bindgen(getter)]
    pub fn keepalive(&self) -> bool {
        self.0.outlives
    }
}

/// Keeps where a panic was. What it says may hold what she typed.
#[wasm_bindgen(start)]
pub fn begin() {
    panic::set_hook(Box::new(|panic| {
        if let (Ok(mut last), Some(at)) = (LAST_PANIC.lock(), panic.location()) {
            *last = Some(format!("{}:{}", at.file(), at.line()));
        }
    }));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues, catch)]
    fn get_random_values(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);
