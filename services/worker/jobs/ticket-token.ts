import { CompactSign, compactVerify } from 'jose';
import type { JWK } from 'jose';
import { readSigningKey, SIGNING_ALGORITHM } from '../../shared/platform/signing-key.ts';
import type { SigningKey } from '../../shared/platform/signing-key.ts';

/**
 * What the QR of a ticket carries: a compact JWS (RFC 7515) with Ed25519, which a door can check without
 * asking anybody and nobody else can make. That it is genuine is all it says: whether the ticket still holds
 * and was not used is known to the database only.
 */
export interface TicketClaims {
  ticketId: string;
  saleId: string;
  orderId: string;
  /** absent: a place in a general area */
  seatId?: string;
  /** when the order was confirmed, seconds since 1970, so that the same ticket always is the same text */
  iat: number;
}

export interface TicketKeys {
  sign(claims: TicketClaims): Promise<string>;
  /** undefined: none of our keys has signed it */
  open(token: string): Promise<TicketClaims | undefined>;
  /** for doors that check by themselves; the first one signs */
  publicJwks: JWK[];
}

/** Other tokens of ours are not tickets. */
const MEDIA_TYPE = 'onsale-ticket+jws';

/**
 * Reads TICKET_KEYS: the first signs, all are believed. To rotate, put a new one before the old, and take the
 * old one away when its last show is over.
 *
 * @param list 32 bytes as base64url each, joined by commas
 * @throws Error with a sentence that says what is wrong, without a key
 */
export async function readTicketKeys(list: string): Promise<TicketKeys> {
  const keys = await Promise.all(list.split(',').map((text) => readSigningKey('TICKET_KEYS', text.trim())));
  const byId = new Map(keys.map((key) => [key.publicJwk.kid, key]));
  const [signing] = keys as [SigningKey, ...SigningKey[]];
  return {
    publicJwks: keys.map(({ publicJwk }) => publicJwk),
    sign: (claims) => new CompactSign(Buffer.from(JSON.stringify(claims)))
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: MEDIA_TYPE, kid: signing.publicJwk.kid })
      .sign(signing.privateKey),
    async open(token) {
      try {
        const { payload, protectedHeader } = await compactVerify(token, ({ kid = '' }) => {
          const key = byId.get(kid);
          if (key === undefined) throw new Error('unknown key');
          return key.publicKey;
        }, { algorithms: [SIGNING_ALGORITHM] });
        if (protectedHeader.typ !== MEDIA_TYPE) return undefined;
        return JSON.parse(Buffer.from(payload).toString('utf8')) as TicketClaims;
      } catch {
        return undefined;
      }
    },
  };
}
