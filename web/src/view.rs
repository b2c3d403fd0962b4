//! What JavaScript may call, without JavaScript: JSON in, JSON out, and a JSON string for everything that goes wrong.

use brolly_client::alerts::Alerts;
use brolly_client::check::check;
use brolly_client::compose::{Arranged, Known, Original, arrange, left};
use brolly_client::draft::Draft;
use brolly_client::lookup::search;
use brolly_client::page::{Page, Request};
use brolly_client::photo::{Look, Pixels, Prepared};
use brolly_client::wait::Wait;
use brolly_keys::sign::Verified;
use brolly_protocol::directory::Directory;
use brolly_protocol::invite::Invitation;
use brolly_protocol::receipt::ReceiptCode;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::error::Wrong;
use crate::{draft, news, standing, status};

/// A page, what it draws with, and the photograph that was chosen.
pub struct View {
    page: Page<ChaCha20Rng>,
    rng: ChaCha20Rng,
    photo: Option<Photo>,
}

struct Photo {
    pixels: Pixels,
    /// As it would be sent with the words that were shown last.
    prepared: Prepared,
}

impl View {
    /// Opens an invitation on a page that is served from `host`, with 64 random bytes.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn open(link: &str, host: &str, now: u32, random: &[u8; 64]) -> Result<Self, String> {
        let link = link.trim();
        let link = match link.contains("://") {
            true => link.to_owned(),
            false => format!("https://{host}/#{}", link.trim_start_matches('#')),
        };
        let invitation = Invitation::from_link(&link).map_err(Wrong::from)?;
        let (schedule, cells) = random.split_at(32);
        let rng =
            |seed: &[u8]| ChaCha20Rng::from_seed(seed.first_chunk().copied().unwrap_or_default());
        let page = Page::open(invitation.clone(), host, now.into(), rng(schedule));
        let page = page.map_err(|_| {
            let first = invitation.entries.first();
            let link = first.and_then(|first| status::link_to(&invitation, first));
            let first = first.map(|first| &first.address);
            Wrong::with(
                "invitation-elsewhere",
                json!({"first": first, "link": link}),
            )
        })?;
        Ok(Self {
            page,
            rng: rng(cells),
            photo: None,
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Option<u32> {
        let due = self.page.poll_timeout()?;
        Some(u32::try_from(due).unwrap_or(u32::MAX))
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: u32, clock: u32) {
        let (now, clock) = (now.into(), clock.into());
        self.page.handle_timeout(now, clock, &mut self.rng);
    }

    /// The next request.
    pub fn poll_transmit(&mut self) -> Option<Request> {
        self.page.poll_transmit()
    }

    /// Takes the answer to a request.
    pub fn handle_reply(&mut self, id: u32, clock: u32, status: u16, body: &[u8]) {
        let rng = &mut self.rng;
        self.page.handle_reply(id, clock.into(), status, body, rng);
    }

    /// A request was not answered.
    pub fn handle_failure(&mut self, id: u32, clock: u32) {
        self.page.handle_failure(id, clock.into(), &mut self.rng);
    }

    /// The last cell of a visit.
    pub fn close(&mut self, clock: u32) -> Option<Request> {
        self.page.close(clock.into(), &mut self.rng)
    }

    /// In view again.
    pub fn shown(&mut self, now: u32) {
        self.page.shown(now.into());
    }

    /// Whether something that was submitted is still here.
    pub fn unsent(&self) -> bool {
        self.page.is_unsent()
    }

    /// What is known of the scheme.
    pub fn status(&self, clock: u32) -> String {
        status::status(&self.page, clock.into()).to_string()
    }

    /// The alerts that count now.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn alerts(&self, area: &str, clock: u32) -> Result<String, String> {
        let (alerts, directory) = self.known_alerts(clock)?;
        let now = self.now(clock);
        Ok(news::alerts(&alerts, area, directory, now).to_string())
    }

    /// Looks something up among them.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn lookup(&self, text: &str, clock: u32) -> Result<String, String> {
        let (alerts, directory) = self.known_alerts(clock)?;
        let warned = alerts.live.iter();
        let warned = warned.map(|warning| (warning.identifiers.as_slice(), warning));
        let calling_code = directory.parameters.calling_code;
        let found = search(text, calling_code, warned).map_err(Wrong::from)?;
        Ok(news::found(&alerts, &found).to_string())
    }

