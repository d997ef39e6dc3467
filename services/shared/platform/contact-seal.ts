import { createDecipheriv } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';

/**
 * Seals what must not stand readable in the log: the buyer's name and e-mail travel in `order.confirmed` as
 * a JWE (RFC 7516, direct encryption with A256GCM), opened by the projector on its way to the legacy
 * customers table.
 */
export interface Contact {
  name: string;
  email: string;
}

const HEADER = { alg: 'dir', enc: 'A256GCM' } as const;
/** The header as `sealContact` writes it, with the empty place of a key behind it. */
const PREFIX = `${Buffer.from(JSON.stringify(HEADER)).toString('base64url')}..`;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The key from CONTACT_KEY: 32 bytes in base64url. Throws a sentence if it is anything else. */
export function readContactKey(base64url: string): Uint8Array {
  const key = Buffer.from(base64url, 'base64url');
  if (key.length !== 32) throw new Error('CONTACT_KEY must be 32 bytes in base64url');
  return key;
}

/** The sealed form of a contact: a compact JWE. */
export async function sealContact(key: Uint8Array, contact: Contact): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(contact))).setProtectedHeader(HEADER).encrypt(key);
}

/**
 * Opens a sealed contact. Throws if it was sealed with another key or changed since. What `sealContact` made
 * is opened in this thread, for a fifth of the library's CPU time (28 us and 124, busy cores, Node 24).
 */
export async function openContact(key: Uint8Array, sealed: string): Promise<Contact> {
  const text = sealed.startsWith(PREFIX) ? openOurs(key, sealed) : await openAny(key, sealed);
  return JSON.parse(text) as Contact;
}

/** RFC 7516, section 5.2, for a header that is known: header, empty key, iv, ciphertext, tag. */
function openOurs(key: Uint8Array, sealed: string): string {
  const [header = '', , ...parts] = sealed.split('.');
  const [iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  const isWhole = iv?.length === IV_BYTES && tag?.length === TAG_BYTES && ciphertext !== undefined;
  if (!isWhole || parts.length !== 3) throw new Error('not a sealed contact');
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(header, 'latin1')).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
}

async function openAny(key: Uint8Array, sealed: string): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: [HEADER.alg],
    contentEncryptionAlgorithms: [HEADER.enc],
  });
  return Buffer.from(plaintext).toString();
}
