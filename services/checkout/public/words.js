/** How amounts, times and seats are put into words, the same on every page. */

/**
 * @param {number} minor amount in minor units
 * @param {string} currency ISO 4217
 */
export function formatMoney(minor, currency) {
  const format = new Intl.NumberFormat(navigator.language, { style: 'currency', currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/**
 * @param {number} leftMs
 * @returns {string} 9:59, 1:00:00, or days and hours when it is long
 */
export function formatLeft(leftMs) {
  const seconds = Math.max(0, Math.floor(leftMs / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} days, ${hours % 24} hours`;
  const tail = `${pad(minutes)}:${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : `${minutes}:${pad(seconds % 60)}`;
}

/** @param {string} iso */
export function formatDay(iso) {
  return new Date(iso).toLocaleString(navigator.language, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** @param {string} iso */
export function formatTime(iso) {
  return new Date(iso).toLocaleTimeString(navigator.language, { hour: '2-digit', minute: '2-digit' });
}

/** @param {number} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/**
 * @param {number} buyerLimit tickets per buyer
 * @param {number} limit tickets at a time
 */
export function limitWords(buyerLimit, limit) {
  const perBuyer = `At most ${plural(buyerLimit, 'ticket')} per buyer`;
  return limit < buyerLimit ? `${perBuyer}, ${limit} at a time.` : `${perBuyer}.`;
}

/** @param {number} n */
function pad(n) {
  return String(n).padStart(2, '0');
}
