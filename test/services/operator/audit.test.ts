/** Who did what, when, from where and why: over sales and all other streams, in one order. */
import t from 'tap';
import { createLegacyProjection } from '../../../services/projector/projections/legacy-projection.ts';
import { occupancy } from '../../../services/projector/projections/read-models/occupancy.ts';
import { forwardEvents } from '../../../services/projector/stream-forwarder.ts';
import { FROM_THE_END, LOOKED_AT_MAX, readAudit } from '../../../services/operator/read-audit.ts';
import type { AuditFilter, AuditPage } from '../../../services/operator/read-audit.ts';
import type { AuditLine } from '../../../services/operator/audit-line.ts';
import { attributesOf } from '../../../services/shared/contracts/event-attributes.ts';
import { linkKey } from '../../../services/shared/contracts/event-links.ts';
import type { SaleEvent } from '../../../services/shared/contracts/events.ts';
import { packDoer } from '../../../services/shared/contracts/says-who.ts';
import { placeChunks } from '../../../services/shared/event-store/place-chunks.ts';
import {
  askForReplay, retryParked, skipParked,
} from '../../../services/shared/projections/projection-acts.ts';
import { loadSql, withTransaction } from '../../../services/shared/platform/pg.ts';
import { tellAct } from '../../../services/shared/stream-outbox/tell-act.ts';
import type { EventChain } from '../../harness/event-chain.ts';
import { startService } from '../../harness/start-service.ts';
import { openKit } from '../../kit/open-kit.ts';
import type { Kit } from '../../kit/open-kit.ts';

const ANN = { actor: 'operator:ann', role: 'operator', from: '192.0.2.7', why: 'the seat is there now' };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

/** An event as an operator's request makes it. */
function byOperator(sale: EventChain, type: 'sale.paused' | 'sale.resumed', name: string): SaleEvent {
  const { seq, id } = sale.head;
  const event = attributesOf({
    id: `${sale.saleId}-${seq + 1}`, partition: sale.partition, type, saleId: sale.saleId, seq: seq + 1,
    prev: id,
    time: new Date().toISOString(), epoch: 0, actor: `operator:${name}`, trace: TRACE,
    doer: packDoer({ ...ANN, why: 'a brawl, "déjà vu"' }), data: {},
  });
  sale.head = { seq: seq + 1, id: event.id };
  return event;
}

async function settle({ pool }: Kit): Promise<void> {
  await forwardEvents({ name: 'legacy', pool }, pool);
  await placeChunks(pool);
}

/** All pages, of `countMax` lines at most. */
async function auditOf({ pool }: Kit, filter: AuditFilter, countMax = 500): Promise<AuditLine[]> {
  const lines: AuditLine[] = [];
  for (let page: AuditPage | undefined; page === undefined || page.next !== undefined;) {
    page = await readAudit(pool, filter, { before: page?.next ?? FROM_THE_END, countMax });
    lines.push(...page.lines);
  }
  return lines;
}

/** A sale with a seat that the legacy rows do not know: parked at event 4. */
async function poison(kit: Kit, saleId: string) {
  const sale = kit.chain(saleId);
  await kit.given([...sale.open(), sale.hold(1, ['no-such-seat']).event, ...await sale.traffic(2)]);
  return { sale, parked: { projection: 'legacy', saleId, seq: 4 } };
}

t.test('parked, retried and skipped are all in the audit, in their order, with who and why', async (t) => {
  const kit = await openKit(t);
  const legacy = createLegacyProjection(kit.contactKey);
  const { parked } = await poison(kit, 'hamlet');
  await kit.projected(legacy, occupancy);
  t.ok(await retryParked(kit.pool, parked, { ...ANN, trace: TRACE }));
  t.notOk(await retryParked(kit.pool, parked, ANN), 'what is not done is not told');
  await kit.projected(legacy, occupancy);
  await t.rejects(skipParked(kit.pool, parked, { ...ANN, why: '' }));
  t.ok(await skipParked(kit.pool, parked, { ...ANN, actor: 'operator:bob', why: 'a test order' }));
  await kit.projected(legacy, occupancy);
  t.ok(await askForReplay(kit.pool, { projection: occupancy.key, saleId: 'hamlet' }, ANN));
  await settle(kit);

  const lines = await auditOf(kit, { stream: 'operator-projections' });
  t.match(lines.toReversed(), [
    { kind: 'system', type: 'projection.parked', why: /seat/, saleId: 'hamlet', details: { seq: 4 } },
    {
      who: 'operator:ann', role: 'operator', from: '192.0.2.7', why: 'the seat is there now', outcome: 'done',
      what: 'retry legacy of hamlet at 4', correlationId: TRACE, details: { eventType: 'hold.placed' },
    },
    { kind: 'system', type: 'projection.parked', details: { seq: 4 } },
    { who: 'operator:bob', why: 'a test order', what: 'skip legacy of hamlet at 4', saleId: 'hamlet' },
    { who: 'operator:ann', what: `replay ${occupancy.key} of hamlet`, outcome: 'asked' },
  ]);
  t.equal(lines.length, 5);
  t.same(lines.map(({ seq }) => seq), [5, 4, 3, 2, 1]);
  const ofSale = await auditOf(kit, { saleId: 'hamlet' });
  t.same(ofSale.filter(({ stream }) => stream !== null), lines, 'beside the events of the sale');
  t.match(await auditOf(kit, { who: 'operator:bob' }), [{ type: 'operator.acted' }]);
});

