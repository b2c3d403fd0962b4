// The invitation comes behind the # of the address, and must not stay there.

/** Takes the invitation out of the address bar and the history, and gives the whole link; `undefined` when there is none. */
export function take() {
  const { href, hash, pathname, search } = window.location;
  if (hash.length < 2) return undefined;
  window.history.replaceState(null, '', pathname + search);
  return href;
}
