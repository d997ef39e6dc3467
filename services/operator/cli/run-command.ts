import type { Session } from './command.ts';
import { COMMANDS } from './commands.ts';
import { CommandFault } from './operator-client.ts';

/** Exit codes: done, it failed, it was asked for wrongly. */
const DONE = 0;
const FAILED = 1;
const MISUSED = 2;

/**
 * Runs one command line of `npm run onsale -- …`.
 *
 * @param fail writes what goes to standard error
 * @returns the exit code: 1 when the API refused or cannot be reached, 2 when the command does not exist or
 *   lacks an argument; one sentence was written then, and nothing changed
 */
export async function runCommand(
  session: Session, argv: string[], fail: (sentence: string) => void,
): Promise<number> {
  const args = argv.filter((arg) => arg !== '--json' && arg !== '--help');
  const name = Object.keys(COMMANDS).find((words) =>
    words === args.slice(0, words.split(' ').length).join(' '));
  const command = name === undefined ? undefined : COMMANDS[name];
  if (argv.includes('--help') || args.length === 0) {
    sayHelp(session.print);
    return DONE;
  }
  if (name === undefined || command === undefined) {
    fail(`There is no command ${args[0]}; --help lists them.`);
    return MISUSED;
  }
  try {
    await command.run(session, args.slice(name.split(' ').length), argv.includes('--json'));
    return DONE;
  } catch (error) {
    fail((error as Error).message);
    if (error instanceof CommandFault) return FAILED;
    if (error instanceof TypeError) return MISUSED;
    throw error;
  }
}

function sayHelp(print: Session['print']): void {
  print('npm run --silent onsale -- COMMAND [--json]');
  for (const { usage, help } of Object.values(COMMANDS)) {
    print(`  ${usage}`);
    print(`      ${help}`);
  }
  print('It asks the operator service of ONSALE_URL with the token ONSALE_TOKEN; without them, that of');
  print('`npm start` in this folder.');
}
