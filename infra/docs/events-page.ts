import { EventAttributes, EVENT_SCHEMAS, versionOf } from '../../services/shared/contracts/event-schemas.ts';
import { EVENT_DATA, EVENT_TYPES } from '../../services/shared/contracts/events.ts';
import {
  STREAM_EVENT_DATA, STREAM_EVENT_TYPES, StreamAttributes,
} from '../../services/shared/contracts/stream-events.ts';
import { EVENT_SUMMARIES, STREAM_EVENT_SUMMARIES } from './event-summaries.ts';

/** The parts of docs/events.md that are made: each between two comments that name it. */
const SECTIONS: Record<string, () => string[]> = {
  attributes: attributeRows,
  types: typeRows,
  data: () => EVENT_TYPES.flatMap((type) => dataRows(type, EVENT_DATA[type])),
  streams: streamRows,
};

/** The page with its made parts as they should be; what stands outside of them stays. */
export function eventsPage(page: string): string {
  return Object.entries(SECTIONS).reduce((text, [name, make]) => {
    const from = `<!-- made: ${name} -->`;
    const to = `<!-- end: ${name} -->`;
    const [before, rest] = cut(text, from);
    const [, after] = cut(rest, to);
    return `${before}${from}\n${make().join('\n')}\n${to}${after}`;
  }, page);
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/events.md has no ${mark}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

interface Shape {
  type?: string;
  const?: unknown;
  format?: string;
  description?: string;
  anyOf?: Shape[];
  items?: Shape;
  properties?: Record<string, Shape>;
  required?: string[];
}

function attributeRows(): string[] {
  const { properties, required = [] } = shapeOf(EVENT_SCHEMAS['hold.placed']);
  const texts: Record<string, string> = {
    specversion: '`1.0`', datacontenttype: '`application/json`', type: 'what has happened, as below',
    dataschema: '`urn:onsale:event:TYPE:VERSION`: of what schema `data` is', data: 'as below, by type',
  };
  const names = [...Object.keys(EventAttributes.properties), 'type', 'dataschema', 'data'];
  return ['| attribute | always | meaning |', '|---|---|---|', ...names.map((name) =>
    `| \`${name}\` | ${required.includes(name) ? 'yes' : 'no'} | ${
      cell(texts[name] ?? properties?.[name]?.description ?? '')} |`)];
}

function typeRows(): string[] {
  return ['| type | version | what has happened |', '|---|---|---|', ...EVENT_TYPES.map((type) =>
    `| \`${type}\` | ${versionOf(type)} | ${EVENT_SUMMARIES[type]} |`)];
}

function streamRows(): string[] {
  const { properties = {} } = shapeOf(StreamAttributes);
  return [
    ...['source', 'subject'].map((name) => `- \`${name}\`: ${properties[name]?.description ?? ''}`), '',
    ...STREAM_EVENT_TYPES.flatMap((type) => {
      const [title = '', ...rows] = dataRows(type, STREAM_EVENT_DATA[type]);
      return [title, '', STREAM_EVENT_SUMMARIES[type], ...rows];
    }),
  ];
}

function dataRows(type: string, schema: unknown): string[] {
  const { properties = {}, required = [] } = shapeOf(schema);
  const rows = Object.entries(properties).map(([name, shape]) =>
    `| \`${name}\` | ${required.includes(name) ? kindOf(shape) : `${kindOf(shape)}, optional`} | ${
      cell(shape.description ?? '')} |`);
  const table = rows.length === 0 ? ['No data: `{}`.']
    : ['| member | kind | meaning |', '|---|---|---|', ...rows];
  return [`### ${type}`, '', ...table, ''];
}

function kindOf(shape: Shape): string {
  if (shape.anyOf !== undefined) return [...new Set(shape.anyOf.map(kindOf))].join(' or ');
  if (shape.const !== undefined) return `\`${JSON.stringify(shape.const)}\``;
  if (shape.type === 'array') return `list of ${kindOf(shape.items ?? {})}`;
  if (shape.properties !== undefined) return `{ ${Object.keys(shape.properties).join(', ')} }`;
  return shape.format ?? shape.type ?? 'anything';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function shapeOf(schema: unknown): Shape {
  return JSON.parse(JSON.stringify(schema)) as Shape;
}
