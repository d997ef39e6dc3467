const format = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });

/** `7 Jan 2027, 19:30 UTC`. One clock for everybody: the legacy tables do not know where a venue is. */
export function formatTime(time: Date): string {
  return `${format.format(time)} UTC`;
}
