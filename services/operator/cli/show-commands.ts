import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import type { RecallAnswer } from '../http-schemas.ts';
import { named } from './command.ts';
import type { Command, Session } from './command.ts';
import { CommandFault } from './operator-client.ts';

type Report = Static<typeof RecallAnswer>;

/** A show that was cancelled or moved; by their names on the command line. */
export const SHOW_COMMANDS: Readonly<Record<string, Command>> = {
  'show cancel': {
    usage: 'show cancel SALE --why TEXT [--refund all|withoutFees|none] [--places block|return] '
      + '[--per-second N]',
    help: 'cancels every order of a show and gives the money back, so many orders per second',
    run: (session, args, isJson) => start(session, args, isJson, 'cancelled'),
  },
  'show move': {
    usage: 'show move SALE --to TIME --answer-by TIME --why TEXT [--refund …] [--places …] [--per-second N]',
    help: 'mails every buyer the new date, and lets them choose between the tickets and their money',
    run: (session, args, isJson) => start(session, args, isJson, 'moved'),
  },
  'show status': {
    usage: 'show status SALE',
    help: 'how far the orders of a show are that was cancelled or moved',
    run: status,
  },
  ...Object.fromEntries(([
    ['pause', 'stops working on its orders; what was done stays done'],
    ['resume', 'goes on with them'],
    ['retry', 'tries those again that were refused'],
  ] as const).map(([verb, help]): [string, Command] => [`show ${verb}`, {
    usage: `show ${verb} SALE --why TEXT`, help,
    run: (session, args, isJson) => move(session, args, isJson, verb),
  }])),
};

async function start(
  session: Session, args: string[], isJson: boolean, kind: 'cancelled' | 'moved',
): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    why: { type: 'string' }, to: { type: 'string' }, 'answer-by': { type: 'string' },
    refund: { type: 'string', default: 'all' },
    places: { type: 'string', default: kind === 'cancelled' ? 'block' : 'return' },
    'per-second': { type: 'string', default: '20' },
  } });
  const [saleId] = named(positionals, ['SALE']);
  const { why, to, 'answer-by': answerBy, refund, places, 'per-second': perSecond } = values;
  if (why === undefined || why.trim() === '') throw new CommandFault('--why is missing: buyers are told it.');
  if (kind === 'moved' && (to === undefined || answerBy === undefined)) {
    throw new CommandFault('--to and --answer-by are missing: the new date, and the end of the choice.');
  }
  const body = { kind, why, refund, places, ordersPerSecond: Number(perSecond),
    ...kind === 'moved' && { newDate: to, answerBy } };
  print(session, await session.client.post<Report>(pathOf(saleId), body), isJson);
}

async function status(session: Session, args: string[], isJson: boolean): Promise<void> {
  const [saleId] = named(parseArgs({ args, allowPositionals: true, options: {} }).positionals, ['SALE']);
  print(session, await session.client.get<Report>(pathOf(saleId)), isJson);
}

async function move(session: Session, args: string[], isJson: boolean, verb: string): Promise<void> {
  const { positionals, values: { why } } = parseArgs({
    args, allowPositionals: true, options: { why: { type: 'string' } },
  });
  const [saleId] = named(positionals, ['SALE']);
  if (why === undefined || why.trim() === '') throw new CommandFault('--why is missing: the audit keeps it.');
  print(session, await session.client.post<Report>(`${pathOf(saleId)}/${verb}`, { why }), isJson);
}

function print({ print: say }: Session, report: Report, isJson: boolean): void {
  if (isJson) {
    say(JSON.stringify(report));
    return;
  }
  const { saleId, kind, state, orders, cancelledMinor, refundedMinor, refused } = report;
  const counts = Object.entries(orders).map(([name, count]) => `${count} ${name}`).join(', ');
  say(`${saleId} ${kind}: ${state}; orders: ${counts || 'none yet'}`);
  say(`    cancelled orders cost ${cancelledMinor}, given back ${refundedMinor} (minor units)`);
  for (const { orderId, reason } of refused) say(`    refused: ${orderId}: ${reason}`);
}

function pathOf(saleId: string): string {
  return `/admin/v1/sales/${saleId}/recall`;
}
