import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import {
  dataSchemaOf, EVENT_SCHEMAS, EVENT_VERSIONS, EventAttributes, sequenceOf, versionOf,
} from '../../../../services/shared/contracts/event-schemas.ts';
import { EVENT_DATA, EVENT_TYPES } from '../../../../services/shared/contracts/events.ts';
import {
  STREAM_EVENT_DATA, STREAM_EVENT_TYPES, StreamAttributes, streamEventSchemaOf,
} from '../../../../services/shared/contracts/stream-events.ts';
import { checkEvent } from '../../../harness/check-event.ts';
import { readSamples } from '../../../harness/event-samples.ts';
import { playEveryType } from '../../../harness/play-every-type.ts';

const LOCK = new URL('../../../../services/shared/contracts/event-schemas.lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(LOCK, 'utf8')) as Record<string, Record<string, string>>;

/** Of what a schema allows: its words may be mended without a new version. */
function digestOf(schema: unknown): string {
  const text = JSON.stringify(schema, (key, value: unknown) => (key === 'description' ? undefined : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

t.test('no schema changes without a new version', (t) => {
  for (const type of EVENT_TYPES) {
    const versions = Object.keys(lock[type] ?? {}).map(Number);
    t.same(versions, Array.from({ length: versionOf(type) }, (_, i) => i + 1),
      `${type}: event-schemas.lock.json has every version, and its version is in EVENT_VERSIONS`);
    t.equal(digestOf(EVENT_DATA[type]), lock[type]?.[versionOf(type)],
      `${type} ${versionOf(type)}: what was written may not mean something else; give it a new version`);
  }
  const others = ['attributes', 'stream attributes'];
  t.same(Object.keys(lock).toSorted(), [...EVENT_TYPES, ...STREAM_EVENT_TYPES, ...others].toSorted());
  t.equal(digestOf(EventAttributes), lock['attributes']?.['3'], 'nor do the attributes');
  t.equal(digestOf(StreamAttributes), lock['stream attributes']?.['1'], 'nor those in streams');
  for (const type of STREAM_EVENT_TYPES) {
    t.same(lock[type], { 1: digestOf(STREAM_EVENT_DATA[type]) }, `${type} has one version`);
  }
  t.same(Object.keys(EVENT_VERSIONS).filter((type) => !Object.hasOwn(EVENT_DATA, type)), []);
  t.end();
});

t.test('what a sale of every type writes is of these schemas', async (t) => {
  const events = await playEveryType(t, 'every-type');
  for (const event of events) t.doesNotThrow(() => checkEvent(event), event.type);
  const played = new Set(events.map(({ type }) => type));
  t.same(EVENT_TYPES.filter((type) => !played.has(type)), [], 'every type happens in it');
  const [first] = events;
  if (first === undefined) throw new Error('no event');
  for (const [what, wrong] of Object.entries({
    'an unknown attribute': { ...first, traceid: 'x' }, 'another version': { ...first, dataschema: 'urn:x' },
    'no flow': { ...first, correlationid: undefined },
    'more data': { ...first, data: { ...first.data, a: 1 } },
    'a short sequence': { ...first, sequence: '1' }, 'no trace at all': { ...first, traceparent: '00-0' },
  })) t.throws(() => checkEvent(wrong as typeof first), /is no sale.defined/, what);
});

t.test('the schemas are JSON Schema 2020-12, as any other validator reads it', (t) => {
  const ajv = new Ajv2020.default({ strict: true, strictTypes: false, allErrors: true });
  addFormats.default(ajv);
  const [today] = readSamples().slice(-1);
  for (const type of EVENT_TYPES) {
    const schema = JSON.parse(JSON.stringify(EVENT_SCHEMAS[type])) as object;
    t.ok(ajv.validateSchema(schema), type);
    const validate = ajv.compile(schema);
    for (const event of today?.events ?? []) {
      t.equal(validate(event), event.type === type, `${event.type} is judged by the schema of ${type}`);
    }
  }
  t.end();
});

t.test('attributes are as CloudEvents wants them', (t) => {
  for (const name of Object.keys(EventAttributes.properties)) t.match(name, /^[a-z0-9]{1,20}$/, name);
  t.equal(sequenceOf(7), '0000000007');
  const sequences = [1, 9, 10, 99, 1_000, 4_000_000_000].map(sequenceOf);
  t.same(sequences.toSorted(), sequences, 'text orders as the numbers do');
  for (const type of EVENT_TYPES) t.doesNotThrow(() => new URL(dataSchemaOf(type)), 'an absolute URI');
  t.end();
});

t.test('events of streams are of their schemas, as they were written', (t) => {
  const file = new URL('../../../samples/streams/operator-acts.json', import.meta.url);
  const samples = JSON.parse(readFileSync(file, 'utf8')) as { type: string }[];
  const ajv = new Ajv2020.default({ strict: true, strictTypes: false, allErrors: true });
  addFormats.default(ajv);
  for (const type of STREAM_EVENT_TYPES) {
    const validate = ajv.compile(JSON.parse(JSON.stringify(streamEventSchemaOf(type))) as object);
    t.ok(samples.some((event) => event.type === type), `there is one of ${type}`);
    for (const event of samples) t.equal(validate(event), event.type === type, `${event.type} as ${type}`);
  }
  t.end();
});
