// Stands for the core in tests of the screens: the same calls, canned answers, and the six requests of a session. What is
// behind the # of the link says what goes wrong. It is never part of a bundle.

export default async function init() {
  if (window.fakeLoad) await window.fakeLoad;
}

export class Page {
  static open(link, host, now) {
    const words = link.split('#')[1]?.split(',') ?? [];
    if (!link.includes('#')) fail('invitation-not-a-link');
    if (words.includes('damaged')) fail('invitation-damaged');
    if (words.includes('version')) fail('invitation-version');
    if (words.includes('elsewhere')) fail('invitation-elsewhere', { first: 'other.example:443', link: 'https://other.example/#x' });
    const page = new Page(words, now);
    window.fake = page;
    return page;
  }

  constructor(words, now) {
    Object.assign(this, { words: new Set(words), due: now + 20, step: 0, asked: 0, closed: false, reports: [], calls: [], closes: 0 });
  }

  poll_timeout() {
    return this.due;
  }

  handle_timeout() {
    if (this.words.has('breaks')) throw new WebAssembly.RuntimeError('unreachable');
    if (this.due === undefined || this.closed) return;
    this.due = undefined;
    this.#ask(0);
  }

  poll_transmit() {
    const { next } = this;
    this.next = undefined;
    if (next) this.flying = { id: next.id };
    return next;
  }

  handle_reply(id, clock, status, body) {
    this.calls.push(['reply', status, body.length]);
    this.#whole(clock);
    if (id !== this.flying?.id) return;
    this.flying = undefined;
    if (status >= 500) {
      this.away = { code: 'relay-full', args: { status } };
      this.#again();
      return;
    }
    this.away = undefined;
    this.step += 1;
    this.ready = this.step > 1;
    this.alerts_ready = this.step > 3;
    if (this.step === STEPS.length) this.reports.forEach((report) => { report.stage = 'sent'; });
    if (this.closed) return;
    if (this.step < STEPS.length) this.#ask(this.step);
    else this.#again();
  }

  handle_failure(id, clock) {
    this.calls.push(['failure']);
    this.#whole(clock);
    if (id !== this.flying?.id) return;
    this.flying = undefined;
    this.away = { code: 'relay-away', args: {} };
    if (!this.closed) this.#again();
  }

  close(clock) {
    this.#whole(clock);
    if (this.closed) return undefined;
    this.closed = true;
    this.due = undefined;
    this.closes += 1;
    this.flying = undefined;
    this.reports.forEach((report) => { report.stage = 'sent'; });
    this.asked += 1;
    return new Transmit({ ...STEPS[5], id: this.asked });
  }

  shown(now) {
    this.#whole(now);
    this.closed = false;
    this.due = now + 20;
  }

  unsent() {
    return this.reports.some(({ stage }) => stage === 'waiting');
  }

  status() {
    const code = ['invitation-revoked', 'clock-wrong', 'log-forked', 'quota'].find((word) => this.words.has(word));
    return JSON.stringify({
      ready: this.ready ?? false, alerts_ready: this.alerts_ready ?? false, problem: code ? { code, args: {} } : this.away ?? null,
      away: 0, updated: this.alerts_ready ? NOW : null, clock_off: this.words.has('clock-off') ? 86_400 : 0,
      drill: this.words.has('drill'), scheme: 'Sample Umbrella', project: 'Leeds Project', version: 1, witnesses: 3,
      calling_code: 44, emergency: '999', exit_url: 'https://weather.example/', entries: [], desks: [],
    });
  }

  alerts(area) {
    const alerts = (this.words.has('markup') ? MARKUP : ALERTS).filter((alert) => area === '' || alert.area?.toUpperCase() === area.toUpperCase());
    const notices = [{ desk: 'Caseworkers', day: DAY, text: 'The office is closed on Monday.' }];
    return JSON.stringify({ alerts, notices, total: 2, areas: ['LS2', 'LS11'], as_of: NOW, since: DAY, damaged: 0, old_days: 0 });
  }

  lookup(text) {
    if (text.trim() === '') fail('lookup-nothing');
    if (text.length > 200) fail('lookup-too-long');
    const matches = text.includes('900123')
      ? [{ reason: 'same-number', exact: true, kind: 'phone', value: '447700900123', alert: ALERTS[0] }]
      : [];
    return JSON.stringify({ found: matches.length, matches, since: DAY, as_of: NOW, damaged: 0 });
  }

  desks(area) {
    return JSON.stringify(SLOTS.map((slot) => ({ slot, name: slot === 'specialist' && area === '' ? null : NAMES[slot] })));
  }

  room(draft) {
    return 17_000 - new TextEncoder().encode(JSON.parse(draft).incident.narrative).length;
  }

  findings(draft) {
    const { incident, own } = JSON.parse(draft);
    const found = [];
    for (const [kind, what] of [['phone', /\+?\d[\d ]{8,}\d/g], ['email', /\S+@\S+\.\w+/g]]) {
      for (const match of incident.narrative.matchAll(what)) {
        const start = match.index;
        found.push({ field: 'incident.narrative', start, end: start + match[0].length, kind, text: match[0], own: own.phones.includes(match[0]) });
      }
    }
    return JSON.stringify(found.sort((a, b) => a.start - b.start));
  }

  inspect(original) {
    const head = String.fromCharCode(...original.slice(0, 12));
    if (head.includes('ftypheic')) fail('photo-heic');
    if (head.startsWith('%PDF')) fail('photo-pdf');
    const view = new DataView(original.buffer);
    if (head.startsWith('\x89PNG')) return JSON.stringify({ kind: 'png', width: view.getUint32(16), height: view.getUint32(20), removed: ['text'] });
    if (head.startsWith('\xff\xd8')) return JSON.stringify({ kind: 'jpeg', width: 640, height: 480, removed: ['position'] });
    return fail('photo-unknown');
  }

