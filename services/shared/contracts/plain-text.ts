import { Type } from 'typebox';
import type { TString } from 'typebox';

/**
 * The schema of a text that every reader can keep: no control characters and no half surrogate pairs, which
 * PostgreSQL takes neither in text nor in JSON. Let in, one buyer's name could stop a sale's projection.
 *
 * @param charsMax length at most, in UTF-16 units
 * @param charsMin length at least, 1 unless given
 */
export function plainText(charsMax: number, charsMin = 1): TString {
  return Type.String({ minLength: charsMin, maxLength: charsMax, pattern: '^[^\\p{Cc}\\p{Cs}]*$' });
}
