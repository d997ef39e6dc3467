import { hash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import type { JWTVerifyGetKey } from 'jose';
import { BUYER_ID_PATTERN } from '../shared/contracts/http-schemas.ts';
import { sameSecret } from '../shared/platform/credentials.ts';

/**
 * Who calls the selling API (DESIGN, section 7): a buyer with a token, whose subject is the buyer, or a
 * server with the checkout key, which may name any buyer. A token is verified once and remembered until it
 * ends; the table of the remembered is searched by a hash that differs from process to process, so that the
 * time of a look-up tells nothing about a token.
 */
export type Caller = { kind: 'buyer'; buyerId: string } | { kind: 'key' };

/** Why nobody was found: the token is bad, or whoever could tell is away. */
export type Unidentified = 'unauthenticated' | 'unavailable';

export interface CallersOptions {
  checkoutKey: string;
  sessionSecret: string;
  /** the company's identity provider */
  jwks?: { url: string; issuer: string; audience: string };
}

const THE_KEY: Caller = { kind: 'key' };
const SESSION_SECONDS = 24 * 3600;
const TOKENS_REMEMBERED_MAX = 100_000;
const ISSUER = 'onsale';
/** What an identity provider may sign with; never `none`, never a shared secret. */
const PROVIDER_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

/** What of the provider's keys is the token's fault; all else (time-out, no answer, no keys) is not. */
const KEY_FAULTS_OF_TOKEN = [
  errors.JWKSNoMatchingKey.code, errors.JWKSMultipleMatchingKeys.code, errors.JOSENotSupported.code,
];
/** Ids that are made here; a provider's subject of that form is another buyer. */
const OWN_ID = /^[bs]_[\w-]{22}$/;

/** A token that never ends could never be taken back. */
const LIMITED = { requiredClaims: ['exp', 'sub'] };

export class Callers {
  #checkoutKey: string;
  #secret: Uint8Array;
  #provider: { keys: JWTVerifyGetKey; issuer: string; audience: string } | undefined;
  #verified = new Map<string, { caller: Caller; expiresAtMs: number }>();
  #buyerPattern = new RegExp(BUYER_ID_PATTERN);

  constructor({ checkoutKey, sessionSecret, jwks }: CallersOptions) {
    this.#checkoutKey = checkoutKey;
    this.#secret = Buffer.from(sessionSecret);
    if (jwks !== undefined) {
      const { url, issuer, audience } = jwks;
      const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: 2_000 });
      this.#provider = { keys, issuer, audience };
    }
  }

  /** A new anonymous buyer with its token. */
  async openSession(nowMs: number): Promise<{ buyerId: string; token: string; expiresAt: string }> {
    const buyerId = `b_${randomBytes(16).toString('base64url')}`;
    const expiresAtSeconds = Math.floor(nowMs / 1000) + SESSION_SECONDS;
    const token = await new SignJWT().setProtectedHeader({ alg: 'HS256' })
      .setSubject(buyerId).setIssuer(ISSUER).setExpirationTime(expiresAtSeconds).sign(this.#secret);
    return { buyerId, token, expiresAt: new Date(expiresAtSeconds * 1000).toISOString() };
  }

  /** Who a token that was verified before belongs to; undefined if it must be verified (again). */
  recall(token: string, nowMs: number): Caller | undefined {
    const known = this.#verified.get(token);
    return known !== undefined && known.expiresAtMs > nowMs ? known.caller : undefined;
  }

  /** Who the bearer token belongs to. */
  async identify(token: string): Promise<Caller | Unidentified> {
    const isKey = token !== '' && sameSecret(token, this.#checkoutKey);
    const verified = isKey ? { caller: THE_KEY, expiresAtMs: Infinity } : await this.#verify(token);
    if (typeof verified === 'string') return verified;
    const oldest = this.#verified.keys().next();
    const isFull = this.#verified.size >= TOKENS_REMEMBERED_MAX;
    if (isFull && oldest.done === false) this.#verified.delete(oldest.value);
    this.#verified.set(token, verified);
    return verified.caller;
  }

  async #verify(token: string): Promise<{ caller: Caller; expiresAtMs: number } | Unidentified> {
    if (!token.includes('.')) return 'unauthenticated';
    let isProviderAway = false;
    try {
      const provider = this.#provider;
      const isProviders = provider !== undefined && decodeJwt(token).iss === provider.issuer;
      const { payload } = isProviders
        ? await jwtVerify(token, async (header, jws) => {
          try {
            return await provider.keys(header, jws);
          } catch (error) {
            isProviderAway = !isFaultOfToken(error);
            throw error;
          }
        }, {
          ...LIMITED,
          algorithms: PROVIDER_ALGORITHMS,
          issuer: provider.issuer,
          audience: provider.audience,
        })
        : await jwtVerify(token, this.#secret, { ...LIMITED, algorithms: ['HS256'], issuer: ISSUER });
      const { sub = '', iss = '', exp = 0 } = payload;
      const buyerId = isProviders ? this.#buyerIdOf(iss, sub) : sub;
      if (!this.#buyerPattern.test(buyerId)) return 'unauthenticated';
      return { caller: { kind: 'buyer', buyerId }, expiresAtMs: exp * 1000 };
    } catch {
      return isProviderAway ? 'unavailable' : 'unauthenticated';
    }
  }

  /**
   * The provider's subject where it can be a buyerId; otherwise, as with `auth0|…` or 100 characters, an id
   * derived from it.
   */
  #buyerIdOf(issuer: string, subject: string): string {
    if (subject === '' || (this.#buyerPattern.test(subject) && !OWN_ID.test(subject))) return subject;
    return `s_${hash('sha256', `${issuer}\n${subject}`, 'base64url').slice(0, 22)}`;
  }
}

function isFaultOfToken(error: unknown): boolean {
  return error instanceof errors.JOSEError && KEY_FAULTS_OF_TOKEN.includes(error.code);
}
