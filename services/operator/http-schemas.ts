import { Type } from 'typebox';
import type { TSchema } from 'typebox';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';

/** The operator's API: validation and serialisation come from these. */

export const SALES_MAX = 500;

const closed = { additionalProperties: false };
const Count = (max: number): string => `^([1-9]\\d{0,${String(max).length - 1}})$`;

export const SaleParams = Type.Object({ saleId: Type.String({ pattern: SALE_ID_PATTERN }) }, closed);

export const SalesQuery = Type.Object({
  after: Type.String({ default: '', maxLength: 63 }),
  limit: Type.String({ default: '100', pattern: Count(SALES_MAX) }),
}, closed);

const AnyEvent = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true });

/** The log is passed on as it is; only its envelope is described. */
export const EventsAnswer = Type.Object({
  events: Type.Array(AnyEvent),
  next: Type.Integer({ description: 'the cursor of the next request; equals `after` at the end of the log' }),
});

export const TraceParams = Type.Object({
  asked: Type.String({
    pattern: '^[!-~]{1,200}$',
    description: 'a correlation, an id of a hold, order or buyer, or a link such as seat:SALE/SEAT',
  }),
}, closed);

export const WatchQuery = Type.Object({
  sale: Type.Optional(Type.String({ pattern: SALE_ID_PATTERN })),
  type: Type.Optional(Type.String({ maxLength: 1_000 })),
  after: Type.Optional(Type.String({ description: 'a position; absent: what comes from now on' })),
}, closed);

/** As of `events`. */
export const TraceQuery = Type.Object({
  after: Type.String({ default: '0' }),
  limit: Type.String({ default: '100' }),
}, closed);

const Parked = Type.Object({
  seq: Type.Integer(),
  type: Type.String(),
  reason: Type.String(),
  parkedAt: Type.String(),
});

const Projection = Type.Object({
  projection: Type.String(),
  seq: Type.Integer(),
  behind: Type.Integer({ description: 'events that it has not applied' }),
  parked: Type.Union([Parked, Type.Null()]),
});
const Projections = Type.Array(Projection);

const Stock = Type.Object({
  capacity: Type.Integer(),
  held: Type.Integer(),
  sold: Type.Integer(),
  blocked: Type.Integer(),
}, { description: 'as the projection `legacy` has it' });

const ParkedPartitions = Type.Array(Type.Object({
  partition: Type.String({ description: 'its name, p07' }),
  reason: Type.String(),
  parkedAt: Type.String(),
  records: Type.Integer({ description: 'that wait' }),
}), { description: 'of whose sales nothing is stored until an operator releases them' });

export const SalesAnswer = Type.Object({
  sales: Type.Array(Type.Object({
    saleId: Type.String(),
    partition: Type.Integer(),
    state: Type.Union([Type.String(), Type.Null()], {
      description: 'as the projection `legacy` has it; archived by the log',
    }),
    stock: Type.Union([Stock, Type.Null()]),
    headSeq: Type.Integer({ description: 'of the log, as far as it is in the event store' }),
    projections: Projections,
    rejected: Type.Integer(),
  })),
  parkedPartitions: ParkedPartitions,
  next: Type.Union([Type.String(), Type.Null()], { description: 'the cursor of the next page, if any' }),
});

export const PARKED_MAX = 1_000;

export const ParkedAnswer = Type.Object({
  projections: Type.Array(Type.Object({
    projection: Type.String(),
    saleId: Type.String(),
    eventId: Type.String(),
    ...Parked.properties,
  }), { description: `the oldest first, at most ${PARKED_MAX}` }),
  partitions: ParkedPartitions,
});

export const ProjectionParams = Type.Object({
  ...SaleParams.properties,
  projection: Type.String({
    pattern: '^[a-z][a-z_-]{0,40}(@[1-9]\\d{0,5})?$', description: 'NAME, or NAME@VERSION',
  }),
}, closed);

export const Why = Type.String({
  pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f]{1,500}$', description: 'for the audit: in your own words',
});

