// Who may see it: each asked by itself, with what follows from either answer.

import { el, fill } from '../dom.js';
import { line, one, radios } from './ask.js';
import { REPLIES } from './fields.js';

/** @param {Map<string, string | null>} there who is at each desk */
export function consent(app, what, there) {
  const { draft } = app;
  const slot = what === 'police-contact' ? 'police' : what;
  const desk = there.get(slot) ?? '';
  return {
    id: `consent-${what}`,
    title: app.t(`consent-${what}`, { desk }),
    draw: () => {
      const follows = el('p', { class: 'card', role: 'status', dir: 'auto' });
      const tell = () => fill(follows, consequence(app, what, desk, draft.consent[what] === true));
      const chosen = draft.consent[what] === undefined ? undefined : draft.consent[what] ? 'yes' : 'no';
      const options = ['yes', 'no'].map((name) => [name, app.t(name)]);
      const set = (value) => {
        draft.consent[what] = value === 'yes';
        tell();
      };
      tell();
      return [
        what === 'members-alert' && el('p', { class: 'hint' }, app.t('consent-scheme', { desk: there.get('scheme') ?? '' })),
        radios(what, options, chosen, set),
        follows,
      ];
    },
  };
}

export function contact(app) {
  return line(app, 'contact', app.t('consent-contact'), app.draft, 'contact', 'hint-contact');
}

export function reply(app) {
  return one(app, 'reply', app.t('question-reply'), REPLIES.map((name) => [name, app.t(`reply-${name}`)]));
}

/** What one desk will see, in a sentence. @param {{slot: string, name: string | null, report: boolean, contact: boolean}} desk */
export function view(app, { slot, name, report, contact: reach }) {
  const role = app.t(`role-${slot}`);
  if (name === null) return app.t('sees-none-here', { role });
  const desk = `${role} (${name})`;
  if (!report) return app.t('sees-nothing', { desk });
  return app.t(reach ? 'sees-contact' : 'sees-all', { desk });
}

function consequence(app, what, name, yes) {
  if (what === 'members-alert') return app.t(yes ? 'members-see' : 'members-see-not');
  const slot = what === 'police-contact' ? 'police' : what;
  const report = yes || what === 'police-contact';
  const sentence = view(app, { slot, name, report, contact: yes && what === 'police-contact' });
  return what === 'project' && yes ? `${sentence} ${app.t('project-knows')}` : sentence;
}
