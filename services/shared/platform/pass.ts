import { jwtVerify, SignJWT } from 'jose';

/**
 * Passes: what a waiting room, or a partner, gives a buyer so that the selling API lets the buyer claim, and
 * which channels it opens. A JWT (RFC 7519) signed with PASS_SECRET, HS256 and nothing else; audience is the
 * sale, subject the buyer, so that it is of no use to anybody else or elsewhere.
 */
export interface Pass {
  saleId: string;
  buyerId: string;
  channelIds: string[];
  expiresAt: Date;
}

const ALGORITHM = 'HS256';

/** The pass as text. */
export async function signPass(key: Uint8Array, pass: Pass): Promise<string> {
  const { saleId, buyerId, channelIds, expiresAt } = pass;
  return new SignJWT({ channels: channelIds }).setProtectedHeader({ alg: ALGORITHM })
    .setAudience(audienceOf(saleId)).setSubject(buyerId).setExpirationTime(expiresAt).sign(key);
}

/** The pass of this buyer for this sale; undefined if it is not valid, whatever the cause. */
export async function verifyPass(
  key: Uint8Array,
  text: string,
  { saleId, buyerId, now }: { saleId: string; buyerId: string; now: Date },
): Promise<Pass | undefined> {
  try {
    const { payload: { exp = 0, channels } } = await jwtVerify(text, key, {
      algorithms: [ALGORITHM],
      audience: audienceOf(saleId),
      subject: buyerId,
      requiredClaims: ['exp', 'sub', 'aud'],
      currentDate: now,
    });
    const channelIds = Array.isArray(channels) ? channels.filter((id) => typeof id === 'string') : [];
    return { saleId, buyerId, channelIds, expiresAt: new Date(exp * 1000) };
  } catch {
    return undefined;
  }
}

function audienceOf(saleId: string): string {
  return `onsale:${saleId}`;
}
