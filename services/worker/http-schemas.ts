import { Type } from 'typebox';
import { EVENT_TYPES } from '../shared/contracts/events.ts';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';
import { DELIVERY_STATES } from './webhook-table.ts';

/** The API of webhooks: validation and serialisation come from these. */

export const PAGE_MAX = 500;
const SEQ_MAX = 999_999_999_999_999;

const closed = { additionalProperties: false };
const All = Type.Literal('*');
const SaleId = Type.String({ pattern: SALE_ID_PATTERN });
const Limit = Type.String({ default: '100', pattern: '^[1-9]\\d{0,2}$' });
const TimeOrNull = Type.Union([Type.String(), Type.Null()]);

export const WebhookParams = Type.Object({
  webhookId: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
}, closed);

export const DeliveryParams = Type.Object({
  ...WebhookParams.properties,
  deliveryId: Type.String({ pattern: '^\\d{1,15}$' }),
}, closed);

export const WebhookInput = Type.Object({
  url: Type.String({ minLength: 1, maxLength: 2_000 }),
  saleIds: Type.Union([All, Type.Array(SaleId, { minItems: 1, maxItems: 1_000, uniqueItems: true })]),
  types: Type.Union([All, Type.Array(Type.String({ enum: [...EVENT_TYPES] }), {
    minItems: 1, uniqueItems: true, description: 'with * also the types that are added later',
  })]),
  isActive: Type.Boolean({ default: true }),
}, closed);

export const ReplayInput = Type.Object({
  saleId: SaleId,
  afterSeq: Type.Integer({ minimum: 0, maximum: SEQ_MAX }),
  throughSeq: Type.Optional(Type.Integer({
    minimum: 1, maximum: SEQ_MAX, description: 'default: the last event of the sale',
  })),
}, closed);

export const WebhooksQuery = Type.Object({
  after: Type.String({ default: '', maxLength: 63 }),
  limit: Limit,
}, closed);

export const DeliveriesQuery = Type.Object({
  state: Type.Optional(Type.Unsafe<(typeof DELIVERY_STATES)[number]>(
    Type.String({ enum: [...DELIVERY_STATES] }))),
  after: Type.String({ default: '0', pattern: '^\\d{1,15}$' }),
  limit: Limit,
}, closed);

const view = {
  webhookId: Type.String(),
  url: Type.String(),
  saleIds: Type.Union([All, Type.Array(Type.String())]),
  types: Type.Union([All, Type.Array(Type.String())]),
  isActive: Type.Boolean(),
  offReason: Type.Union([Type.String(), Type.Null()], { description: 'why it was switched off by itself' }),
  oldSecretUntil: TimeOrNull,
  pending: Type.Integer(),
  dead: Type.Integer(),
  createdAt: Type.String(),
  changedAt: Type.String(),
};

export const WebhookView = Type.Object(view);
export const NewWebhookView = Type.Object({
  ...view, secret: Type.String({ description: 'is shown this once' }),
});
export const WebhooksAnswer = Type.Object({
  webhooks: Type.Array(WebhookView),
  next: Type.Union([Type.String(), Type.Null()]),
});
export const RotatedAnswer = Type.Object({ secret: Type.String(), oldSecretUntil: Type.String() });
export const ReplayAnswer = Type.Object({
  replayId: Type.Integer(), saleId: Type.String(), afterSeq: Type.Integer(), throughSeq: Type.Integer(),
});

export const DeliveriesAnswer = Type.Object({
  deliveries: Type.Array(Type.Object({
    deliveryId: Type.Integer(),
    saleId: Type.String(),
    seq: Type.Integer(),
    eventId: Type.String(),
    type: Type.String(),
    replayId: Type.Union([Type.Integer(), Type.Null()]),
    state: Type.String(),
    attempts: Type.Integer(),
    lastStatus: Type.Union([Type.Integer(), Type.Null()]),
    lastFault: Type.Union([Type.String(), Type.Null()]),
    lastAttemptAt: TimeOrNull,
    nextAttemptAt: TimeOrNull,
    createdAt: Type.String(),
  })),
  next: Type.Union([Type.Integer(), Type.Null()]),
});
