import { assert, nat, pre, property } from 'fast-check';
import t from 'tap';
import { sealEvent } from '../../../../services/shared/event-store/append-chunk.ts';
import {
  digestAfter, NO_DIGEST, timeUsOf, toStoredTime,
} from '../../../../services/shared/event-store/event-digest.ts';
import { checkHead, verifyChain } from '../../../../services/shared/event-store/verify-chain.ts';
import type { ChainedEvent } from '../../../../services/shared/event-store/verify-chain.ts';
import type { SaleEvent } from '../../../../services/shared/contracts/events.ts';
import { EventChain } from '../../../harness/event-chain.ts';

const KEY = Buffer.alloc(32, 7).toString('base64url');

async function chainOf(saleId: string): Promise<ChainedEvent[]> {
  const sale = new EventChain(saleId, KEY);
  const events = [...sale.open({ seats: 3 }), ...await sale.traffic(6)];
  return chained(events);
}

function chained(events: SaleEvent[]): ChainedEvent[] {
  let before: Readonly<Uint8Array> = NO_DIGEST;
  return events.map((event, i) => {
    const place = { saleId: event.subject, seq: i + 1 };
    const { saleId, seq, body, timeUs, digest } = sealEvent({ ...place, event }, before);
    before = digest;
    return { saleId, seq, id: event.id, type: event.type, timeUs, body, digest };
  });
}

const faultIn = (events: ChainedEvent[]) => {
  const end = verifyChain('hamlet', events);
  return 'fault' in end ? end.fault : undefined;
};

t.test('an untouched chain is whole, and can be followed in pieces', async (t) => {
  const events = await chainOf('hamlet');
  const end = verifyChain('hamlet', events);
  t.match(end, { seq: events.length, id: events.at(-1)?.id });
  const half = verifyChain('hamlet', events.slice(0, 5));
  if ('fault' in half || 'fault' in end) throw new Error('a fault');
  t.same(verifyChain('hamlet', events.slice(5), half), end);
  t.equal(checkHead(end, { seq: end.seq, id: end.id, digest: events.at(-1)?.digest }), undefined);
});

t.test('every byte of every body that is changed is found, at its event', async (t) => {
  const events = await chainOf('hamlet');
  for (const [i, event] of events.entries()) {
    const bytes = Buffer.from(event.body);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const fault = faultIn(events.with(i, { ...event, body: changed.toString('latin1') }));
      if (fault?.seq !== i + 1) t.fail(`byte ${at} of event ${i + 1}: ${JSON.stringify(fault)}`);
    }
  }
});

t.test('whatever else of a row is changed is found', async (t) => {
  const events = await chainOf('hamlet');
  const changes: Record<string, (event: ChainedEvent) => Partial<ChainedEvent>> = {
    'a microsecond': ({ timeUs }) => ({ timeUs: String(Number(timeUs) + 1) }),
    'an id': ({ id }) => ({ id: `${id}x` }),
    'a type': ({ type }) => ({ type: type === 'sale.paused' ? 'sale.resumed' : 'sale.paused' }),
    'a sale': () => ({ saleId: 'hamlet2' }),
    'a digest': ({ digest }) => ({ digest: digest?.map((byte) => byte ^ 1) }),
    'no digest': () => ({ digest: undefined }),
    'bytes moved from one field to the next': ({ id, type }) =>
      ({ id: id + type.slice(0, 1), type: type.slice(1) }),
  };
  for (const [what, change] of Object.entries(changes)) {
    for (const [i, event] of events.entries()) {
      t.equal(faultIn(events.with(i, { ...event, ...change(event) }))?.seq, i + 1, what);
    }
  }
});

t.test('events that are moved, left out, repeated or put in are found', async () => {
  const events = await chainOf('hamlet');
  const place = nat({ max: events.length - 2 });
  assert(property(place, place, (i, j) => {
    pre(i !== j);
    const [one, other] = [events[i], events[j]];
    if (one === undefined || other === undefined) throw new Error('out of range');
    // As somebody would who gives them each other's numbers, so that no number is out of order.
    const swapped = events.with(i, { ...other, seq: one.seq }).with(j, { ...one, seq: other.seq });
    return faultIn(swapped)?.seq === Math.min(i, j) + 1
      && faultIn(events.toSpliced(i, 1))?.seq === i + 1
      && faultIn(events.toSpliced(i, 0, one))?.seq === i + 2;
  }));
});

t.test('a chain that was made anew from a changed event on differs at its head', async (t) => {
  const events = await chainOf('hamlet');
  const bodies = events.map(({ body }) => JSON.parse(body) as SaleEvent);
  const forged = chained(bodies.with(4, { ...bodies[4], actor: 'operator:eve' } as SaleEvent));
  const end = verifyChain('hamlet', forged);
  if ('fault' in end) throw new Error(end.fault.reason);
  const head = { seq: events.length, id: events.at(-1)?.id ?? '', digest: events.at(-1)?.digest };
  t.match(checkHead(end, head), { reason: /another digest/ });
  t.match(checkHead({ ...end, seq: end.seq - 1 }, head), { reason: /the last event is/ }, 'shorter');
  t.match(checkHead({ ...end, id: 'e-x' }, head), { reason: /another id/ });
});

t.test('the digest is what the page says it is', async (t) => {
  const parts = ['hamlet', '7', 'e-1', 'sale.paused', '1795463999999999', '{"é":"\\u0000"}'];
  const bytes = parts.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    return [length, Buffer.from(part)];
  });
  const before = Buffer.alloc(32, 9);
  const [saleId = '', , id = '', type = '', timeUs = '', body = ''] = parts;
  const digest = digestAfter(before, { saleId, seq: 7, id, type, timeUs, body });
  t.same(digest, Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.concat([before, ...bytes]))));
});

t.test('times are exact to the microsecond, as PostgreSQL keeps them', (t) => {
  t.equal(timeUsOf('1970-01-01T00:00:00.001Z'), '1000');
  t.equal(timeUsOf('1970-01-01T00:00:00Z'), '0');
  t.equal(timeUsOf('1970-01-01T00:00:00.000Z'), '0');
  t.equal(timeUsOf('1969-12-31T23:59:59.999999Z'), '-1');
  t.equal(timeUsOf('2026-11-23T20:00:00.1234569+01:00'), '1795460400123456');
  t.equal(timeUsOf('9999-12-31T23:59:59.999999Z'), '253402300799999999');
  t.equal(toStoredTime('2026-11-23T20:00:00.1234569+01:00'), '2026-11-23T20:00:00.123456+01:00');
  t.end();
});
