import { CommandFault } from './operator-client.ts';
import type { OperatorClient } from './operator-client.ts';

/** What a command works with. */
export interface Session {
  client: OperatorClient;
  /** writes one line */
  print(line: string): void;
}

export interface Command {
  usage: string;
  /** what it answers, in a line of the help */
  help: string;
  run(session: Session, args: string[], isJson: boolean): Promise<void>;
}

/** The positional arguments, made safe for a path; throws a sentence for one that is missing or too many. */
export function named<const Names extends readonly string[]>(
  given: string[], names: Names,
): { [N in keyof Names]: string } {
  const missing = names[given.length];
  if (missing !== undefined) throw new CommandFault(`${missing} is missing.`);
  if (given.length > names.length) throw new CommandFault(`What is ${given.at(-1)}? See --help.`);
  return given.map((text) => encodeURIComponent(text)) as { [N in keyof Names]: string };
}
