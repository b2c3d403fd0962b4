// A length of time as somebody would say it, rounded up.

/** @param {import('./text.js').Texts} texts @param {number} seconds */
export function span(texts, seconds) {
  if (seconds <= 90) return texts.format('span-seconds', { count: Math.max(10, Math.ceil(seconds / 10) * 10) });
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 10) return texts.format('span-minutes', { count: minutes });
  if (minutes <= 90) return texts.format('span-minutes', { count: Math.ceil(minutes / 5) * 5 });
  const hours = Math.ceil(seconds / 3600);
  if (hours <= 48) return texts.format('span-hours', { count: hours });
  return texts.format('span-days', { count: Math.ceil(hours / 24) });
}
