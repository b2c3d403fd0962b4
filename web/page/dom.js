// Builds elements. Words only ever become text nodes: there is no way from here to markup.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] attributes; `on…` are listeners; `false` and `undefined` are left out
 * @param {...unknown} children nodes, words, lists of them; what is false or missing is left out
 * @returns {HTMLElement}
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (LIVE.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  append(node, children);
  return node;
}

/** Puts `children` in the place of all that is in `node`. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/** A button that does something on this page. */
export function button(words, onclick, properties = {}) {
  return el('button', { type: 'button', onclick, ...properties }, words);
}

/** Lets what was just put on the screen be painted before long work begins. */
export function painted() {
  return new Promise((done) => setTimeout(done, 30));
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) node.append(child);
  }
}

/** For fields: nothing that is typed is remembered, corrected, completed or looked up by the browser or the keyboard. */
export const PLAIN = {
  autocomplete: 'off', autocorrect: 'off', autocapitalize: 'none', spellcheck: 'false', writingsuggestions: 'false', 'data-form-type': 'other',
};

// These are states, not attributes.
const LIVE = new Set(['value', 'checked', 'disabled', 'indeterminate']);
