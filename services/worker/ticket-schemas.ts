import { Type } from 'typebox';
import { SALE_ID_PATTERN } from '../shared/contracts/sale-input.ts';
import { JOB_STATES } from './jobs/job-table.ts';
import type { JobState } from './jobs/job-table.ts';

/** The API of tickets and jobs: validation and serialisation come from these. */

const closed = { additionalProperties: false };
const TextOrNull = Type.Union([Type.String(), Type.Null()]);

export const VerifyInput = Type.Object({
  token: Type.String({ minLength: 1, maxLength: 2_000, description: 'what the QR of the ticket says' }),
  saleId: Type.String({ pattern: SALE_ID_PATTERN, description: 'whom this door lets in' }),
  gate: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'told to who comes second' })),
}, closed);

export const VerifyAnswer = Type.Object({
  verdict: Type.Literal('valid'),
  ticketId: Type.String(),
  saleId: Type.String(),
  showName: Type.String(),
  holder: TextOrNull,
  areaName: Type.String(),
  rowLabel: TextOrNull,
  seatLabel: TextOrNull,
  ticketType: Type.String(),
  usedAt: Type.String(),
});

export const KeysAnswer = Type.Object({ keys: Type.Array(Type.Object({}, { additionalProperties: true })) });

export const OrderParams = Type.Object({
  orderId: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
}, closed);

export const JobParams = Type.Object({ jobId: Type.String({ pattern: '^\\d{1,15}$' }) }, closed);

export const JobsQuery = Type.Object({
  state: Type.Optional(Type.Unsafe<JobState>(Type.String({ enum: [...JOB_STATES] }))),
  after: Type.String({ default: '0', pattern: '^\\d{1,15}$' }),
  limit: Type.String({ default: '100', pattern: '^[1-9]\\d{0,2}$' }),
}, closed);

export const JobsAnswer = Type.Object({
  jobs: Type.Array(Type.Object({
    id: Type.Integer(),
    task: Type.String(),
    key: TextOrNull,
    state: Type.String(),
    attempts: Type.Integer(),
    attemptsMax: Type.Integer(),
    lastError: TextOrNull,
    runAt: Type.String(),
    createdAt: Type.String(),
  })),
  next: Type.Union([Type.Integer(), Type.Null()]),
});
