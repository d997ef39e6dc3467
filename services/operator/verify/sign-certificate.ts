import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, compactVerify, CompactSign, exportJWK, importJWK } from 'jose';
import type { JWK } from 'jose';
import type { Certificate } from './verify-sale.ts';

/**
 * Certificates: what a verification found, signed with Ed25519 (RFC 8037) as a compact JWS (RFC 7515), so
 * that anybody who has the public key can check it without asking us. The key has its thumbprint as its id
 * (RFC 7638).
 */
const ALGORITHM = 'EdDSA';
const MEDIA_TYPE = 'onsale-certificate+jws';
const KEY_BYTES = 32;
/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface CertificateKey {
  privateKey: KeyObject;
  /** what everybody may have */
  publicJwk: JWK;
}

/** Reads CERTIFICATE_KEY. Throws a sentence that says what is wrong, without the key. */
export async function readCertificateKey(text: string): Promise<CertificateKey> {
  const seed = Buffer.from(text, 'base64url');
  if (seed.length !== KEY_BYTES) throw new Error(`CERTIFICATE_KEY: ${KEY_BYTES} bytes as base64url`);
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8',
  });
  const jwk = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, publicJwk: { ...jwk, kid, alg: ALGORITHM, use: 'sig' } };
}

/** The certificate as text: three parts of base64url with points between them. */
export async function signCertificate(
  { privateKey, publicJwk }: CertificateKey, certificate: Certificate,
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(certificate)))
    .setProtectedHeader({ alg: ALGORITHM, typ: MEDIA_TYPE, kid: publicJwk.kid ?? '' })
    .sign(privateKey);
}

/**
 * What a certificate says, if one of the keys has signed it.
 *
 * @throws Error with one sentence: no certificate, unknown key, wrong signature
 */
export async function openCertificate(text: string, keys: readonly JWK[]): Promise<Certificate> {
  try {
    const { payload } = await compactVerify(text, async ({ kid }) => {
      const jwk = keys.find((key) => key.kid === kid);
      if (jwk === undefined) throw new Error('none of the keys has signed it');
      return importJWK(jwk, ALGORITHM);
    }, { algorithms: [ALGORITHM] });
    return JSON.parse(Buffer.from(payload).toString('utf8')) as Certificate;
  } catch (error) {
    throw new Error(`This is no certificate of ours: ${(error as Error).message}`, { cause: error });
  }
}
