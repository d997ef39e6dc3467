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

/** Opens a sealed contact. Throws if it was sealed with another key or changed since. */
export async function openContact(key: Uint8Array, sealed: string): Promise<Contact> {
  const { plaintext } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: [HEADER.alg],
    contentEncryptionAlgorithms: [HEADER.enc],
  });
  return JSON.parse(Buffer.from(plaintext).toString()) as Contact;
}
