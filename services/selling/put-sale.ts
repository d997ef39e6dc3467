import { partitionKeys, saleKeyList } from '../shared/contracts/keys.ts';
import { channelByte, compileLayout } from '../shared/contracts/layout.ts';
import { isReasonCode } from '../shared/contracts/reasons.ts';
import type { ReasonCode } from '../shared/contracts/reasons.ts';
import { defineSale } from '../shared/contracts/define-sale.ts';
import { sameAreas } from '../shared/contracts/sale-definition.ts';
import type { DefinitionFault } from '../shared/contracts/definition-fault.ts';
import type { SaleDefinition } from '../shared/contracts/sale-definition.ts';
import type { SaleInput } from '../shared/contracts/sale-input.ts';
import type { Channel } from '../shared/contracts/sale-rules.ts';
import type { ScriptArg } from '../shared/platform/scripts.ts';
import { checkEventSizes } from './check-event-sizes.ts';
import type { DefiningEvent } from './check-event-sizes.ts';
import { packDefinition } from '../shared/hot-state/pack-definition.ts';
import type { SaleDirectory } from './sale-directory.ts';
import type { Stock } from './stock.ts';

/** Another operator may change the same sale meanwhile; then the comparison is made anew. */
const ATTEMPTS_MAX = 3;

/** Why a sale is not taken, and what would have been. */
export interface PutRefusal {
  reason: ReasonCode;
  extra?: Record<string, unknown>;
}

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
): Promise<{ faults: DefinitionFault[] } | PutRefusal | { created: boolean }> {
  const { partitions } = directory;
  if (input.partition !== undefined && input.partition >= partitions) {
    return { reason: 'partition_unknown', extra: { partitions } };
  }
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const known = await directory.reload(saleId);
    const before = known?.definition;
    const defined = defineSale(input, (before?.version ?? 0) + 1);
    if ('faults' in defined) return defined;
    const { definition } = defined;
    const isElsewhere = known !== undefined && (input.partition ?? known.partition) !== known.partition;
    if (isElsewhere) return { reason: 'sale_elsewhere', extra: { partition: known.partition } };
    if (before !== undefined && isSame(before, definition)) return { created: false };
    const changed = before === undefined || !sameAreas(before, definition);
    const events = eventsOf(definition, changed);
    const tooLarge = checkEventSizes(events, input);
    if (tooLarge.length > 0) return { faults: tooLarge };
    const wanted = input.partition ?? known?.partition ?? directory.partitionOf(saleId);
    // A Redis that lost its state is not written to.
    if (!await stock.isGenerationKnown(wanted)) return { reason: 'recovering' };
    const partition = known?.partition ?? await directory.pin(saleId, wanted);
    if (input.partition !== undefined && input.partition !== partition) {
      return { reason: 'sale_elsewhere', extra: { partition } };
    }
    const answer = String(await stock.call(partition, 'define-sale',
      [partitionKeys(partition).sales, partitionKeys(partition).due, ...saleKeyList(partition, saleId)],
      [context, saleId, before?.version ?? 0, changed ? 1 : 0, ...argsOf(definition, before, events)]));
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

function argsOf(
  definition: SaleDefinition,
  before: SaleDefinition | undefined,
  events: DefiningEvent[],
): ScriptArg[] {
  const { homes, runs, segments, fields, counters } = packDefinition(definition, compileLayout(definition));
  return [
    JSON.stringify(definition), homes, runs, segments, lettersOf(before?.channels ?? [], definition.channels),
    fields.length / 2, ...fields,
    counters.length, ...counters,
    events.length, ...events.flatMap(({ type, data }) => [type, data]),
  ];
}

/** What the letters of the channels before are now; '' if no access code can have another meaning. */
function lettersOf(before: Channel[], after: Channel[]): string {
  const letters = before.map(({ channelId }) => {
    const index = after.findIndex((channel) => channel.channelId === channelId);
    return index < 0 ? '-' : channelByte(index + 1);
  });
  return letters.every((letter, i) => letter === channelByte(i + 1)) ? '' : letters.join('');
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
