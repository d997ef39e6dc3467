import {
  HoldAnswer, HoldRequest, ProblemView, SaleParams,
} from '../../services/shared/contracts/http-schemas.ts';
import { loadConfig } from '../../services/shared/platform/config.ts';
import { runService } from '../../services/shared/platform/run-service.ts';
import { SellingConfig } from '../../services/selling/config.ts';
import { startSelling } from '../../services/selling/start-selling.ts';

/**
 * The selling service as it is, and one more route: it reads the same body and sends the same answer as a
 * hold, and does nothing in between. What a hold costs beyond it is ours; the rest is HTTP's.
 */
const answer = {
  holdId: 'h_0123456789abcdefghijkl',
  items: [{ areaId: 'floor', ticketType: 'adult', price: 4_500 }],
  total: 4_500,
  currency: 'EUR',
  expiresAt: '2026-12-01T09:10:00.000Z',
  expiresAtMax: '2026-12-01T09:30:00.000Z',
};

await runService('selling', process.env['LOG_LEVEL'], (log) =>
  startSelling(loadConfig(SellingConfig, process.env), log, {
    addRoutes: (app) => {
      app.post('/v1/sales/:saleId/nothing', {
        schema: {
          hide: true,
          params: SaleParams,
          body: HoldRequest,
          response: { 201: HoldAnswer, '4xx': ProblemView, '5xx': ProblemView },
        },
      }, async (_request, reply) => {
        reply.code(201);
        return answer;
      });
    },
  }));
