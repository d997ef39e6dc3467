/** Shortened: `npm run test:chaos -- --kills 100 --cut 30` has the full numbers. */
import t from 'tap';
import { runChaos } from './run-chaos.ts';

t.setTimeout(300_000);

t.test('kills, cuts and new shards under load: nothing lost, nothing twice, nothing parked', async (t) => {
  const report = await runChaos(t, {
    kills: 9, cutMs: 2_000, seed: Date.now() % 2 ** 31, say: (text) => t.comment(text),
  });
  t.comment(JSON.stringify(report));
  t.ok(report.confirmed > 0, `${report.confirmed} orders were confirmed`);
  t.ok(report.mails >= report.confirmed, `${report.mails} mails were sent`);
  t.ok(report.shards >= 10, `${report.shards} shards in the end`);
  t.ok(report.faults > 10, `${report.faults} faults of the bus`);
});
