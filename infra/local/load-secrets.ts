import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeWhole } from './write-whole.ts';

const names = [
  'adminToken', 'checkoutKey', 'idSecret', 'sessionSecret', 'passSecret', 'contactKey',
  'webhookSecret', 'certificateKey', 'ticketKey', 'doorKey', 'sandboxKey', 'sandboxWebhookKey',
  'handoverKey', 'handoverWebhookKey',
] as const;

/** Each is 32 random bytes as base64url. */
export type Secrets = Record<(typeof names)[number], string>;

/**
 * The secrets of the local stack, made once and kept in a file that only its owner can read: ids and
 * sealed contact data of earlier runs stay valid. Throws one sentence when the file is damaged.
 */
export function loadSecrets(path: string): Secrets {
  const kept = existsSync(path) ? readSecrets(path) : {};
  const secrets = Object.fromEntries(
    names.map((name) => [name, kept[name] ?? randomBytes(32).toString('base64url')]),
  ) as Secrets;
  if (names.some((name) => kept[name] === undefined))
    writeWhole(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

function readSecrets(path: string): Partial<Secrets> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>;
  } catch {
    throw new Error(`${path} is damaged: restore it, or start with --clean, which removes all local data.`);
  }
}
