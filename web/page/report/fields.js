// What can be said about people, vehicles and harm. Each is asked only of her who says that she knows it.

/** @typedef {{knows: Set<string>, values: Record<string, string>, another: boolean}} Thing */

export const PEOPLE = ['names', 'sex', 'age', 'ethnicity', 'height', 'build', 'hair', 'eyes', 'marks', 'accent', 'clothing',
  'behaviour', 'phone', 'email', 'username', 'advert', 'payment'];
export const VEHICLES = ['registration', 'make', 'model', 'colour', 'features', 'occupants'];
export const HARM = ['weapon', 'injuries', 'medical-help', 'evidence-kept'];
/** Of which there may be several, with commas between them. */
export const LISTS = new Set(['names', 'phone', 'email', 'username', 'advert', 'payment']);
export const NUMBERS = new Set(['age-from', 'age-to', 'occupants']);

export const KINDS = ['rape', 'sexual-assault', 'assault', 'robbery', 'threats', 'stalking', 'condom-removal', 'covert-filming',
  'non-payment', 'attempted', 'suspicious'];
export const SOURCES = ['first-hand', 'relayed', 'for-somebody-else'];
export const PARTS_OF_DAY = ['morning', 'afternoon', 'evening', 'night'];
export const SETTINGS = ['street', 'indoor', 'outcall', 'online'];
export const REPLIES = ['no', 'whenever', 'soon'];
export const OWN = ['names', 'phones', 'emails', 'addresses'];

/** @returns {Thing} */
export function thing() {
  return { knows: new Set(), values: {}, another: false };
}

/** The things of a list that count: each but the first only where she said that there is another. @param {Thing[]} things */
export function counted(things) {
  const end = things.findIndex((one) => !(one.another && one.knows.size > 0));
  return things.slice(0, end + 1);
}
