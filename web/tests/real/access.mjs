// What axe-core finds with the real core behind the screens.

import { audit } from '../audit.mjs';
import { test } from '../harness.mjs';

test('axe-core finds nothing at AA on any screen of the real page', async ({ phone, scheme }) => {
  const [, fragment] = scheme.invitation.split('#');
  await audit(phone, scheme.origin, 'en', `${scheme.page}#${fragment}`);
});