export const ParkedInput = Type.Object({
  seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'at which it is parked' }),
  why: Why,
}, closed);

export const BuyerParams = Type.Object({ buyerId: Type.String({ pattern: '^[!-~]{1,128}$' }) }, closed);

export const EraseInput = Type.Object({ why: Why }, closed);

export const ErasedAnswer = Type.Object({
  buyerId: Type.String(),
  keys: Type.Integer({ description: 'of contacts in the log, which nobody can open any more' }),
  orders: Type.Integer({ description: 'of this buyer in the legacy tables; they stay, without a name' }),
  customers: Type.Integer(),
  tickets: Type.Integer({ description: 'that had a name on them' }),
  documents: Type.Integer(),
});

export const ReplayInput = Type.Object({ why: Why }, closed);

const oneOf = <T extends string>(values: readonly T[]) => Type.Unsafe<T>(Type.String({ enum: [...values] }));
const howToRecall = {
  kind: oneOf(['cancelled', 'moved'] as const),
  places: oneOf(['return', 'block'] as const),
  refund: oneOf(['all', 'withoutFees', 'none'] as const),
  ordersPerSecond: Type.Integer({ minimum: 1, maximum: 1_000 }),
};
const Moment = Type.String({ format: 'date-time' });

export const RecallBody = Type.Object({
  ...howToRecall,
  why: Type.String({ ...Why, description: 'for the buyers and the audit' }),
  newDate: Type.Optional(Type.Union([Moment, Type.Null()])),
  answerBy: Type.Optional(Type.Union([Moment, Type.Null()])),
}, closed);

export const RecallAnswer = Type.Object({
  saleId: Type.String(),
  ...howToRecall,
  reason: Type.String(),
  newDate: Type.Union([Type.String(), Type.Null()]),
  answerBy: Type.Union([Type.String(), Type.Null()]),
  state: oneOf(['running', 'paused', 'done'] as const),
  startedAt: Type.String(),
  doneAt: Type.Union([Type.String(), Type.Null()]),
  orders: Type.Record(Type.String(), Type.Integer(), {
    description: 'by state: to_ask, asked, kept, to_cancel, cancelled, refused',
  }),
  cancelledMinor: Type.Integer({ description: 'what cancelled orders had cost' }),
  refundedMinor: Type.Integer({ description: 'what was given back of them so far' }),
  refused: Type.Array(Type.Object({ orderId: Type.String(), reason: Type.String() }), {
    description: 'the first hundred',
  }),
});

export const ActAnswer = Type.Object({
  saleId: Type.String(),
  projection: Type.String(),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  actor: Type.String({ description: 'who is kept in the audit' }),
  why: Type.String(),
});

export const ProjectionAnswer = Type.Object({
  saleId: Type.String(),
  headSeq: Type.Integer(),
  ...Projection.properties,
  replayable: Type.Boolean({ description: 'its rows may be made anew from the first event on' }),
  event: Type.Union([AnyEvent, Type.Null()], { description: 'at which it is parked' }),
  acts: Type.Array(Type.Object({
    act: Type.String({ description: 'parked, retried, skipped or replayed' }),
    seq: Type.Union([Type.Integer(), Type.Null()]),
    eventType: Type.Union([Type.String(), Type.Null()]),
    reason: Type.Union([Type.String(), Type.Null()]),
    actor: Type.String(),
    why: Type.String(),
    askedAt: Type.String(),
    doneAt: Type.Union([Type.String(), Type.Null()], { description: 'null: no projector has begun yet' }),
  }), { description: 'what was done about it, the newest first' }),
});

export const SeatParams = Type.Object({
  ...SaleParams.properties,
  seatId: Type.String({ minLength: 1, maxLength: 100 }),
}, closed);

