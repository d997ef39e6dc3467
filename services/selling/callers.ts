import { randomBytes } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import { BUYER_ID_PATTERN } from '../shared/contracts/http-schemas.ts';
import { sameSecret } from '../shared/platform/credentials.ts';

/**
 * Who calls the selling API (DESIGN, section 7): a buyer with a token, whose subject is the buyer, or a
 * server with the checkout key, which may name any buyer. A token is verified once and remembered until it
 * ends.
 */
export type Caller = { kind: 'buyer'; buyerId: string } | { kind: 'key' };

export interface CallersOptions {
  checkoutKey: string;
  sessionSecret: string;
  /** the company's identity provider */
  jwks?: { url: string; issuer: string; audience: string };
}

const SESSION_SECONDS = 24 * 3600;
const TOKENS_REMEMBERED_MAX = 100_000;
const ISSUER = 'onsale';
/** What an identity provider may sign with; never `none`, never a shared secret. */
const PROVIDER_ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];

export class Callers {
  #checkoutKey: string;
  #secret: Uint8Array;
  #provider: { keys: ReturnType<typeof createRemoteJWKSet>; issuer: string; audience: string } | undefined;
  #verified = new Map<string, { buyerId: string; expiresAtMs: number }>();
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

  /** Who the bearer token belongs to; undefined if it is not valid. */
  async identify(token: string, nowMs: number): Promise<Caller | undefined> {
    if (token === '') return undefined;
    const known = this.#verified.get(token);
    if (known !== undefined && known.expiresAtMs > nowMs) return { kind: 'buyer', buyerId: known.buyerId };
    if (!token.includes('.')) return sameSecret(token, this.#checkoutKey) ? { kind: 'key' } : undefined;
    const verified = await this.#verify(token);
    if (verified === undefined) return sameSecret(token, this.#checkoutKey) ? { kind: 'key' } : undefined;
    const oldest = this.#verified.keys().next();
    const isFull = this.#verified.size >= TOKENS_REMEMBERED_MAX;
    if (isFull && oldest.done === false) this.#verified.delete(oldest.value);
    this.#verified.set(token, verified);
    return { kind: 'buyer', buyerId: verified.buyerId };
  }

  async #verify(token: string): Promise<{ buyerId: string; expiresAtMs: number } | undefined> {
    try {
      const provider = this.#provider;
      const isProviders = provider !== undefined && decodeJwt(token).iss === provider.issuer;
      const { payload } = isProviders
        ? await jwtVerify(token, provider.keys,
          { algorithms: PROVIDER_ALGORITHMS, issuer: provider.issuer, audience: provider.audience })
        : await jwtVerify(token, this.#secret, { algorithms: ['HS256'], issuer: ISSUER });
      if (payload.sub === undefined || !this.#buyerPattern.test(payload.sub)) return undefined;
      return { buyerId: payload.sub, expiresAtMs: (payload.exp ?? 0) * 1000 };
    } catch {
      return undefined;
    }
  }
}
