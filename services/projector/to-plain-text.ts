/**
 * A sentence that PostgreSQL can keep: what a reason quotes may be anything, and a NUL or half a surrogate
 * pair in it would be refused.
 *
 * @param charsMax of the result, in UTF-16 units
 */
export function toPlainText(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(/[\p{Cc}\p{Cs}]+/gu, ' ');
}
