import { tokenizeLua } from './tokenize-lua.ts';
import type { LuaToken } from './tokenize-lua.ts';

/**
 * Where a Lua 5.1 chunk can be broken: its operators, constants, conditions, statements and results, each
 * with its place in the text. It reads the grammar without precedence, which needs no more than where an
 * expression ends.
 */
export interface LuaSite {
  kind: 'binary' | 'not' | 'number' | 'boolean' | 'field' | 'condition' | 'loop' | 'statement' | 'result'
    | 'break';
  /** of the source from `start` to `end`; of a `field`, `math.min` for example */
  text: string;
  start: number;
  end: number;
}

const BINARY = new Set(['+', '-', '*', '/', '%', '^', '..', '==', '~=', '<', '<=', '>', '>=', 'and', 'or']);
const BLOCK_ENDS = new Set(['end', 'else', 'elseif', 'until', '']);

/** In the order of the text. Throws where the source is no Lua, naming the line. */
export function findLuaSites(source: string): LuaSite[] {
  const reader = new Reader(source);
  reader.block();
  reader.take('');
  return reader.sites.toSorted((a, b) => a.start - b.start || b.end - a.end);
}

class Reader {
  sites: LuaSite[] = [];
  #source: string;
  #tokens: LuaToken[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenizeLua(source);
  }

  block(): void {
    while (!BLOCK_ENDS.has(this.#now.text)) this.#statement();
  }

  /** Goes behind a token that must be there. */
  take(text: string): void {
    if (this.#now.text !== text) this.#fail(`${text === '' ? 'the end' : text} is missing`);
    this.#at += 1;
  }

  get #now(): LuaToken {
    return this.#tokens[this.#at] as LuaToken;
  }

  #fail(what: string): never {
    const { start, text } = this.#now;
    const lineNumber = this.#source.slice(0, start).split('\n').length;
    throw new Error(`line ${lineNumber}: ${what} before ${text || 'the end'}`);
  }

  /** True and behind the token if it is the one that comes. */
  #takes(text: string): boolean {
    const isThere = this.#now.text === text && this.#now.kind !== 'string';
    if (isThere) this.#at += 1;
    return isThere;
  }

  #note(kind: LuaSite['kind'], start: number): void {
    const { end } = this.#tokens[this.#at - 1] as LuaToken;
    this.sites.push({ kind, text: this.#source.slice(start, end), start, end });
  }

  #statement(): void {
    const { start } = this.#now;
    if (this.#takes('if')) return this.#if();
    if (this.#takes('while')) {
      this.#condition('loop');
      return this.#body();
    }
    if (this.#takes('for')) return this.#for();
    if (this.#takes('repeat')) {
      this.block();
      this.take('until');
      return this.#condition('condition');
    }
    if (this.#takes('function')) return this.#functionBody();
    if (this.#takes('local')) return this.#local();
    if (this.#takes('return')) return this.#return();
    if (this.#takes('break')) return this.#note('break', start);
    if (this.#now.text === 'do') return this.#body();
    if (this.#takes(';')) return;
    this.#list(() => this.#operand());
    if (this.#takes('=')) this.#expressions();
    this.#note('statement', start);
  }

  #if(): void {
    do {
      this.#condition('condition');
      this.take('then');
      this.block();
    } while (this.#takes('elseif'));
    if (this.#takes('else')) this.block();
    this.take('end');
  }

  #condition(kind: 'condition' | 'loop'): void {
    const { start } = this.#now;
    this.#expression();
    this.#note(kind, start);
  }

  #for(): void {
    this.#list(() => this.#name());
    if (!this.#takes('=')) this.take('in');
    this.#expressions();
    this.#body();
  }

  #local(): void {
    if (this.#takes('function')) return this.#functionBody();
    this.#list(() => this.#name());
    if (this.#takes('=')) this.#expressions();
  }

  #return(): void {
    const { start, text } = this.#now;
    if (BLOCK_ENDS.has(text) || text === ';') return;
    this.#expressions();
    this.#note('result', start);
  }

  #body(): void {
    this.take('do');
    this.block();
    this.take('end');
  }

  /** From behind the word `function`: its name if it has one, parameters, block. */
  #functionBody(): void {
    while (!this.#takes('(')) this.#at += 1;
    while (!this.#takes(')')) this.#at += 1;
    this.block();
    this.take('end');
  }

  #name(): void {
    if (this.#now.kind !== 'name') this.#fail('a name is missing');
    this.#at += 1;
  }

  #list(item: () => void): void {
    do item(); while (this.#takes(','));
  }

  #expressions(): void {
    this.#list(() => this.#expression());
  }

  #expression(): void {
    this.#unary();
    while (BINARY.has(this.#now.text) && this.#now.kind !== 'string') {
      const { start } = this.#now;
      this.#at += 1;
      this.#note('binary', start);
      this.#unary();
    }
  }

  #unary(): void {
    const { start } = this.#now;
    if (this.#takes('not')) {
      this.#note('not', start);
      return this.#unary();
    }
    if (this.#takes('-') || this.#takes('#')) return this.#unary();
    this.#operand();
  }

  #operand(): void {
    const { kind, text, start } = this.#now;
    if (this.#takes('{')) return this.#table();
    if (this.#takes('function')) return this.#functionBody();
    if (kind === 'number' || kind === 'string' || text === 'nil' || text === '...') {
      this.#at += 1;
      if (kind === 'number') this.#note('number', start);
      return;
    }
    if (this.#takes('true') || this.#takes('false')) return this.#note('boolean', start);
    if (this.#takes('(')) {
      this.#expression();
      this.take(')');
    } else this.#name();
    this.#suffixes(start);
  }

  #suffixes(start: number): void {
    for (;;) {
      if (this.#takes('.') || this.#takes(':')) {
        this.#name();
        this.#note('field', start);
      } else if (this.#takes('[')) {
        this.#expression();
        this.take(']');
      } else if (this.#takes('(')) {
        if (!this.#takes(')')) {
          this.#expressions();
          this.take(')');
        }
      } else if (this.#now.text === '{') {
        this.take('{');
        this.#table();
      } else if (this.#now.kind === 'string') this.#at += 1;
      else return;
    }
  }

  #table(): void {
    while (!this.#takes('}')) {
      if (this.#takes('[')) {
        this.#expression();
        this.take(']');
        this.take('=');
      } else if (this.#now.kind === 'name' && this.#tokens[this.#at + 1]?.text === '=') this.#at += 2;
      this.#expression();
      if (!this.#takes(',')) this.#takes(';');
    }
  }
}
