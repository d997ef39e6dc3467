/**
 * `npm run docs:events`: writes docs/asyncapi.yaml and the made parts of docs/events.md from the event
 * schemas. A test says when they are stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { asyncapiDocument } from './asyncapi-document.ts';
import { eventsPage } from './events-page.ts';

const page = new URL('../../docs/events.md', import.meta.url);
writeFileSync(page, eventsPage(readFileSync(page, 'utf8')));
writeFileSync(new URL('../../docs/asyncapi.yaml', import.meta.url),
  stringify(asyncapiDocument(), { aliasDuplicateObjects: false, lineWidth: 110 }));
