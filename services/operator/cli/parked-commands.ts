import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import type { ActAnswer, ParkedAnswer, ProjectionAnswer } from '../http-schemas.ts';
import { named } from './command.ts';
import type { Command, Session } from './command.ts';
import { CommandFault } from './operator-client.ts';
import { printParked, printProjection } from './print-parked.ts';

/** What waits for an operator, and what one does about it; by their names on the command line. */
export const PARKED_COMMANDS: Readonly<Record<string, Command>> = {
  'parked list': {
    usage: 'parked list',
    help: 'projections of sales, and partitions of the bus, that wait for an operator',
    run: listParked,
  },
  'parked show': {
    usage: 'parked show SALE PROJECTION',
    help: 'how far a projection of a sale is, the event at which it waits, and what was done about it',
    run: showProjection,
  },
  'parked retry': {
    usage: 'parked retry SALE PROJECTION --why TEXT [--seq SEQ]',
    help: 'tries it again from that event on, after what was wrong is mended',
    run: (session, args, isJson) => actOnParked(session, args, isJson, 'retry'),
  },
  'parked skip': {
    usage: 'parked skip SALE PROJECTION --seq SEQ --why TEXT',
    help: 'passes that one event by: the rows differ from the log from then on',
    run: (session, args, isJson) => actOnParked(session, args, isJson, 'skip'),
  },
  'parked replay': {
    usage: 'parked replay SALE PROJECTION --why TEXT',
    help: 'makes the rows of a read model of a sale anew, from its first event on',
    run: (session, args, isJson) => actOnParked(session, args, isJson, 'replay'),
  },
};

const DONE = { retry: 'is tried again', skip: 'goes on behind it', replay: 'will be made anew' } as const;

async function listParked({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  named(parseArgs({ args, allowPositionals: true, options: {} }).positionals, []);
  const answer = await client.get<Static<typeof ParkedAnswer>>('/admin/v1/parked');
  if (isJson) print(JSON.stringify(answer));
  else printParked(answer, print);
}

async function showProjection(session: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
  const [saleId, projection] = named(positionals, ['SALE', 'PROJECTION']);
  const answer = await session.client.get<Static<typeof ProjectionAnswer>>(pathOf(saleId, projection));
  if (isJson) session.print(JSON.stringify(answer));
  else printProjection(answer, session.print);
}

async function actOnParked(
  { client, print }: Session, args: string[], isJson: boolean, act: keyof typeof DONE,
): Promise<void> {
  const { positionals, values: { why, seq: text } } = parseArgs({ args, allowPositionals: true, options: {
    why: { type: 'string' },
    seq: { type: 'string' },
  } });
  const [saleId, projection] = named(positionals, ['SALE', 'PROJECTION']);
  if (why === undefined || why.trim() === '') throw new CommandFault('--why is missing: the audit keeps it.');
  if (text !== undefined && (act === 'replay' || !/^[1-9]\d{0,14}$/.test(text))) {
    throw new CommandFault(act === 'replay' ? 'A replay begins at the first event: it takes no --seq.'
      : '--seq takes the seq of an event.');
  }
  if (act === 'skip' && text === undefined) {
    throw new CommandFault('--seq is missing: name the event to skip.');
  }
  const path = pathOf(saleId, projection);
  const body = act === 'replay' ? { why } : { why, seq: Number(text ?? await parkedSeqOf(client, path)) };
  const done = await client.post<Static<typeof ActAnswer>>(`${path}/${act}`, body);
  if (isJson) print(JSON.stringify(done));
  else print(`${done.projection} of ${done.saleId} ${DONE[act]}, by ${done.actor}: ${done.why}`);
}

async function parkedSeqOf(client: Session['client'], path: string): Promise<number> {
  const { saleId, projection, parked } = await client.get<Static<typeof ProjectionAnswer>>(path);
  if (parked === null) throw new CommandFault(`${projection} of ${saleId} is not parked.`);
  return parked.seq;
}

function pathOf(saleId: string, projection: string): string {
  return `/admin/v1/sales/${saleId}/projections/${projection}`;
}
