import { SignJWT, UnsecuredJWT } from 'jose';
import t from 'tap';
import { signPass, verifyPass } from '../../../../services/shared/platform/pass.ts';

const key = Buffer.from('a-key-of-thirty-two-characters-00');
const now = new Date('2027-01-01T00:00:00Z');
const expiresAt = new Date('2027-01-01T00:05:00Z');
const pass = { saleId: 'hamlet', buyerId: 'ann', channelIds: ['fans'], expiresAt };
const at = { saleId: 'hamlet', buyerId: 'ann', now };

t.test('a pass is its buyer\'s, for its sale, until it ends', async (t) => {
  const text = await signPass(key, pass);
  t.same(await verifyPass(key, text, at), pass);
  t.equal(await verifyPass(key, text, { ...at, buyerId: 'ben' }), undefined);
  t.equal(await verifyPass(key, text, { ...at, saleId: 'othello' }), undefined);
  t.equal(await verifyPass(key, text, { ...at, now: pass.expiresAt }), undefined);
  t.equal(await verifyPass(Buffer.from('another-key-of-thirty-two-charact'), text, at), undefined);
  t.equal(await verifyPass(key, `${text}x`, at), undefined);
  t.equal(await verifyPass(key, 'nonsense', at), undefined);
});

t.test('other algorithms, tokens of other kinds, and passes without an end are refused', async (t) => {
  const claims = { channels: ['fans'], aud: 'onsale:hamlet', sub: 'ann', exp: 2_000_000_000 };
  const sign = (alg: string, payload: object) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg }).sign(Buffer.concat([key, key]));
  const double = Buffer.concat([key, key]);
  t.match(await verifyPass(double, await sign('HS256', claims), at), { buyerId: 'ann' }, 'this one is good');
  for (const alg of ['HS384', 'HS512']) {
    t.equal(await verifyPass(double, await sign(alg, claims), at), undefined);
  }
  t.equal(await verifyPass(key, new UnsecuredJWT(claims).encode(), at), undefined);
  for (const name of ['aud', 'sub', 'exp'] as const) {
    const { [name]: _, ...rest } = claims;
    t.equal(await verifyPass(double, await sign('HS256', rest), at), undefined, `without ${name}`);
  }
  t.match(await verifyPass(double, await sign('HS256', { ...claims, channels: 'fans' }), at),
    { channelIds: [] });
  t.match(await verifyPass(double, await sign('HS256', { ...claims, channels: [1, 'x'] }), at),
    { channelIds: ['x'] });
});
