import { loadSql } from '../shared/platform/pg.ts';
import type { Pool } from '../shared/platform/pg.ts';

const sql = {
  select: loadSql(import.meta.url, './sql/select-outage.sql'),
  update: loadSql(import.meta.url, './sql/update-outage.sql'),
};

export const OUTAGE_MODES = ['none', 'down', 'slow'] as const;

export interface OutageState {
  mode: (typeof OUTAGE_MODES)[number];
  /** that an answer takes longer while it is slow */
  delayMs: number;
  untilAt: Date;
}

/** The latest time there is, by ECMA-262. */
const UNKNOWN: OutageState = { mode: 'down', delayMs: 0, untilAt: new Date(8.64e15) };

/**
 * The provider as it was told to fail. It is kept in the database, so that a process that starts anew goes on
 * failing; others see it within a look of theirs.
 */
export class Outage {
  readonly #pool: Pool;
  #state: OutageState | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Whether it was looked up since this process began. */
  get isKnown(): boolean {
    return this.#state !== undefined;
  }

  /** How it is now; down until that is known, since a process may begin in the middle of an outage. */
  now(): OutageState {
    const { untilAt } = this.#state ?? UNKNOWN;
    return untilAt.getTime() > Date.now() ? this.#state ?? UNKNOWN : { mode: 'none', delayMs: 0, untilAt };
  }

  async look(): Promise<void> {
    await this.#query(sql.select, []);
  }

  async put(mode: OutageState['mode'], delayMs: number, seconds: number): Promise<OutageState> {
    await this.#query(sql.update, [mode, delayMs, seconds]);
    return this.now();
  }

  async #query(text: string, values: unknown[]): Promise<void> {
    type Row = { mode: OutageState['mode']; delay_ms: number; until_at: Date };
    const { rows: [row] } = await this.#pool.query<Row>(text, values);
    if (row !== undefined) this.#state = { mode: row.mode, delayMs: row.delay_ms, untilAt: row.until_at };
  }
}
