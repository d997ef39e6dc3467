import { parseArgs } from 'node:util';
import type { Static } from 'typebox';
import type { ErasedAnswer } from '../http-schemas.ts';
import { named } from './command.ts';
import type { Command, Session } from './command.ts';
import { CommandFault } from './operator-client.ts';

/** Erasing who a buyer is. */
export const ERASE_COMMANDS: Readonly<Record<string, Command>> = {
  'erase buyer': {
    usage: 'erase buyer BUYER --why TEXT',
    help: 'erases name and e-mail of a buyer for good, in the rows and in all copies of the log',
    run: erase,
  },
};

async function erase({ client, print }: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values: { why } } = parseArgs({
    args, allowPositionals: true, options: { why: { type: 'string' } },
  });
  const [buyerId] = named(positionals, ['BUYER']);
  if (why === undefined || why.trim() === '') throw new CommandFault('--why is missing: the audit keeps it.');
  const path = `/admin/v1/buyers/${encodeURIComponent(buyerId)}/erase`;
  const erased = await client.post<Static<typeof ErasedAnswer>>(path, { why });
  const { keys, orders, customers, tickets, documents } = erased;
  if (isJson) print(JSON.stringify(erased));
  else {
    print(`${buyerId}: ${keys} keys erased; of ${orders} orders ${customers} customers, ${tickets} names on `
      + `tickets and ${documents} documents.`);
  }
}
