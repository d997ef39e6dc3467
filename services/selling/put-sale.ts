import { partitionKeys, saleKeyList } from '../shared/contracts/keys.ts';
import { compileLayout } from '../shared/contracts/layout.ts';
import { isReasonCode } from '../shared/contracts/reasons.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { defineSale } from '../shared/contracts/define-sale.ts';
import { sameAreas } from '../shared/contracts/sale-definition.ts';
import type { DefinitionFault } from '../shared/contracts/definition-fault.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import type { SaleInput } from '../shared/contracts/sale-input.ts';
import type { ScriptArg } from '../shared/platform/scripts.ts';
import { checkEventSizes } from './check-event-sizes.ts';
import type { DefiningEvent } from './check-event-sizes.ts';
import { packDefinition } from './pack-definition.ts';
import type { SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

/** Another operator may change the same sale meanwhile; then the comparison is made anew. */
const ATTEMPTS_MAX = 3;

/**
 * Makes a sale or changes one. A definition that is the same as the one in force changes nothing, and makes
 * no event.
 *
 * @returns the faults of the definition, the reason why the sale does not take it, or whether it was made or
 * changed
 */
export async function putSale(
  { stock, directory }: { stock: Stock; directory: SaleDirectory },
  saleId: string,
  input: SaleInput,
  context: string,
): Promise<{ faults: DefinitionFault[] } | { reason: ReasonCode } | { created: boolean }> {
  const partition = directory.partitionOf(saleId);
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const before = (await directory.reload(saleId))?.definition;
    const defined = defineSale(input, (before?.version ?? 0) + 1);
    if ('faults' in defined) return defined;
    const { definition } = defined;
    if (before !== undefined && isSame(before, definition)) return { created: false };
    const changed = before === undefined || !sameAreas(before, definition);
    const events = eventsOf(definition, changed);
    const tooLarge = checkEventSizes(events, input);
    if (tooLarge.length > 0) return { faults: tooLarge };
    const answer = String(await stock.call(partition, 'define-sale',
      [partitionKeys(partition).sales, ...saleKeyList(partition, saleId)],
      [context, saleId, before?.version ?? 0, changed ? 1 : 0, ...argsOf(definition, events)]));
    if (answer === 'ok') {
      await directory.reload(saleId);
      return { created: before === undefined };
    }
    if (answer !== 'stale') return { reason: isReasonCode(answer) ? answer : 'internal_error' };
  }
  return { reason: 'overloaded' };
}

function isSame(a: SaleDefinition, b: SaleDefinition): boolean {
  return JSON.stringify({ ...a, version: 0 }) === JSON.stringify({ ...b, version: 0 });
}

function argsOf(definition: SaleDefinition, events: DefiningEvent[]): ScriptArg[] {
  const { homes, runs, segments, fields, counters } = packDefinition(definition, compileLayout(definition));
  return [
    JSON.stringify(definition), homes, runs, segments,
    fields.length / 2, ...fields,
    counters.length, ...counters,
    events.length, ...events.flatMap(({ type, data }) => [type, data]),
  ];
}

function eventsOf(definition: SaleDefinition, changed: boolean): DefiningEvent[] {
  const { areas, version } = definition;
  const defined = {
    ...definition,
    areas: areas.map(({ areaId, name, kind, capacity, categoryId }) =>
      ({ areaId, name, kind, capacity, categoryId: categoryId ?? null })),
  };
  return [
    { type: 'sale.defined', data: JSON.stringify(defined) },
    ...areas.flatMap(({ kind, areaId, rows }, area) => {
      if (!changed || kind !== 'seated') return [];
      return [{ type: 'area.defined', area, data: JSON.stringify({ version, areaId, rows: rows ?? [] }) }];
    }),
  ];
}
