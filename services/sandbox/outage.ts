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

/**
 * The provider as it was told to fail. It is kept in the database, so that a process that starts anew goes on
 * failing; others see it within a look of theirs.
 */
export class Outage {
  readonly #pool: Pool;
  #state: OutageState = { mode: 'none', delayMs: 0, untilAt: new Date(0) };

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** How it is now. */
  now(): OutageState {
    return this.#state.untilAt.getTime() > Date.now() ? this.#state
      : { mode: 'none', delayMs: 0, untilAt: this.#state.untilAt };
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