t.test('each filter finds what it means, page by page, whatever the size of a page', async (t) => {
  const kit = await openKit(t);
  const [hamlet, lear] = [kit.chain('hamlet'), kit.chain('lear')];
  await kit.given([...hamlet.open(), ...lear.open()]);
  const { event: held, holdId } = hamlet.hold(1);
  await kit.given([held, byOperator(hamlet, 'sale.paused', 'ann')]);
  const act = {
    service: 'worker', stream: 'operator-webhooks', doer: { ...ANN, actor: 'operator:bob', trace: TRACE },
    what: 'PUT /admin/v1/webhooks/w', outcome: 'done', details: { webhookId: 'w' },
  } as const;
  await withTransaction(kit.pool, (client) => tellAct(client, act));
  await settle(kit);
  const other = { ...act, what: 'POST replay', saleId: 'lear' };
  await withTransaction(kit.pool, (client) => tellAct(client, other));
  await settle(kit);
  await kit.given([byOperator(lear, 'sale.paused', 'bob'), ...await lear.traffic(3)]);
  await kit.given([hamlet.hold(2).event, byOperator(hamlet, 'sale.resumed', 'ann')]);
  await placeChunks(kit.pool);
  const all = await auditOf(kit, {});
  t.same(all.map(({ position }) => position), all.map((_, i) => all.length - i), 'all, the last first');
  const buyerId = (held.data as { buyerId: string }).buyerId;
  const middle = new Date(Date.parse(all[6]?.at ?? ''));
  const filters: [AuditFilter, (line: AuditLine) => boolean][] = [
    [{ saleId: 'lear' }, ({ saleId }) => saleId === 'lear'],
    [{ saleId: 'hamlet', who: 'operator' }, ({ saleId, kind }) => saleId === 'hamlet' && kind === 'operator'],
    [{ stream: 'operator-webhooks' }, ({ stream }) => stream === 'operator-webhooks'],
    [{ stream: 'operator-webhooks', saleId: 'lear' }, ({ stream, saleId }) =>
      stream !== null && saleId === 'lear'],
    [{ who: 'operator:bob' }, ({ who }) => who === 'operator:bob'],
    [{ who: 'operator:bob', saleId: 'lear' }, ({ who, saleId }) =>
      who === 'operator:bob' && saleId === 'lear'],
    [{ who: 'system' }, ({ kind }) => kind === 'system'],
    [{ correlation: TRACE }, ({ correlationId }) => correlationId === TRACE],
    [{ correlation: holdId }, ({ holdId: id }) => id === holdId],
    [{ until: middle }, ({ at }) => Date.parse(at) < middle.getTime()],
    [{ since: middle, saleId: 'lear' }, ({ at, saleId }) =>
      Date.parse(at) >= middle.getTime() && saleId === 'lear'],
    [{ who: `buyer:${buyerId}` }, ({ kind, buyerId: id }) => kind === 'buyer' && id === buyerId],
    [{ saleId: 'nothing' }, () => false],
  ];
  for (const [filter, isMeant] of filters) {
    const meant = all.filter(isMeant);
    for (const countMax of [1, 2, 100]) {
      t.same(await auditOf(kit, filter, countMax), meant, `${JSON.stringify(filter)} by ${countMax}`);
    }
  }
  t.match(all.find(({ what }) => what === 'sale.resumed'), {
    who: 'operator:ann', role: 'operator', from: '192.0.2.7', why: 'a brawl, "déjà vu"', causationId: TRACE,
  }, 'of a sale\'s events too');
});

