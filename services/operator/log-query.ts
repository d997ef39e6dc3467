import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { ReadOptions } from '../shared/event-store/stored-event.ts';

/**
 * Which events a request wants, and from where on. All of it is text, so that what is wrong gets a reason of
 * the catalogue and one sentence.
 */
export const EVENTS_MAX = 1_000;
const TYPES_MAX = 20;

export const LogQuery = Type.Object({
  after: Type.String({ default: '0', description: '`next` of the page before; 0: from the first' }),
  limit: Type.String({ default: '100' }),
  order: Type.String({ default: 'forwards', description: 'forwards, or backwards from the last' }),
  type: Type.Optional(Type.String({ maxLength: 1_000, description: 'types, parted by commas' })),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601: at or after' })),
  to: Type.Optional(Type.String({ maxLength: 40, description: 'ISO 8601: before' })),
}, { additionalProperties: false });

/** A page of a log. */
export interface LogPage {
  /** forwards: behind it; backwards: before it, 0 from the end */
  after: number;
  countMax: number;
  wanted: Pick<ReadOptions, 'isBackwards' | 'types' | 'fromTime' | 'toTime'>;
}

/** Reads a query; what is wrong with it as reason and sentence. */
export function readLogQuery(
  query: Static<typeof LogQuery>,
): LogPage | { reason: 'cursor_invalid' | 'request_invalid'; detail: string } {
  const after = readCursor(query.after);
  const countMax = /^\d{1,4}$/.test(query.limit) ? Number(query.limit) : 0;
  if (after === undefined || countMax < 1 || countMax > EVENTS_MAX) {
    return { reason: 'cursor_invalid', detail: `after: 0 or a \`next\`; limit: 1 to ${EVENTS_MAX}` };
  }
  if (query.order !== 'forwards' && query.order !== 'backwards') {
    return { reason: 'request_invalid', detail: 'order: forwards or backwards' };
  }
  const types = readTypes(query.type);
  if (types === null) {
    return { reason: 'request_invalid', detail: `type: 1 to ${TYPES_MAX} types such as hold.placed` };
  }
  const [fromTime, toTime] = [readTime(query.from), readTime(query.to)];
  if (fromTime === null || toTime === null) {
    return { reason: 'request_invalid', detail: 'from and to: times in ISO 8601' };
  }
  return {
    after, countMax,
    wanted: {
      isBackwards: query.order === 'backwards',
      ...types !== undefined && { types },
      ...fromTime !== undefined && { fromTime },
      ...toTime !== undefined && { toTime },
    },
  };
}

/** A whole number from 0 on; undefined for anything else. */
export function readCursor(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Undefined when none is named, null for what is no list of types. */
export function readTypes(text: string | undefined): string[] | undefined | null {
  if (text === undefined) return undefined;
  const types = text.split(',');
  const areTypes = types.every((type) => /^[\x21-\x2b\x2d-\x7e]{1,100}$/.test(type));
  return areTypes && types.length <= TYPES_MAX ? types : null;
}

/** Undefined when none is named, null for what is none; PostgreSQL takes no year of five digits. */
function readTime(text: string | undefined): Date | undefined | null {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : new Date(ms);
}