const Time = Type.String({ description: 'ISO 8601' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const SeatExplanationAnswer = Type.Object({
  saleId: Type.String(),
  seatId: Type.String(),
  areaId: Type.String(),
  rowId: Type.String(),
  label: Type.String(),
  categoryId: Type.String(),
  status: Type.Union(['free', 'held', 'sold', 'blocked'].map((status) => Type.Literal(status))),
  home: Type.String({
    description: 'whom it is for while it is free: public, accessible, companion, channel:ID',
  }),
  why: Type.String({ description: 'one sentence' }),
  holder: orNull(Type.Object({
    holdId: Type.String(),
    buyerId: Type.String(),
    placedAt: Time,
    expiresAt: Time,
    expiresAtMax: Time,
    lapsed: Type.Boolean({ description: 'its time is over; it is about to be given back' }),
  })),
  order: orNull(Type.Object({
    orderId: Type.String(),
    holdId: Type.String(),
    buyerId: Type.String(),
    confirmedAt: Time,
    total: Type.Integer({ description: 'of the whole order, minor units' }),
    currency: Type.String(),
  })),
  steps: Type.Array(Type.Object({
    seq: Type.Integer(),
    type: Type.String(),
    at: Time,
    actor: Type.String(),
    correlationId: Type.String(),
    status: Type.String({ description: 'what the seat was after this event' }),
    reason: orNull(Type.String()),
  }), { description: 'every event that changed it, oldest first' }),
  seq: Type.Integer({ description: 'up to which event this is the truth' }),
  projections: Projections,
});

const Verdict = Type.Object({
  seq: orNull(Type.Integer({ description: 'at which event it was compared' })),
  agrees: orNull(Type.Boolean()),
  why: orNull(Type.String({ description: 'why there was nothing to compare' })),
  differences: Type.Integer(),
  told: Type.Array(Type.String(), { description: 'the first of them' }),
});

export const CertificateAnswer = Type.Object({
  certificate: Type.Object({
    saleId: Type.String(),
    issuedAt: Time,
    clean: Type.Boolean(),
    faults: Type.Array(Type.String()),
    log: Type.Object({
      events: Type.Integer(),
      firstDigest: Type.String(), lastDigest: Type.String(), firstAt: Type.String(), lastAt: Type.String(),
    }),
    totals: Type.Object({
      currency: Type.String(),
      holds: Type.Object({
        placed: Type.Integer(), released: Type.Integer(), expired: Type.Integer(), ordered: Type.Integer(),
      }),
      expiredLateMsMax: Type.Number(),
      orders: Type.Integer(), tickets: Type.Integer(),
      money: Type.Integer({ description: 'minor units' }),
      recoveries: Type.Integer(),
    }),
    redis: Verdict,
    legacy: Verdict,
  }),
  signed: Type.String({ description: 'the certificate as a compact JWS (EdDSA)' }),
});

/** Text, so that what is wrong gets one sentence. */
export const MomentQuery = Type.Object({
  seq: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,14}$' })),
  at: Type.Optional(Type.String({ maxLength: 40 })),
}, closed);

const counts = {
  capacity: Type.Integer(), free: Type.Integer(), held: Type.Integer(), sold: Type.Integer(),
};

export const SaleDescriptionAnswer = Type.Object({
  saleId: Type.String(),
  seq: Type.Integer({ description: 'of the last event that counts; 0 before the first' }),
  at: orNull(Time),
  state: Type.String(),
  epoch: Type.Integer(),
  version: Type.Integer(),
  areas: Type.Array(Type.Object({
    areaId: Type.String(),
    ...counts,
    blocked: Type.Integer(),
    allotted: Type.Integer({ description: 'of what is free: what channels may still draw, general areas' }),
  })),
  groups: Type.Array(Type.Object({ groupId: Type.String(), ...counts })),
  venue: Type.Object(counts),
  holds: Type.Object({ live: Type.Integer(), ended: Type.Integer(), ordered: Type.Integer() }),
  orders: Type.Object({
    count: Type.Integer(),
    tickets: Type.Integer(),
    total: Type.Integer({ description: 'minor units' }),
    currency: Type.String(),
  }),
  buyers: Type.Integer({ description: 'who hold or have bought' }),
});
