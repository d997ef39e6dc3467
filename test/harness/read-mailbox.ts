import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The mails in the folder that stands for a mail server, as they would be sent. */
export function readMailbox(folder: string): string[] {
  return !existsSync(folder) ? [] : readdirSync(folder)
    .filter((name) => name.endsWith('.eml')).map((name) => readFileSync(join(folder, name), 'utf8'));
}
