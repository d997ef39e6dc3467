import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { asyncapiDocument } from '../../infra/docs/asyncapi-document.ts';
import { eventsPage } from '../../infra/docs/events-page.ts';
import { decodeBatch } from '../../services/shared/contracts/bus-record.ts';
import { EVENT_TYPES } from '../../services/shared/contracts/events.ts';
import { judge } from '../../services/shared/contracts/log-rule.ts';
import { checkEvent } from '../harness/check-event.ts';
import { readSamples } from '../harness/event-samples.ts';

/** docs/events.md and docs/asyncapi.yaml say what the schemas say, and what they say is so. */
const read = (path: string) => readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');
const page = read('events.md');
const document = parse(read('asyncapi.yaml')) as {
  components: { schemas: Record<string, object>; messages: Record<string, object> };
};

t.test('neither is stale: npm run docs:events writes them anew', async (t) => {
  t.equal(page, eventsPage(page));
  t.same(document, parse(stringify(asyncapiDocument(), { aliasDuplicateObjects: false })));
  t.throws(() => eventsPage('no marks'), /has no <!-- made: attributes -->/);
});

t.test('the document is AsyncAPI 3.0, by its own schema', async (t) => {
  const specs = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json') as object;
  // It brings draft 07 along, so Ajv may not have it as well.
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const validate = ajv.compile(specs);
  t.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5)));
  t.notOk(validate({ ...document, channels: { a: { address: 7 } } }), 'it would see a fault');
});

t.test('its schemas take every event of its type that was stored today, and no other', async (t) => {
  const ajv = new Ajv2020.default({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'https://onsale.test/asyncapi', components: document.components });
  const today = readSamples().at(-1)?.events ?? [];
  for (const type of EVENT_TYPES) {
    const validate = ajv.compile({ $ref: `https://onsale.test/asyncapi#/components/schemas/event.${type}` });
    for (const event of today) t.equal(validate(event), event.type === type, `${event.type} as ${type}`);
    t.match(document.components.messages[type], { examples: [{ payload: { type } }] }, type);
  }
});

t.test('the example is an event, and the table of the rule is right', async (t) => {
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  const [event] = decodeBatch(`[${example}]`);
  t.doesNotThrow(() => checkEvent(event as Parameters<typeof checkEvent>[0]));
  const form = /^\| seq (\d+), id `(\w)`, prev `(\w)` \| (none|\d `\w`) \| (\w+)(?:, `(\w+)`)?/gm;
  const rows = [...page.matchAll(form)];
  t.equal(rows.length, 7);
  let head = { seq: 0, id: '0' };
  const accepted = new Set<string>();
  for (const [row, seq, id = '', prev = '', before, verdict, reason = ''] of rows) {
    t.equal(before, head.seq === 0 ? 'none' : `${head.seq} \`${head.id}\``, row);
    const next = { seq: Number(seq), id, prev };
    t.same(judge(head, next, accepted.has(id)), { verdict, reason }, row);
    if (verdict !== 'accepted') continue;
    head = { seq: next.seq, id };
    accepted.add(id);
  }
});
