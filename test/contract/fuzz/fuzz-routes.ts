import t from 'tap';
import { fuzzOperation } from './fuzz-operation.ts';
import { openFuzzedShop } from './fuzzed-shop.ts';
import { readOperations } from './read-operations.ts';
import type { OpenApiDocument } from './read-operations.ts';

const FILE_MS_MAX = 600_000;
/**
 * No relay reads these outboxes, and nothing is archived that the log does not have. No provider is there:
 * every order is confirmed at once, so nobody can give it up or try to pay again, nothing was paid that could
 * go back, and nobody signs what is told of money.
 */
const NEVER_ACCEPTED = [
  'POST /admin/v1/sales/{saleId}/archive',
  'POST /v1/sales/{saleId}/orders/{orderId}/cancel',
  'PUT /v1/sales/{saleId}/orders/{orderId}/payments/{attempt}',
  'PUT /admin/v1/sales/{saleId}/orders/{orderId}/refunds/{refundId}',
  'POST /admin/v1/sales/{saleId}/orders/{orderId}/payments',
  'POST /admin/v1/sales/{saleId}/orders/{orderId}/refunds/{refundId}/complete',
  'POST /v1/webhooks/{provider}',
];

/**
 * One test for each operation of the OpenAPI document whose path is chosen: so many generated requests
 * (FUZZ_REQUESTS, by default 10,000), of which none may be answered 5xx, none that is refused may change
 * anything, and every answer is as the document says. FUZZ_SEED repeats a run.
 */
export async function fuzzRoutes(isChosen: (path: string) => boolean): Promise<void> {
  t.setTimeout(FILE_MS_MAX);
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 30);
  const count = Number(process.env['FUZZ_REQUESTS'] ?? 10_000);
  t.comment(`FUZZ_SEED=${seed} repeats this run`);
  const shop = await openFuzzedShop(t);
  const document = (await shop.app.inject('/openapi.json')).json<OpenApiDocument>();
  const operations = readOperations(document);
  for (const [i, operation] of operations.filter(({ path }) => isChosen(path)).entries()) {
    await t.test(`${operation.method} ${operation.path}`, async (t) => {
      const startedAtMs = performance.now();
      await shop.takeActs();
      const counts = await fuzzOperation(operation, { shop, operations, prefix: `fuzz-${i}`, seed, count });
      t.comment(`${JSON.stringify(counts)} in ${Math.round(performance.now() - startedAtMs)} ms`);
      const someAccepted = Object.keys(counts).some((status) => Number(status) < 300);
      const isNever = NEVER_ACCEPTED.includes(`${operation.method} ${operation.path}`);
      t.equal(someAccepted, !isNever, isNever ? 'none is accepted' : 'some are accepted');
      t.same(shop.errors.splice(0), [], 'nothing is logged as an error');
    });
  }
  await t.test('every sale equals the fold of its events', async (t) => {
    t.ok(await shop.checkSales() > 0);
  });
}