    /// Words of a draft that may say who is writing it.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn findings(&self, draft: &str) -> Result<String, String> {
        Ok(draft::findings(&draft::read(draft)?).to_string())
    }

    /// The desk of each slot, for an area.
    pub fn desks(&self, area: &str) -> String {
        let directory = self.page.directory().map(|directory| &**directory);
        let project = &self.page.state().invitation().project;
        draft::desks(directory, area, project).to_string()
    }

    /// The bytes that are left for words and a photograph.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn room(&self, draft: &str) -> Result<i32, String> {
        let left = left(&draft::read(draft)?);
        Ok(i32::try_from(left).unwrap_or(i32::MIN))
    }

    /// Looks at a file that is to be a photograph.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn inspect(&self, original: &[u8]) -> Result<String, String> {
        let look = Look::at(original).map_err(Wrong::from)?;
        Ok(draft::look(&look).to_string())
    }

    /// Takes a photograph that the browser decoded, and makes it fit beside the words of a draft.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn photograph(
        &mut self,
        rgba: Vec<u8>,
        (width, height): (u32, u32),
        original: &[u8],
        draft: &str,
    ) -> Result<String, String> {
        let draft = draft::read(draft)?;
        let pixels = u64::from(width) * u64::from(height);
        if u64::try_from(rgba.len()).ok() != Some(pixels * 4) {
            return Err(Wrong::new("photo-pixels").into());
        }
        let pixels = Pixels::of_rgba(rgba, width, height, original).map_err(Wrong::from)?;
        let room = usize::try_from(left(&draft)).unwrap_or(0);
        let prepared = pixels.fit(room).map_err(Wrong::from)?;
        let shown = draft::photo(&prepared);
        self.photo = Some(Photo { pixels, prepared });
        Ok(shown.to_string())
    }

    /// The photograph exactly as it would be sent.
    pub fn photograph_jpeg(&self) -> Option<Vec<u8>> {
        let photo = self.photo.as_ref()?;
        Some(photo.prepared.jpeg.clone())
    }

    /// Forgets the photograph.
    pub fn drop_photograph(&mut self) {
        self.photo = None;
    }

    /// What is sent, who will see it, and how long it takes.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn preview(&mut self, draft: &str, clock: u32) -> Result<String, String> {
        let draft = draft::read(draft)?;
        let arranged = self.arranged(&draft, clock)?;
        let traffic = self.page.state().traffic();
        let directory = self.page.directory();
        let wait = directory.and_then(|known| Wait::on_the_way(known, traffic?));
        let jpeg = arranged.report().photo.len();
        let room = left(&draft).saturating_sub(i64::try_from(jpeg).unwrap_or(i64::MAX));
        let shown = draft::preview(&arranged, wait, room);
        if let Some(photo) = &mut self.photo
            && photo.prepared.jpeg != arranged.report().photo
            && let Some(picture) = &arranged.preview().photo
        {
            photo.prepared.jpeg.clone_from(&arranged.report().photo);
            (photo.prepared.width, photo.prepared.height) = (picture.width, picture.height);
        }
        Ok(shown.to_string())
    }

    /// Seals a report for the next cell: its receipt code. Takes a noticeable moment.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn submit(&mut self, draft: &str, clock: u32) -> Result<Zeroizing<String>, String> {
        let draft = draft::read(draft)?;
        let arranged = self.arranged(&draft, clock)?;
        let directory = self.page.directory().ok_or_else(not_ready)?;
        let composed = arranged.sealable(directory, &mut self.rng);
        let composed = composed.map_err(Wrong::from)?;
        let submitted = self.page.submit(composed.letter, &mut self.rng);
        let number = submitted.map_err(Wrong::from)?;
        self.photo = None;
        let (words, digits) = (composed.code.words(), composed.code.digits());
        let code = json!({
            "words": words.split(' ').collect::<Vec<_>>(),
            "digits": digits.split('-').collect::<Vec<_>>(),
            "number": number,
        });
        Ok(Zeroizing::new(code.to_string()))
    }

    /// Looks for the report of a receipt code. Takes a noticeable moment.
    ///
    /// # Errors
    /// A code, as JSON.
    pub fn check(&self, code: &str) -> Result<String, String> {
        let code = ReceiptCode::parse(code).map_err(Wrong::from)?;
        let known = self.page.directory().zip(self.page.window());
        let (directory, window) = known.ok_or_else(|| Wrong::new("logs-none"))?;
        let found = check(&code, directory, window).map_err(Wrong::from)?;
        Ok(standing::standing(&found, directory).to_string())
    }

    /// Where everything stands that was submitted.
    pub fn progress(&self) -> String {
        let directory = self.page.directory();
        let all = self.page.progress();
        let all = all.iter().enumerate().map(|(number, one)| match directory {
            Some(directory) => standing::progress(number, one, directory),
            None => standing::unseen(number, one),
        });
        all.collect::<Value>().to_string()
    }

    fn now(&self, clock: u32) -> u64 {
        self.page.state().now(clock.into())
    }

    fn known_alerts(&self, clock: u32) -> Result<(Alerts, &Verified<Directory>), Wrong> {
        let directory = self.page.directory();
        let directory = directory.ok_or_else(|| Wrong::new("alerts-none"))?;
        let alerts = Alerts::open(self.page.state(), self.now(clock))?;
        Ok((alerts, directory))
    }

    fn arranged(&self, draft: &Draft, clock: u32) -> Result<Arranged, Wrong> {
        let (state, now) = (self.page.state(), self.now(clock));
        let known = self.page.directory().zip(self.page.keys());
        let known = known.filter(|_| status::is_ready(&self.page, now));
        let (directory, keys) = known.ok_or_else(not_ready)?;
        let known = Known {
            directory,
            keys,
            read: &|desk| state.read(desk),
        };
        let photo = self.photo.as_ref();
        let photo = photo.map(|photo| Original::Pixels(&photo.pixels));
        let project = &state.invitation().project;
        Ok(arrange(draft, photo, &known, project, now)?)
    }
}

/// The 2,048 words of receipt codes.
pub fn words() -> String {
    json!(ReceiptCode::all_words()).to_string()
}

fn not_ready() -> Wrong {
    Wrong::new("not-ready")
}

#[cfg(test)]
mod tests;
