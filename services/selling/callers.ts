import { randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import { BUYER_ID_PATTERN } from '../shared/contracts/http-schemas.ts';
import { sameSecret } from '../shared/platform/credentials.ts';

/**
 * Who calls the selling API (DESIGN, section 7): a buyer with a token, whose subject is the buyer, or a
 * server with the checkout key, which may name any buyer. A token is verified once and remembered until it
 * ends; the table of the remembered is searched by a hash that differs from process to process, so that the
 * time of a look-up tells nothing about a token.
 */
export type Caller = { kind: 'buyer'; buyerId: string } | { kind: 'key' };

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

/** A token that never ends could never be taken back. */
const LIMITED = { requiredClaims: ['exp', 'sub'] };

export class Callers {
  #checkoutKey: string;
  #secret: Uint8Array;
  #provider: { keys: ReturnType<typeof createRemoteJWKSet>; issuer: string; audience: string } | undefined;
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

  /** Who the bearer token belongs to; undefined if it is not valid. */
  async identify(token: string): Promise<Caller | undefined> {
    const isKey = token !== '' && sameSecret(token, this.#checkoutKey);
    const verified = isKey ? { caller: THE_KEY, expiresAtMs: Infinity } : await this.#verify(token);
    if (verified === undefined) return undefined;
    const oldest = this.#verified.keys().next();
    const isFull = this.#verified.size >= TOKENS_REMEMBERED_MAX;
    if (isFull && oldest.done === false) this.#verified.delete(oldest.value);
    this.#verified.set(token, verified);
    return verified.caller;
  }

  async #verify(token: string): Promise<{ caller: Caller; expiresAtMs: number } | undefined> {
    if (!token.includes('.')) return undefined;
    try {
      const provider = this.#provider;
      const isProviders = provider !== undefined && decodeJwt(token).iss === provider.issuer;
      const { payload } = isProviders
        ? await jwtVerify(token, provider.keys,
          {
            ...LIMITED,
            algorithms: PROVIDER_ALGORITHMS,
            issuer: provider.issuer,
            audience: provider.audience,
          })
        : await jwtVerify(token, this.#secret, { ...LIMITED, algorithms: ['HS256'], issuer: ISSUER });
      if (payload.sub === undefined || !this.#buyerPattern.test(payload.sub)) return undefined;
      return { caller: { kind: 'buyer', buyerId: payload.sub }, expiresAtMs: (payload.exp ?? 0) * 1000 };
    } catch {
      return undefined;
    }
  }
}
