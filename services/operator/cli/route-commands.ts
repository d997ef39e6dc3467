import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import type {
  RouteAnswer, RouteChangeAnswer, RouteHistoryAnswer, RoutesAnswer,
} from '../route-schemas.ts';
import { named } from './command.ts';
import type { Command, Session } from './command.ts';
import { CommandFault } from './operator-client.ts';

type Route = Static<typeof RouteAnswer>;

/** Where the selling requests of shows go; by their names on the command line. */
export const ROUTE_COMMANDS: Readonly<Record<string, Command>> = {
  'route show': {
    usage: 'route show [SALE]',
    help: 'where the selling requests of a show go, or of all',
    run: showRoutes,
  },
  'route set': {
    usage: 'route set SALE legacy|selling --why TEXT [--dry-run]',
    help: 'sends them to the other side, if its stock is there; --dry-run only says what speaks against it',
    run: setRoute,
  },
  'route history': {
    usage: 'route history SALE',
    help: 'who has changed it, when and why; the last first',
    run: showHistory,
  },
};

async function showRoutes({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [saleId] = positionals.length === 0 ? [] : named(positionals, ['SALE']);
  const routes = saleId === undefined
    ? (await client.get<Static<typeof RoutesAnswer>>('/admin/v1/routes')).routes
    : [await client.get<Route>(`/admin/v1/routes/${saleId}`)];
  for (const route of routes) print(isJson ? JSON.stringify(route) : lineOf(route));
}

async function setRoute({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    why: { type: 'string' }, 'dry-run': { type: 'boolean', default: false },
  } });
  const [saleId, state] = named(positionals, ['SALE', 'legacy or selling']);
  const { why, 'dry-run': dryRun } = values;
  if (why === undefined || why.trim() === '') throw new CommandFault('--why is missing: the audit keeps it.');
  const answer = await client.put<Static<typeof RouteChangeAnswer>>(
    `/admin/v1/routes/${saleId}`, { state, why, dryRun },
  );
  if (isJson) print(JSON.stringify(answer));
  else if (dryRun) print(`${saleId} can go to ${state}; nothing was changed.`);
  else print(`${answer.isChanged ? 'changed' : 'it was so already'}: ${lineOf(answer.route)}`);
}

async function showHistory({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [saleId] = named(positionals, ['SALE']);
  const path = `/admin/v1/routes/${saleId}/history`;
  const { changes } = await client.get<Static<typeof RouteHistoryAnswer>>(path);
  for (const change of changes) {
    const { number, from, to, at, who, why } = change;
    print(isJson ? JSON.stringify(change) : `${number}  ${at}  ${from} -> ${to}  ${who}: ${why ?? ''}`);
  }
}

function lineOf({ saleId, state, number, changedAt, changedBy, why }: Route): string {
  if (number === 0) return `${saleId}  ${state}  (never changed: where its stock is sold)`;
  return `${saleId}  ${state}  number ${number} since ${changedAt} by ${changedBy}: ${why}`;
}
