import { Type } from 'typebox';
import { ROUTE_STATES } from '../shared/routes/route.ts';
import type { RouteState } from '../shared/routes/route.ts';
import { Why } from './http-schemas.ts';

/** `/admin/v1/routes`: validation and serialisation come from these. */

const closed = { additionalProperties: false };
const TextOrNull = Type.Union([Type.String(), Type.Null()]);
const Time = Type.String({ description: 'ISO 8601' });

/** A change of a show's route. */
export const RouteInput = Type.Object({
  state: Type.Unsafe<RouteState>(Type.String({ enum: [...ROUTE_STATES] })),
  why: Why,
  dryRun: Type.Boolean({ default: false, description: 'only says what would be refused' }),
}, closed);

export const RouteAnswer = Type.Object({
  saleId: Type.String(),
  number: Type.Integer({ description: 'goes up with each change; 0: nobody has changed it' }),
  state: Type.String({ description: 'where the requests go' }),
  changedAt: Type.Union([Time, Type.Null()]),
  changedBy: TextOrNull,
  why: TextOrNull,
});

export const RoutesAnswer = Type.Object({ routes: Type.Array(RouteAnswer) });

export const RouteChangeAnswer = Type.Object({
  route: RouteAnswer,
  isChanged: Type.Boolean({ description: 'false: it was so already, or this was a dry run' }),
});

export const RouteHistoryAnswer = Type.Object({
  changes: Type.Array(Type.Object({
    number: Type.Integer(),
    from: Type.String(),
    to: Type.String(),
    at: Time,
    who: Type.String(),
    why: TextOrNull,
  }), { description: 'the last first, 500 at most' }),
});
