import { compactVerify, CompactSign, importJWK } from 'jose';
import type { JWK } from 'jose';
import { readSigningKey, SIGNING_ALGORITHM } from '../../shared/platform/signing-key.ts';
import type { SigningKey } from '../../shared/platform/signing-key.ts';
import type { Certificate } from './verify-sale.ts';

/**
 * Certificates: what a verification found, signed with Ed25519 (RFC 8037) as a compact JWS (RFC 7515), so
 * that anybody who has the public key can check it without asking us. The key has its thumbprint as its id
 * (RFC 7638).
 */
const MEDIA_TYPE = 'onsale-certificate+jws';

/** Reads CERTIFICATE_KEY. Throws a sentence that says what is wrong, without the key. */
export async function readCertificateKey(text: string): Promise<SigningKey> {
  return readSigningKey('CERTIFICATE_KEY', text);
}

/** The certificate as text: three parts of base64url with points between them. */
export async function signCertificate(
  { privateKey, publicJwk }: SigningKey, certificate: Certificate,
): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(certificate)))
    .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: MEDIA_TYPE, kid: publicJwk.kid })
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
      return importJWK(jwk, SIGNING_ALGORITHM);
    }, { algorithms: [SIGNING_ALGORITHM] });
    return JSON.parse(Buffer.from(payload).toString('utf8')) as Certificate;
  } catch (error) {
    throw new Error(`This is no certificate of ours: ${(error as Error).message}`, { cause: error });
  }
}
