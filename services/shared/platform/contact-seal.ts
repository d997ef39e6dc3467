import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { SEALED_HEADER } from '../contracts/sealed-contact.ts';

/**
 * Seals what must not stand readable in the log: the buyer's name and e-mail travel as a JWE (RFC 7516,
 * A256KW and A256GCM) under a key of that order, wrapped with CONTACT_KEY, and are opened by the projector
 * on its way to the legacy customers table. What is kept for good is the form without the key
 * (contracts/sealed-contact.ts).
 *
 * Sealing and opening are done in this thread, for a fraction of the library's CPU time; what we did not
 * write the library opens.
 */
export interface Contact {
  name: string;
  email: string;
}

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** RFC 3394, section 2.2.3.1 */
const WRAP_IV = Buffer.alloc(8, 0xa6);

/** The key from CONTACT_KEY: 32 bytes in base64url. Throws a sentence if it is anything else. */
export function readContactKey(base64url: string): Uint8Array {
  const key = Buffer.from(base64url, 'base64url');
  if (key.length !== KEY_BYTES) throw new Error('CONTACT_KEY must be 32 bytes in base64url');
  return key;
}

/** The sealed form of a contact, with its key: a compact JWE. */
export function sealContact(key: Uint8Array, contact: Contact): string {
  const random = randomBytes(KEY_BYTES + IV_BYTES);
  const contentKey = random.subarray(0, KEY_BYTES);
  const iv = random.subarray(KEY_BYTES);
  const wrap = createCipheriv('id-aes256-wrap', key, WRAP_IV);
  const encryptedKey = Buffer.concat([wrap.update(contentKey), wrap.final()]);
  const cipher = createCipheriv('aes-256-gcm', contentKey, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(SEALED_HEADER, 'latin1'));
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(contact)), cipher.final()]);
  const parts = [encryptedKey, iv, ciphertext, cipher.getAuthTag()];
  return `${SEALED_HEADER}.${parts.map((part) => part.toString('base64url')).join('.')}`;
}

/**
 * Opens a sealed contact. Throws if it was sealed with another key or changed since.
 *
 * @param encryptedKey of one that is kept without its own, base64url
 */
export async function openContact(key: Uint8Array, sealed: string, encryptedKey?: string): Promise<Contact> {
  const text = sealed.startsWith(`${SEALED_HEADER}.`) ? openOurs(key, sealed, encryptedKey)
    : await openAny(key, sealed);
  return JSON.parse(text) as Contact;
}

function openOurs(key: Uint8Array, sealed: string, keptKey?: string): string {
  const [header = '', ownKey = '', ...parts] = sealed.split('.');
  const [iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  const isWhole = iv?.length === IV_BYTES && tag?.length === TAG_BYTES && ciphertext !== undefined;
  if (!isWhole || parts.length !== 3) throw new Error('not a sealed contact');
  const unwrap = createDecipheriv('id-aes256-wrap', key, WRAP_IV);
  const wrapped = Buffer.from(keptKey ?? ownKey, 'base64url');
  const contentKey = Buffer.concat([unwrap.update(wrapped), unwrap.final()]);
  const decipher = createDecipheriv('aes-256-gcm', contentKey, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(header, 'latin1')).setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString();
}

/** What others sealed, and what the release before this one did: directly with CONTACT_KEY. */
async function openAny(key: Uint8Array, sealed: string): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ['dir', 'A256KW'],
    contentEncryptionAlgorithms: ['A256GCM'],
  });
  return Buffer.from(plaintext).toString();
}
