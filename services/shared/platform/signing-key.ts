import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import type { JWK } from 'jose';

/** Of a JWS that such a key signs: Ed25519 (RFC 8037). */
export const SIGNING_ALGORITHM = 'EdDSA';
const KEY_BYTES = 32;
/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** what everybody may have; `kid` is its thumbprint (RFC 7638) */
  publicJwk: JWK & { kid: string };
}

/**
 * Reads an Ed25519 key: 32 bytes as base64url.
 *
 * @param name of the variable it stands in
 * @throws Error with a sentence that says what is wrong, without the key
 */
export async function readSigningKey(name: string, text: string): Promise<SigningKey> {
  const seed = Buffer.from(text, 'base64url');
  if (seed.length !== KEY_BYTES) throw new Error(`${name}: ${KEY_BYTES} bytes as base64url`);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey);
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, publicKey, publicJwk: { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' } };
}
