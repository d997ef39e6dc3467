import { Type } from 'typebox';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';

/** `GET /admin/v1/audit`: validation and serialisation come from these. */

export const AUDIT_LINES_MAX = 500;

const closed = { additionalProperties: false };
const Short = (description: string) => Type.Optional(Type.String({ pattern: '^[!-~]{1,200}$', description }));
const Time = (description: string) =>
  Type.Optional(Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d', maxLength: 40, description }));
const Text = (description: string) =>
  Type.Union([Type.String(), Type.Null()], { description });

export const AuditQuery = Type.Object({
  who: Short('`buyer`, `operator`, `provider`, `system`, `operator:NAME`, `buyer:ID`, an actor'),
  sale: Type.Optional(Type.String({ pattern: SALE_ID_PATTERN })),
  stream: Short('of what is no event of a sale: `operator-webhooks`'),
  correlation: Short('a hold, or the trace id of a request'),
  since: Time('ISO 8601: at or after'),
  until: Time('ISO 8601: before'),
  before: Type.Optional(Type.String({
    pattern: '^\\d{1,15}(-\\d{1,15})?$', description: '`next` of a page',
  })),
  limit: Type.String({ default: '100', pattern: '^[1-9]\\d{0,2}$' }),
}, closed);

export const AuditAnswer = Type.Object({
  lines: Type.Array(Type.Object({
    position: Type.Integer({ description: 'in the one order of all events' }),
    at: Type.String({ description: 'ISO 8601' }),
    kind: Type.String({ description: '`buyer`, `operator`, `provider` or `system`' }),
    who: Type.String({ description: '`buyer`, `key:checkout`, `operator:NAME`, `system`' }),
    role: Text('of an operator'),
    from: Text('of an operator: the address'),
    why: Text('in the words of the operator; of what has stopped, the reason'),
    what: Type.String({ description: 'type of the event of a sale; else method and route, or the command' }),
    outcome: Type.String({ description: '`done`, or `asked` where somebody else carries it out later' }),
    saleId: Text('that it is about'),
    stream: Text('that it is in; null: in that of its sale'),
    seq: Type.Integer({ description: 'in its stream' }),
    eventId: Type.String(),
    type: Type.String(),
    correlationId: Text('the hold, or the request'),
    causationId: Text('the trace id of the request'),
    buyerId: Text('whose hold or order it is about'),
    holdId: Text(''),
    orderId: Text(''),
    details: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]),
  }), { description: 'the last first' }),
  next: Text('cursor for what was before; a page may be short, or empty, and have one'),
});
