import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { JWK } from 'jose';
import type { Static } from 'typebox';
import type { CertificateAnswer, SaleDescriptionAnswer, SeatExplanationAnswer } from '../http-schemas.ts';
import type { EventPage, LogEvent } from '../read-pages.ts';
import { openCertificate } from '../verify/sign-certificate.ts';
import { named } from './command.ts';
import type { Command, Session } from './command.ts';
import { ERASE_COMMANDS } from './erase-command.ts';
import { CommandFault } from './operator-client.ts';
import { PARKED_COMMANDS } from './parked-commands.ts';
import {
  printCertificate, printEvent, printExplanation, printSale, printTraced,
} from './print-answers.ts';
import { ROUTE_COMMANDS } from './route-commands.ts';
import { SHOW_COMMANDS } from './show-commands.ts';
import { watchEvents } from './watch-command.ts';

const EVENTS_PER_PAGE = 500;

/** By their names on the command line. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  events: {
    usage: 'events [SALE] [--type TYPE]… [--from TIME] [--to TIME] [--backwards] [--after N] [--limit N]',
    help: 'the log of a sale, or of all in one order; oldest first, or backwards',
    run: listEvents,
  },
  trace: {
    usage: 'trace CORRELATION|HOLD|ORDER|BUYER|LINK [--after POSITION] [--limit N]',
    help: 'everything of one flow over all sales, in order, and what asked for it; LINK: seat:SALE/SEAT …',
    run: traceFlow,
  },
  'explain seat': {
    usage: 'explain seat SALE SEAT',
    help: 'why a seat is free or not: holder, expiry, order, each event, and how far the projections are',
    run: explainSeat,
  },
  'as-of': {
    usage: 'as-of SALE TIME|SEQ',
    help: 'what the sale was at a time (ISO 8601) or after an event',
    run: describeMoment,
  },
  watch: {
    usage: 'watch [SALE] [--type TYPE]… [--after POSITION] [--limit N]',
    help: 'events as they come, of a sale or of all; from now on, or from a position on (0: all)',
    run: watchEvents,
  },
  ...PARKED_COMMANDS,
  ...ERASE_COMMANDS,
  ...SHOW_COMMANDS,
  ...ROUTE_COMMANDS,
  verify: {
    usage: 'verify SALE [--out FILE]',
    help: 'replays the log, compares Redis and SQL with it, and writes a signed certificate',
    run: verifySale,
  },
  'check-certificate': {
    usage: 'check-certificate FILE [--keys FILE]',
    help: 'checks the signature of a certificate, with a key set (/.well-known/jwks.json) that was kept',
    run: checkCertificate,
  },
};

async function listEvents(session: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    after: { type: 'string', default: '0' },
    type: { type: 'string', multiple: true, default: [] },
    from: { type: 'string' },
    to: { type: 'string' },
    backwards: { type: 'boolean', default: false },
    limit: { type: 'string', default: 'Infinity' },
  } });
  const { after, type: types, from, to, backwards, limit } = values;
  const [saleId] = positionals.length === 0 ? [] : named(positionals, ['SALE']);
  await listPages(session, {
    path: saleId === undefined ? '/admin/v1/events' : `/admin/v1/sales/${saleId}/events`,
    query: {
      after,
      ...types.length > 0 && { type: types.join(',') },
      ...from !== undefined && { from },
      ...to !== undefined && { to },
      ...backwards && { order: 'backwards' },
    },
    limit,
    print: isJson ? (event) => session.print(JSON.stringify(event)) : (event) =>
      printEvent(event, session.print, saleId === undefined),
  });
}

async function traceFlow(session: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    after: { type: 'string', default: '0' },
    limit: { type: 'string', default: 'Infinity' },
  } });
  const [asked] = named(positionals, ['CORRELATION']);
  const { after, limit } = values;
  const count = await listPages(session, {
    path: `/admin/v1/trace/${asked}`, query: { after }, limit,
    print: isJson ? (event) => session.print(JSON.stringify(event)) : (event) =>
      printTraced(event, session.print),
  });
  if (count === 0) throw new CommandFault(`Nothing is known of ${decodeURIComponent(asked)}.`);
}

/** Prints page after page, and says how many events that were. */
async function listPages(
  { client }: Session,
  { path, query, limit, print }:
  { path: string; query: Record<string, string>; limit: string; print(event: LogEvent): void },
): Promise<number> {
  const countMax = Number(limit);
  if (!(countMax >= 1)) throw new CommandFault('--limit takes a number from 1.');
  let [after, count] = [query['after'] ?? '0', 0];
  for (;;) {
    const pageCount = String(Math.min(EVENTS_PER_PAGE, countMax - count));
    const { events, next } = await client.get<EventPage<LogEvent>>(
      path, { ...query, after, limit: pageCount },
    );
    for (const event of events) print(event);
    count += events.length;
    if (count >= countMax || String(next) === after) return count;
    after = String(next);
  }
}

async function explainSeat({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [saleId, seatId] = named(positionals, ['SALE', 'SEAT']);
  const answer = await client.get<Static<typeof SeatExplanationAnswer>>(
    `/admin/v1/sales/${saleId}/seats/${seatId}`,
  );
  if (isJson) print(JSON.stringify(answer));
  else printExplanation(answer, print);
}

async function describeMoment({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [saleId, moment] = named(positionals, ['SALE', 'TIME or SEQ']);
  const text = decodeURIComponent(moment);
  const query = { [/^\d+$/.test(text) ? 'seq' : 'at']: text };
  const answer = await client.get<Static<typeof SaleDescriptionAnswer>>(
    `/admin/v1/sales/${saleId}/as-of`, query,
  );
  if (isJson) print(JSON.stringify(answer));
  else printSale(answer, print);
}

async function verifySale({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    out: { type: 'string' },
  } });
  const [saleId] = named(positionals, ['SALE']);
  const { certificate, signed } = await client.get<Static<typeof CertificateAnswer>>(
    `/admin/v1/sales/${saleId}/certificate`,
  );
  if (values.out !== undefined) writeFileSync(values.out, `${signed}\n`);
  if (isJson) print(JSON.stringify(certificate));
  else printCertificate(certificate, print);
  if (!certificate.clean) throw new CommandFault(`${saleId} is not what its log says.`);
}

async function checkCertificate({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    keys: { type: 'string' },
  } });
  const [file] = named(positionals, ['FILE']);
  const text = readText(decodeURIComponent(file)).trim();
  const { keys } = values.keys === undefined
    ? await client.get<{ keys: JWK[] }>('/.well-known/jwks.json') : readKeys(values.keys);
  const certificate = await openCertificate(text, keys).catch((error: Error) => {
    throw new CommandFault(error.message, { cause: error });
  });
  if (isJson) print(JSON.stringify(certificate));
  else printCertificate(certificate, print);
}

function readKeys(path: string): { keys: JWK[] } {
  try {
    return JSON.parse(readText(path)) as { keys: JWK[] };
  } catch (error) {
    throw error instanceof CommandFault ? error
      : new CommandFault(`${path} is no key set: ${(error as Error).message}`, { cause: error });
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFault(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