t.test('a request looks at so many events at most, and goes on from there', async (t) => {
  const kit = await openKit(t);
  const sale = kit.chain('hamlet');
  await kit.given([byOperator(sale, 'sale.paused', 'ann')]);
  const count = LOOKED_AT_MAX + 700;
  for (let i = 0; i < count; i += 1_000) {
    await kit.given(Array.from({ length: 1_000 }, () => sale.next('sale.paused', {})));
  }
  await placeChunks(kit.pool);
  const first = await readAudit(kit.pool, { who: 'provider' }, { before: FROM_THE_END, countMax: 10 });
  t.match(first, { lines: [], next: { position: Number } });
  t.same(await auditOf(kit, { who: 'provider' }), []);
  t.equal((await auditOf(kit, { who: 'operator' })).length, 1);
});

t.test('every query of it finds its events by an index', async (t) => {
  const kit = await openKit(t);
  await kit.pool.query(`INSERT INTO event_store.chunks
      (event_count, first_position, last_position, times, types)
    SELECT 1, i, i, tstzrange(now(), now(), '[]'), '{}' FROM generate_series(1, 30000) AS i`);
  for (let i = 0; i < 160; i++) {
    const sale = kit.chain(`sale-${i}`);
    await kit.given(Array.from({ length: 100 }, () => sale.hold(1).event));
  }
  await placeChunks(kit.pool);
  await kit.pool.query('VACUUM ANALYZE event_store.events');
  await kit.pool.query('ANALYZE event_store.chunks');
  const queries: [string, unknown[], RegExp][] = [
    ['select-audit-linked', [[linkKey('by:operator:ann')], 1_000_000, null, null, null, null, 500], /links/],
    ['select-audit-linked', [[linkKey('flow:x'), linkKey('hold:x')], 9, null, null, 's', 7, 500], /links/],
    ['select-audit-stream', ['sale-1', 90, 1_000_000, null, null, 500], /^events_\d\d_pkey$/],
    ['select-audit-stream', ['$operator-webhooks', 1_000_000, 9, null, null, 500], /^events_\d\d_pkey$/],
  ];
  for (const [name, values, index] of queries) {
    const text = loadSql(import.meta.url, `../../../services/operator/sql/${name}.sql`);
    const { rows } = await kit.pool.query<Record<string, string>>(`EXPLAIN ${text}`, values);
    const plan = rows.map((row) => row['QUERY PLAN'] ?? '');
    t.same(plan.filter((line) => /Seq Scan on (events|chunks)/.test(line)), [], name);
    const indexes = plan.flatMap((line) =>
      /(?:using|on) (\w+(?:_idx\d*|_pkey|_links\w*)) /.exec(line)?.[1] ?? []);
    t.ok(indexes.some((one) => index.test(one)), `${indexes.join()} has ${String(index)}`);
  }
});

t.test('over HTTP, for every named credential', async (t) => {
  const kit = await openKit(t);
  const { stack, pool } = kit;
  const sale = kit.chain('hamlet');
  await kit.given([...sale.open(), byOperator(sale, 'sale.paused', 'ann')]);
  await placeChunks(pool);
  const operator = await startService(t, 'operator', stack.env);
  const get = async (query: string, token = stack.viewerToken) => {
    const reply = await fetch(`${operator.url}/admin/v1/audit${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return { status: reply.status, body: await reply.json() as { lines: AuditLine[]; next: string | null } };
  };
  t.equal((await get('', 'nobody')).status, 401);
  const first = await get('?sale=hamlet&limit=3');
  t.equal(first.status, 200);
  t.match(first.body.lines, [
    { what: 'sale.paused', who: 'operator:ann', kind: 'operator', role: 'operator', from: '192.0.2.7' },
    { what: 'sale.opened', kind: 'system', details: null }, { what: 'area.defined' },
  ]);
  t.match(await get(`?sale=hamlet&before=${first.body.next}`), { body: {
    lines: [{ what: 'sale.defined', seq: 1 }], next: null,
  } });
  const wrong = ['limit=501', 'limit=0', 'since=soon', 'before=x', 'until=-1', 'whom=ann', 'sale=$x'];
  for (const bad of wrong.map((one) => `?${one}`)) {
    t.match(await get(bad), { status: 400, body: { code: 'request_invalid' } }, bad);
  }
  t.match(await get('?since=2099-01-01'), { status: 200, body: { lines: [], next: null } });
  t.equal((await get('?until=2099-01-01T00:00:00Z')).body.lines.length, 4);
});
