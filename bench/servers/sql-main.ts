import type { AddressInfo } from 'node:net';
import {
  HoldAnswer, HoldRequest, ProblemView, SaleParams,
} from '../../services/shared/contracts/http-schemas.ts';
import type { HoldRequest as HoldBody } from '../../services/shared/contracts/http-schemas.ts';
import { createHttp } from '../../services/shared/platform/http-server.ts';
import type { Log } from '../../services/shared/platform/log.ts';
import { connectPg } from '../../services/shared/platform/pg.ts';
import { sendProblem } from '../../services/shared/platform/problem.ts';
import { runService } from '../../services/shared/platform/run-service.ts';
import type { RunningService } from '../../services/shared/platform/run-service.ts';
import { CLAIMS_IN_SQL } from '../baselines/claim-in-sql.ts';

/**
 * A server with the hold route's schemas in front of one of the ways in PostgreSQL. It checks no caller and
 * derives no ids: what it saves that way is given to the baseline.
 */
await runService('baseline', process.env['LOG_LEVEL'], (log) => start(log));

async function start(log: Log): Promise<RunningService> {
  const claim = CLAIMS_IN_SQL[process.env['BASELINE'] ?? ''];
  if (claim === undefined) throw new Error(`BASELINE is none of ${Object.keys(CLAIMS_IN_SQL).join(', ')}`);
  const url = process.env['DATABASE_URL'] ?? '';
  const poolMax = Number(process.env['POOL_MAX']);
  // Who waits for a connection must be answered late, not refused: what is compared is what gets through.
  const pool = connectPg(url, { name: 'baseline', log, poolMax, connectMs: 20_000 });
  const app = createHttp({ log });
  app.post<{ Params: { saleId: string }; Body: HoldBody }>('/v1/sales/:saleId/holds', {
    schema: {
      params: SaleParams,
      body: HoldRequest,
      response: { 201: HoldAnswer, '4xx': ProblemView, '5xx': ProblemView },
    },
  }, async (request, reply) => {
    const { params: { saleId }, body: { buyerId, items: [item] } } = request;
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') return sendProblem(reply, 'idempotency_key_missing');
    if (buyerId === undefined || item?.areaId === undefined || item.quantity === undefined) {
      return sendProblem(reply, 'request_invalid');
    }
    const { areaId, quantity } = item;
    const claimed = await claim(pool, { saleId, buyerId, key, areaId, quantity });
    if (!claimed.ok) return sendProblem(reply, 'sold_out');
    const { holdId, priceMinor: price, expiresAt } = claimed;
    const until = expiresAt.toISOString();
    reply.code(201);
    return {
      holdId,
      items: Array.from({ length: quantity }, () => ({ areaId, ticketType: 'adult', price })),
      total: price * quantity,
      currency: 'EUR',
      expiresAt: until,
      expiresAtMax: until,
    };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      await app.close();
      await pool.end();
    },
  };
}
