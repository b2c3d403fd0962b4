// From a code of the core to the sentence that says what to do. Many codes are one sentence to her.

import { el } from './dom.js';

/**
 * @param {import('./text.js').Texts} texts
 * @param {{code: string, args?: Record<string, string | number>}} problem
 */
export function sentence(texts, { code, args = {} }) {
  const id = `error-${SAME[code] ?? code}`;
  return texts.format(texts.has(id) ? id : 'error-broken', {
    ...args,
    what: part(texts, args.part),
    role: args.slot ? texts.format(`role-${args.slot}`) : '',
  });
}

/** The sentence, as something a screen reader says at once. */
export function alarm(texts, problem, ...more) {
  const { code, args } = problem;
  const children = [sentence(texts, problem)];
  if (code === 'invitation-elsewhere' && /^https:\/\//.test(args.link)) {
    children.push(' ', el('a', { href: args.link, rel: 'noreferrer' }, texts.format('error-invitation-elsewhere-go')));
  }
  return el('p', { class: 'problem', role: 'alert' }, ...children, ...more);
}

function part(texts, name) {
  if (name === undefined) return '';
  return texts.format(name === 'narrative' ? 'question-narrative' : `part-${name}`);
}

const SAME = {
  'clock-behind': 'clock-wrong',
  'no-directory': 'relay-busy',
  'relay-refused': 'relay-busy',
  'relay-full': 'relay-busy',
  'issuer-busy': 'relay-busy',
  'index-forked': 'log-forked',
  'no-keys': 'incomplete',
  'no-path': 'incomplete',
  'no-issuer': 'incomplete',
  'no-tokens': 'incomplete',
  'tokens-wrong': 'incomplete',
  'alerts-missing': 'incomplete',
  'logs-missing': 'incomplete',
  seal: 'incomplete',
  'photo-gif': 'photo-unknown',
  'photo-gif-moving': 'photo-moving',
  'photo-webp-moving': 'photo-moving',
  'photo-png-moving': 'photo-moving',
};
