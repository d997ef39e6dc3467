/**
 * test/samples/events/NAME.json: whole logs of the sale NAME, as the code of some day wrote them. They are
 * never changed; test/samples/main.ts adds one of today.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { BusEvent } from '../../services/shared/contracts/bus-record.ts';
import { readDataSchema } from '../../services/shared/contracts/event-schemas.ts';
import type { SaleEvent } from '../../services/shared/contracts/events.ts';

const FOLDER = new URL('../samples/events/', import.meta.url);

/**
 * Before there was `dataschema`: the sales whose data is of the first version of everything. What else has
 * none is of the versions that the first ones with the attribute have.
 */
const FIRST = 'first-language';

export interface SampleLog {
  name: string;
  events: BusEvent[];
}

/** All logs, in the order of their names. */
export function readSamples(): SampleLog[] {
  return readdirSync(FOLDER).toSorted().map((file) => ({
    name: file.replace(/\.json$/, ''),
    events: JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as BusEvent[],
  }));
}

/** The samples of a type's version, of all logs. */
export function samplesOf(logs: readonly SampleLog[], type: string, version: number): BusEvent[] {
  return logs.flatMap(({ name, events }) => events.filter((event) => {
    if (event.type !== type) return false;
    const written = readDataSchema(event.dataschema)?.version;
    return written === undefined ? name === FIRST && version === 1 : written === version;
  }));
}

/** Keeps one more log; throws when there is one of that name. */
export function keepSample(name: string, events: readonly SaleEvent[]): void {
  const text = events.map((event) => JSON.stringify(event)).join(',\n');
  writeFileSync(new URL(`${name}.json`, FOLDER), `[\n${text}\n]\n`, { flag: 'wx' });
}
