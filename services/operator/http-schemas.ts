import { Type } from 'typebox';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';

/** The operator's API: validation and serialisation come from these. */

export const EVENTS_MAX = 1_000;
export const SALES_MAX = 500;

const closed = { additionalProperties: false };
const Count = (max: number): string => `^([1-9]\\d{0,${String(max).length - 1}})$`;

export const SaleParams = Type.Object({ saleId: Type.String({ pattern: SALE_ID_PATTERN }) }, closed);

/**
 * Cursors are text here, so that what is wrong with one gets the catalogue's reason and not a schema's
 * sentence.
 */
export const EventsQuery = Type.Object({
  after: Type.String({ default: '0' }),
  limit: Type.String({ default: '100', pattern: Count(EVENTS_MAX) }),
}, closed);

export const SalesQuery = Type.Object({
  after: Type.String({ default: '', maxLength: 63 }),
  limit: Type.String({ default: '100', pattern: Count(SALES_MAX) }),
}, closed);

/** The log is passed on as it is; only its envelope is described. */
export const EventsAnswer = Type.Object({
  events: Type.Array(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  next: Type.Integer({ description: 'the cursor of the next request; equals `after` at the end of the log' }),
});

const Parked = Type.Object({
  seq: Type.Integer(),
  type: Type.String(),
  reason: Type.String(),
  parkedAt: Type.String(),
});

const Stock = Type.Object({
  capacity: Type.Integer(),
  held: Type.Integer(),
  sold: Type.Integer(),
  blocked: Type.Integer(),
}, { description: 'as the projection `legacy` has it' });

export const SalesAnswer = Type.Object({
  sales: Type.Array(Type.Object({
    saleId: Type.String(),
    partition: Type.Integer(),
    state: Type.Union([Type.String(), Type.Null()], {
      description: 'as the projection `legacy` has it; archived by the log',
    }),
    stock: Type.Union([Stock, Type.Null()]),
    headSeq: Type.Integer({ description: 'of the log, as far as it is in the event store' }),
    projections: Type.Array(Type.Object({
      projection: Type.String(),
      seq: Type.Integer(),
      behind: Type.Integer(),
      parked: Type.Union([Parked, Type.Null()]),
    })),
    rejected: Type.Integer(),
  })),
  parkedPartitions: Type.Array(Type.Object({
    partition: Type.String({ description: 'its name, p07' }),
    reason: Type.String(),
    parkedAt: Type.String(),
    records: Type.Integer({ description: 'that wait' }),
  }), { description: 'of whose sales nothing is stored until an operator releases them' }),
  next: Type.Union([Type.String(), Type.Null()], { description: 'the cursor of the next page, if any' }),
});
