import { Errors } from 'typebox/value';
import t from 'tap';
import type { BusEvent } from '../../../../services/shared/contracts/bus-record.ts';
import { decodeBatch } from '../../../../services/shared/contracts/bus-record.ts';
import {
  dataSchemaOf, EVENT_SCHEMAS, readDataSchema, versionOf,
} from '../../../../services/shared/contracts/event-schemas.ts';
import { EVENT_TYPES } from '../../../../services/shared/contracts/events.ts';
import type { SaleEvent } from '../../../../services/shared/contracts/events.ts';
import { evolve, initialSale } from '../../../../services/shared/contracts/evolve.ts';
import { GENESIS, judge } from '../../../../services/shared/contracts/log-rule.ts';
import { upcast } from '../../../../services/shared/contracts/upcast.ts';
import { readSamples, samplesOf } from '../../../harness/event-samples.ts';

/** What code of earlier days wrote is read as if it had been written today, and means the same. */
const logs = readSamples();

t.test('there is a stored sample of every version that was ever written', (t) => {
  for (const type of EVENT_TYPES) {
    for (let version = 1; version <= versionOf(type); version++) {
      t.not(samplesOf(logs, type, version).length, 0,
        `${type} of version ${version}: node test/samples/main.ts writes one`);
    }
  }
  t.end();
});

for (const { name, events } of logs) {
  t.test(`${name}: every event is brought to the schema of today, and the log folds`, (t) => {
    t.same(decodeBatch(JSON.stringify(events)), events, 'readers took it from the bus, and still do');
    const before = structuredClone(events);
    const sale = initialSale();
    let head = GENESIS;
    for (const event of events) {
      const seq = Number(event.sequence);
      t.equal(judge(head, { seq, id: event.id, prev: event.prev }, false).verdict, 'accepted');
      head = { seq, id: event.id };
      const today = upcast(event);
      t.same(faultsOf(today), [], `seq ${seq} ${event.type}`);
      t.equal(upcast(today), today, 'what is of today stays as it is');
      evolve(sale, today);
    }
    t.same(events, before, 'the original is left alone');
    t.equal(sale.head.seq, events.length);
    t.equal([...sale.orders.keys()][0], 'o_sold');
    const ends = [...sale.holds.values()].map(({ status }) => status);
    t.same(ends.slice(0, 3), ['ordered', 'released', 'expired']);
    t.end();
  });
}

t.test('events of before there was a dataschema get their flow and their trace', (t) => {
  const placed = sampleOf('hold.placed');
  const { traceid } = placed as { traceid?: string };
  t.match(upcast(placed), {
    dataschema: dataSchemaOf('hold.placed'), correlationid: 'h_sold', causationid: traceid,
    traceparent: `00-${traceid}-0123456789abcdef-00`, sequence: placed.sequence.padStart(10, '0'),
  });
  t.notHas(upcast(placed), { traceid: String });
  const expired = upcast(sampleOf('hold.expired'));
  t.match(expired, { actor: 'system', correlationid: 'h_expired' });
  t.notHas(expired, { traceparent: String, causationid: String }, 'nobody asked for it');
  t.end();
});

t.test('a reader that is older than what it reads says so', (t) => {
  const placed = sampleOf('hold.placed');
  const later = `urn:onsale:event:hold.placed:${versionOf('hold.placed') + 1}`;
  t.throws(() => upcast({ ...placed, dataschema: later }), /hold.placed of version \d+ is unknown here/);
  t.throws(() => upcast({ ...placed, dataschema: 'urn:onsale:event:hold.placed:0' }), /has the schema urn/);
  t.throws(() => upcast({ ...placed, dataschema: 'urn:onsale:event:hold.ended:1' }), /has the schema urn/);
  t.throws(() => upcast({ ...placed, dataschema: 'https://example.org/a' }), /has the schema https/);
  t.throws(() => upcast({ ...placed, type: 'seat.dusted' }), /type seat.dusted is unknown here/);
  t.throws(() => upcast({ ...placed, type: 'toString' }), /unknown here/);
  t.same(readDataSchema(dataSchemaOf('sale.opened')), { type: 'sale.opened', version: 1 });
  t.equal(readDataSchema(undefined), undefined);
  t.end();
});

function sampleOf(type: string): BusEvent {
  const event = logs[0]?.events.find((one) => one.type === type);
  if (event === undefined) throw new Error(`no sample of ${type}`);
  return event;
}

function faultsOf(event: SaleEvent): unknown[] {
  return Errors(EVENT_SCHEMAS[event.type], event).map(({ instancePath, message }) => [instancePath, message]);
}
