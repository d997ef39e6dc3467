/** Ways to break a body of JSON that no JSON value can express. */
export const BREAKS = [
  'cut', 'number', 'comma', 'repeated', 'proto', 'deep', 'comment', 'quotes', 'mark', 'bytes', 'zeros',
  'twice',
  'empty', 'blank', 'utf16', 'long', 'surrogate',
] as const;

export interface Break {
  how: (typeof BREAKS)[number];
  /** where, or which; modulo what there is */
  at: number;
}

/** Numbers that JSON cannot say, or that no program keeps as they are. */
const NUMBERS = [
  'NaN', 'Infinity', '-Infinity', '1e400', '-1e400', '-0', '00', '01', '1.0', '1.', '.5', '0x10', '+1',
  '1_000', '1e-400',
  '9007199254740993', '99999999999999999999', '1E2', '0.99999999999999999999', '0e99999',
  `1${'0'.repeat(400)}`,
];
const NO_UTF8 = [0xff, 0xc0, 0x80, 0xed, 0xa0, 0x80];
const LEVELS = [100, 5_000, 30_000];
/** A server's default, and one more. */
const LONG_BYTES = [65_536, 65_537, 200_000];

/** What is sent instead of the text. */
export function breakText(text: string, { how, at }: Break): string | Buffer {
  const pick = <T>(list: readonly T[]): T => list[at % list.length] as T;
  const place = at % (text.length + 1);
  switch (how) {
    case 'cut': return text.slice(0, place);
    case 'number': return replaceOne(text, /\d+/g, pick(NUMBERS), at);
    case 'comma': return replaceOne(text, /[}\]]/g, ',}', at);
    case 'repeated': return text.replace('{', '{"items":[],"items":null,"a":1,"a":2,');
    case 'proto': return text.replace('{', pick(PROTO));
    case 'deep': return `{"items":${'['.repeat(pick(LEVELS))}${']'.repeat(pick(LEVELS))}}`;
    case 'comment': return `${text}// a comment`;
    case 'quotes': return text.replaceAll('"', "'");
    case 'mark': return `\ufeff${text}`;
    case 'bytes': return Buffer.concat([
      Buffer.from(text.slice(0, place)), Buffer.from(NO_UTF8), Buffer.from(text.slice(place)),
    ]);
    case 'zeros': return `${text.slice(0, place)}\u0000${text.slice(place)}`;
    case 'twice': return text + text;
    case 'empty': return '';
    case 'blank': return ' \n\t';
    case 'utf16': return Buffer.from(text, 'utf16le');
    case 'long': return `${' '.repeat(Math.max(0, pick(LONG_BYTES) - text.length))}${text}`;
    case 'surrogate': return text.replace('":"', '":"\\ud800\\u0000');
    default: return how satisfies never;
  }
}

const PROTO = [
  '{"__proto__":{"isAdmin":true},', '{"constructor":{"prototype":{"isAdmin":true}},',
  '{"\\u005f_proto__":{"a":1},',
  '{"__proto__":null,',
] as const;

function replaceOne(text: string, pattern: RegExp, by: string, at: number): string {
  const found = [...text.matchAll(pattern)];
  const one = found[at % found.length];
  if (one === undefined) return text;
  return text.slice(0, one.index) + by + text.slice(one.index + one[0].length);
}
