import { existsSync, readFileSync } from 'node:fs';
import { createOperatorClient } from './cli/operator-client.ts';
import { runCommand } from './cli/run-command.ts';

// `npm run onsale -- …`: the operator's API on the command line (services/operator/cli/run-command.ts).
const STACK = '.data/stack.json';
const stack = existsSync(STACK)
  ? JSON.parse(readFileSync(STACK, 'utf8')) as { operator?: string; adminToken?: string } : {};
const url = process.env['ONSALE_URL'] ?? stack.operator;
const token = process.env['ONSALE_TOKEN'] ?? stack.adminToken;
const fail = (sentence: string): void => void process.stderr.write(`${sentence}\n`);
// A reader that has seen enough (`… | head`) is no mistake.
process.stdout.on('error', () => process.exit(0));
if (url === undefined || token === undefined) {
  fail('Which operator service? Set ONSALE_URL and ONSALE_TOKEN, or run `npm start` in this folder.');
  process.exitCode = 1;
} else {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  process.exitCode = await runCommand(
    { client: createOperatorClient({ url, token }), print }, process.argv.slice(2), fail,
  );
}
