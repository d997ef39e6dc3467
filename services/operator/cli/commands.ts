import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { JWK } from 'jose';
import type { Static } from 'typebox';
import type { CertificateAnswer, SaleDescriptionAnswer, SeatExplanationAnswer } from '../http-schemas.ts';
import type { LogEvent } from '../read-log.ts';
import { openCertificate } from '../verify/sign-certificate.ts';
import { CommandFault } from './operator-client.ts';
import type { OperatorClient } from './operator-client.ts';
import { printCertificate, printEvent, printExplanation, printSale } from './print-answers.ts';

/** What a command works with. */
export interface Session {
  client: OperatorClient;
  /** writes one line */
  print(line: string): void;
}

interface Command {
  usage: string;
  /** what it answers, in a line of the help */
  help: string;
  run(session: Session, args: string[], isJson: boolean): Promise<void>;
}

const EVENTS_PER_PAGE = 500;

/** By their names on the command line. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  events: {
    usage: 'events SALE [--after SEQ] [--type TYPE] [--limit N]',
    help: 'the log of a sale, oldest first',
    run: listEvents,
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

async function listEvents({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    after: { type: 'string', default: '0' },
    type: { type: 'string' },
    limit: { type: 'string', default: 'Infinity' },
  } });
  const [saleId] = named(positionals, ['SALE']);
  const countMax = Number(values.limit);
  if (!(countMax >= 1)) throw new CommandFault('--limit takes a number from 1.');
  let after = values.after;
  for (let count = 0; ;) {
    const { events, next } = await client.get<{ events: LogEvent[]; next: number }>(
      `/admin/v1/sales/${saleId}/events`, { after, limit: String(EVENTS_PER_PAGE) },
    );
    for (const event of events) {
      if (values.type !== undefined && event.type !== values.type) continue;
      if (isJson) print(JSON.stringify(event));
      else printEvent(event, print);
      count += 1;
      if (count >= countMax) return;
    }
    if (events.length < EVENTS_PER_PAGE) return;
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

/** The positional arguments, made safe for a path; throws a sentence for one that is missing or too many. */
function named<const Names extends readonly string[]>(
  given: string[], names: Names,
): { [N in keyof Names]: string } {
  const missing = names[given.length];
  if (missing !== undefined) throw new CommandFault(`${missing} is missing.`);
  if (given.length > names.length) throw new CommandFault(`What is ${given.at(-1)}? See --help.`);
  return given.map((text) => encodeURIComponent(text)) as { [N in keyof Names]: string };
}
