import type { SaleDefinition } from '../contracts/sale-definition.ts';

/**
 * What is still told of an archived sale: its definition without what grows with the number of seats, which
 * for an arena is megabytes. It is no definition: no layout can be compiled of it, and it is kept where no
 * definition is looked for, since every process has to have the same definition under the same version.
 *
 * @returns JSON
 */
export function summarize(definition: SaleDefinition): string {
  return JSON.stringify({
    ...definition,
    areas: definition.areas.map(({ rows: _, ...area }) => area),
    channels: definition.channels.map((channel) => ({
      ...channel, allocations: channel.allocations.filter(({ seatIds }) => seatIds === undefined),
    })),
  });
}
