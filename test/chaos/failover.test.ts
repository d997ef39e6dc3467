/**
 * Promises 1 and 3 when Redis fails over (test/chaos/run-failovers.ts). Shortened: `npm run test:chaos --
 * --failovers 20` has more of it.
 */
import t from 'tap';
import { runFailovers } from './run-failovers.ts';

t.test('Redis fails over under load, and the sale goes on by itself', { timeout: 300_000 }, async (t) => {
  const report = await runFailovers(t, { failovers: 3, say: (text) => t.comment(text) });
  t.comment(JSON.stringify(report));
  t.ok(report.acknowledged > 0, `${report.acknowledged} orders were acknowledged, all are in the log`);
  t.ok(report.epoch > 0, 'at least one failover had lost something');
});
