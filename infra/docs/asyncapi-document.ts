import { readFileSync } from 'node:fs';
import {
  BATCH_EVENTS_MAX, BATCH_MEDIA_TYPE, RECORD_BYTES_MAX,
} from '../../services/shared/contracts/bus-record.ts';
import { dataSchemaOf, versionOf } from '../../services/shared/contracts/event-schemas.ts';
import { EVENT_TYPES } from '../../services/shared/contracts/events.ts';
import type { EventType, SaleEvent } from '../../services/shared/contracts/events.ts';
import { EVENT_SUMMARIES } from './event-summaries.ts';
import { schemaParts } from './schema-parts.ts';
import type { Json } from './schema-parts.ts';

const SAMPLES = new URL('../../test/samples/events/', import.meta.url);
/** The stored sample with an example of every type as it is written today. */
const TODAY = 'with-payments.json';

const RECORD = 'One Kinesis record: a JSON array of CloudEvents, compressed. The first bytes tell the codec: '
  + '28 b5 2f fd zstd (what we write), 1f 8b gzip, else plain UTF-8. '
  + `At most ${BATCH_EVENTS_MAX} events and ${RECORD_BYTES_MAX} bytes, all of one partition, whose name `
  + 'is the partition key. docs/events.md says by which rule readers take them.';

/** The AsyncAPI 3.0 document of the bus, made from the event schemas and the stored samples. */
export function asyncapiDocument(): Json {
  return {
    asyncapi: '3.0.0',
    id: 'urn:onsale:events',
    info: {
      title: 'onsale: the log of sales',
      version: String(Math.max(...EVENT_TYPES.map(versionOf))),
      description: 'Everything that happens in sales, in order per sale. Made by `npm run docs:events`.',
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      kinesis: {
        host: 'kinesis.eu-central-1.amazonaws.com', protocol: 'kinesis', description: 'or an emulator',
      },
    },
    channels: {
      records: {
        address: 'onsale-events',
        title: 'The stream',
        description: 'Partition key: the partition (`p07`). A partition has one record under way at a time.',
        servers: [{ $ref: '#/servers/kinesis' }],
        messages: {
          record: { $ref: '#/components/messages/record' },
          heads: { $ref: '#/components/messages/partition.heads' },
        },
      },
      events: {
        address: null,
        title: 'What a reader has after unpacking the records and applying the rule',
        messages: refsOf((type) => `#/components/messages/${type}`),
      },
    },
    operations: {
      sendRecord: {
        action: 'send',
        summary: 'The relay puts batches of events on the stream.',
        channel: { $ref: '#/channels/records' },
        messages: ['record', 'heads'].map((name) => ({ $ref: `#/channels/records/messages/${name}` })),
      },
      receiveEvents: {
        action: 'receive',
        summary: 'Any reader, under its own cursor.',
        channel: { $ref: '#/channels/events' },
        messages: EVENT_TYPES.map((type) => ({ $ref: `#/channels/events/messages/${type}` })),
      },
    },
    components: { messages: messages(), schemas: schemas() },
  };
}

function messages(): Record<string, Json> {
  const today = JSON.parse(readFileSync(new URL(TODAY, SAMPLES), 'utf8')) as SaleEvent[];
  const own = EVENT_TYPES.map((type): [string, Json] => {
    const example = today.find((event) => event.type === type);
    return [type, {
      name: type,
      title: `${type}, version ${versionOf(type)}`,
      summary: EVENT_SUMMARIES[type],
      contentType: 'application/cloudevents+json',
      correlationId: { location: '$message.payload#/correlationid' },
      payload: { $ref: `#/components/schemas/event.${type}` },
      ...example !== undefined && { examples: [{ payload: example as unknown as { [name: string]: Json } }] },
    }];
  });
  return {
    record: {
      name: 'record', title: 'A batch of events', summary: RECORD, contentType: BATCH_MEDIA_TYPE,
      payload: { type: 'array', items: { oneOf: EVENT_TYPES.map((type) => ref(`event.${type}`)) } },
    },
    'partition.heads': {
      name: 'partition.heads', title: 'Where the sales of a partition are',
      summary: 'A batch of this one event, by the relay for relays; others pass it by, before the rule.',
      contentType: BATCH_MEDIA_TYPE,
      payload: { type: 'array', items: ref('event.partition.heads'), minItems: 1, maxItems: 1 },
    },
    ...Object.fromEntries(own),
  };
}

function schemas(): Record<string, Json> {
  const whole = EVENT_TYPES.map((type): [string, Json] => [`event.${type}`, {
    allOf: [ref('Attributes'), {
      type: 'object',
      required: ['type', 'dataschema', 'data'],
      properties: { type: { const: type }, dataschema: { const: dataSchemaOf(type) }, data: ref(type) },
    }],
  }]);
  return { ...schemaParts(), ...Object.fromEntries(whole), 'event.partition.heads': heads() };
}

/** Beside the attributes that every reader checks. */
function heads(): Json {
  const head: Json = {
    type: 'array', minItems: 3, maxItems: 3, description: 'saleId, seq, id of its last event',
  };
  return {
    type: 'object',
    required: ['specversion', 'id', 'source', 'subject', 'type', 'time', 'sequence', 'prev', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string' },
      source: { type: 'string', pattern: '^/onsale/p\\d{2,5}$' },
      subject: { type: 'string', pattern: '^p\\d{2,5}$' },
      type: { const: 'partition.heads' },
      time: { type: 'string', format: 'date-time' },
      sequence: { const: '1' },
      prev: { const: '0' },
      data: { type: 'object', required: ['heads'], properties: { heads: { type: 'array', items: head } } },
    },
  };
}

function refsOf(target: (type: EventType) => string): Record<string, Json> {
  return Object.fromEntries(EVENT_TYPES.map((type) => [type, { $ref: target(type) }]));
}

function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}
