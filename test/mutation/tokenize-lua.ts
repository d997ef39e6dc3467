/** Lua 5.1 as tokens with their places in the text; comments and white space are left out. */
export interface LuaToken {
  kind: 'name' | 'keyword' | 'number' | 'string' | 'symbol' | 'end';
  text: string;
  /** offset of the first character */
  start: number;
  /** offset behind the last character */
  end: number;
}

const KEYWORDS = new Set([
  'and', 'break', 'do', 'else', 'elseif', 'end', 'false', 'for', 'function', 'if', 'in', 'local', 'nil',
  'not', 'or', 'repeat', 'return', 'then', 'true', 'until', 'while',
]);

/** In this order at each place: what is longer comes before what it begins with. */
const PATTERNS: [kind: LuaToken['kind'] | 'skip', pattern: RegExp][] = [
  ['skip', /\s+/y],
  ['skip', /--\[(=*)\[[\s\S]*?\]\1\]/y],
  ['skip', /--[^\n]*/y],
  ['string', /\[(=*)\[[\s\S]*?\]\1\]/y],
  ['string', /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y],
  ['number', /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /[A-Za-z_]\w*/y],
  ['symbol', /\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.]/y],
];

/** All tokens, and one of kind `end` behind the last. Throws at a character that begins no token. */
export function tokenizeLua(source: string): LuaToken[] {
  const tokens: LuaToken[] = [];
  let at = 0;
  while (at < source.length) {
    const token = tokenAt(source, at);
    if (token === undefined) {
      const lineNumber = source.slice(0, at).split('\n').length;
      throw new Error(`line ${lineNumber} is no Lua at ${source.slice(at, at + 9)}`);
    }
    if (token.kind !== 'skip') tokens.push({ ...token, kind: token.kind });
    at = token.end;
  }
  return [...tokens, { kind: 'end', text: '', start: at, end: at }];
}

function tokenAt(source: string, start: number) {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = start;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) continue;
    return { kind: KEYWORDS.has(text) ? 'keyword' as const : kind, text, start, end: start + text.length };
  }
  return undefined;
}