  photograph(rgba, width, height) {
    if (rgba.length !== width * height * 4) fail('photo-pixels');
    this.jpeg = jpeg(rgba, width, height);
    this.photo = { width, height, bytes: this.jpeg.length, removed: ['position', 'camera', 'time'] };
    return JSON.stringify(this.photo);
  }

  photograph_jpeg() {
    return this.jpeg;
  }

  drop_photograph() {
    this.photo = undefined;
  }

  preview(text) {
    const draft = JSON.parse(text);
    if (!this.ready) fail('not-ready');
    if (draft.incident.narrative.trim() === '') fail('silent');
    const over = -this.room(text);
    if (over > 0) fail('too-long', { over, part: 'narrative', takes: 1, room: 17_000 });
    const { consent, contact, own: _, ...report } = draft;
    const opens = (slot) => slot === 'scheme' || consent[slot];
    return JSON.stringify({
      report, contact, members_alert: consent['members-alert'], photo: this.photo ?? null, room: -over,
      desks: SLOTS.map((slot) => ({
        slot, name: slot === 'specialist' && report.incident.area === '' ? null : NAMES[slot],
        report: opens(slot), contact: slot === 'police' && consent['police-contact'], silent: slot === 'police' && opens(slot) ? { days: 6 } : null,
      })),
      wait: null, leaves: { half: 55, most: 167 }, ring: true, observer: { visit_one_in: 7, linked: true },
    });
  }

  submit(text) {
    this.submitted = JSON.parse(text);
    this.reports.push({ number: 1, stage: 'waiting', standing: null });
    this.photo = undefined;
    return JSON.stringify({ words: WORDS, digits: DIGITS, number: 1 });
  }

  progress() {
    return JSON.stringify(this.reports);
  }

  check(code) {
    const words = code.trim().split(/\s+/);
    if (words.length !== 8) fail('code-count', { count: words.length });
    if (words[0] === 'wrong') fail('code-checksum');
    if (words.includes('wintr')) fail('code-word', { place: words.indexOf('wintr') + 1, nearest: 'winter' });
    const known = words.join(' ') === WORDS.join(' ');
    return JSON.stringify({
      stage: known ? 'answered' : 'not-yet', position: known ? 12 : null, matching: 1, entries: 40, before: 0, witnesses: 3, time: NOW,
      read_by: known ? ['Caseworkers'] : [], answers: known ? [{ desk: 'Caseworkers', text: 'Thank you. We have warned others.\nAre you safe?' }] : [],
    });
  }

  free() {
    window.freed = true;
  }

  #ask(step) {
    this.step = step;
    this.asked += 1;
    this.next = new Transmit({ ...STEPS[step], id: this.asked });
  }

  #again() {
    this.due = Math.floor(performance.now()) + 60_000;
    this.step = 0;
  }

  /** The core takes whole numbers alone. */
  #whole(number) {
    if (!Number.isInteger(number)) throw new Error(`not a whole number: ${number}`);
  }
}

/** As wasm-bindgen makes them: what is in it is asked of the core, until it is freed. */
class Transmit {
  #inside;

  constructor(inside) {
    this.#inside = inside;
  }

  get id() { return this.#inside.id; }

  get method() { return this.#inside.method; }

  get path() { return this.#inside.path; }

  get body() { return this.#inside.body; }

  get limit() { return this.#inside.limit; }

  get keepalive() { return this.#inside.keepalive; }

  free() {
    this.#inside = undefined;
  }
}

function jpeg(rgba, width, height) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  canvas.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  return Uint8Array.from(atob(canvas.toDataURL('image/jpeg', 0.6).split(',')[1]), (letter) => letter.charCodeAt(0));
}

function fail(code, args = {}) {
  throw JSON.stringify({ code, args });
}

const get = (path) => ({ method: 'GET', path, body: new Uint8Array(), limit: 1 << 20, keepalive: false });
const post = (path, length, keepalive) => ({ method: 'POST', path, body: new Uint8Array(length), limit: 1 << 16, keepalive });
const STEPS = [get('/v1/directory'), get('/v1/keys'), get('/v1/window'), get('/v1/alerts'), post('/v1/tokens', 2048, false), post('/v1/cells', 33_000, true)];
const SLOTS = ['scheme', 'police', 'specialist', 'project'];
const NAMES = { scheme: 'Caseworkers', police: 'Serious Crime Desk', specialist: 'Leeds Team', project: 'Leeds Project' };
const DAY = 1_795_564_800;
const NOW = DAY + 40_000;
const ALERTS = [
  {
    id: 'a1', day: DAY, expires: DAY + 20 * 86_400, status: 'actual', urgency: 'immediate', severity: 'severe', certainty: 'observed', area: 'LS2',
    identifiers: [{ kind: 'phone', value: '07700 900123' }, { kind: 'plate', value: 'AB12 CDE' }], sender: 'Caseworkers',
    text: 'A man in a blue van became violent when he was asked to leave. He calls himself Dave.',
  },
  {
    id: 'a2', day: DAY - 86_400, expires: DAY + 9 * 86_400, status: 'exercise', urgency: 'unknown', severity: 'minor', certainty: 'possible', area: null,
    identifiers: [], sender: null, text: null,
  },
];
const MARKUP = ALERTS.map((alert) => ({ ...alert, text: '<b>Dave</b> <script>alert(1)</script>' }));
const WORDS = ['winter', 'cabin', 'lemon', 'gravity', 'pencil', 'orbit', 'salad', 'trumpet'];
const DIGITS = ['2012', '0250', '1020', '0809', '1299', '1245', '1527', '1864'];
