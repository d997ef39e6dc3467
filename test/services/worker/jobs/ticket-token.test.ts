import { randomBytes } from 'node:crypto';
import { CompactSign } from 'jose';
import t from 'tap';
import { readSigningKey } from '../../../../services/shared/platform/signing-key.ts';
import { readTicketKeys } from '../../../../services/worker/jobs/ticket-token.ts';

const secret = () => randomBytes(32).toString('base64url');
const claims = { ticketId: 'o_1-1', saleId: 'hamlet', orderId: 'o_1', seatId: 'a-1', iat: 1_799_350_200 };

t.test('keys rotate: the new one signs, the old one is believed until it is taken away', async (t) => {
  const [old, fresh] = [secret(), secret()];
  const before = await (await readTicketKeys(old)).sign(claims);
  const both = await readTicketKeys(`${fresh},${old}`);
  const after = await both.sign(claims);
  t.same(await both.open(before), claims);
  t.same(await both.open(after), claims);
  const onlyNew = await readTicketKeys(fresh);
  t.equal(await onlyNew.open(before), undefined);
  t.same(await onlyNew.open(after), claims);
  t.equal(await onlyNew.sign(claims), after, 'the same ticket is the same text');
  t.same(both.publicJwks.map(({ kty, crv, d }) => ({ kty, crv, d })),
    [1, 2].map(() => ({ kty: 'OKP', crv: 'Ed25519', d: undefined })), 'no private part is shown');
});

t.test('what the key signed for another purpose is no ticket', async (t) => {
  const text = secret();
  const { privateKey, publicJwk: { kid } } = await readSigningKey('X', text);
  const other = await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'onsale-certificate+jws', kid }).sign(privateKey);
  t.equal(await (await readTicketKeys(text)).open(other), undefined);
});

t.test('a wrong key is said without being shown', async (t) => {
  await t.rejects(readTicketKeys('c2hvcnQ'), { message: 'TICKET_KEYS: 32 bytes as base64url' });
  await t.rejects(readTicketKeys(''), /32 bytes/);
});
