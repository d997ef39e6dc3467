/**
 * A sale sells through all real parts and is verified while it does; then the log, Redis and the legacy rows
 * are tampered with, one after the other, and each is found and named.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import t from 'tap';
import { saleKeys } from '../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../services/shared/contracts/partition-of.ts';
import type { Certificate } from '../../services/operator/verify/verify-sale.ts';
import { readCertificateKey, signCertificate } from '../../services/operator/verify/sign-certificate.ts';
import { awaitThat } from '../harness/await-that.ts';
import { openShop } from '../harness/open-shop.ts';
import { startService } from '../stack.ts';

const main = fileURLToPath(new URL('../../services/operator/cli-main.ts', import.meta.url));
const SEATS = Array.from({ length: 12 }, (_, x) => ({ seatId: `s${x}`, label: `${x}`, x, y: 0 }));

t.test('a sale is verified, and what was tampered with is found', async (t) => {
  const env = { CONFIRM_ACK: 'bus', CONFIRM_WAIT_MS: '20000' };
  const shop = await openShop(t, { env, startsPartitions: false });
  const { stack, redis } = shop;
  const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
  t.teardown(() => pool.end());
  const [operator] = await Promise.all([startService(t, 'operator', stack.env),
    startService(t, 'projector', stack.env), startService(t, 'relay', stack.env)]);
  await awaitThat('the relay has started the partitions', async () =>
    (await fetch(`${shop.selling.url}/health/ready`)).ok);
  await shop.sell('lear', {
    name: 'Lear', currency: 'EUR', buyerLimit: 8, allowStrandedSeats: true,
    categories: [{ categoryId: 'c', prices: { adult: 1_000 } }],
    areas: [{ areaId: 'box', kind: 'seated', categoryId: 'c', rows: [{ rowId: 'A', seats: SEATS }] },
      { areaId: 'floor', kind: 'general', capacity: 300, categoryId: 'c' }],
  });
  const buy = async (buyerId: string, items: object[]) => {
    const claim = { body: { buyerId, items } };
    const { body: { holdId } } = await shop.call('POST', '/v1/sales/lear/holds', claim);
    return shop.call('POST', '/v1/sales/lear/orders', { body: { buyerId, holdId, payment: { method: 'free' },
      contact: { name: 'Cordelia', email: 'c@example.org' } } });
  };
  const verify = async () => {
    const reply = await fetch(`${operator.url}/admin/v1/sales/lear/certificate`,
      { headers: { authorization: `Bearer ${stack.viewerToken}` } });
    return await reply.json() as { certificate: Certificate; signed: string };
  };

  await awaitThat('the event store has the sale', async () => 'certificate' in await verify());

  let isSelling = true;
  const crowd = Promise.all(Array.from({ length: 4 }, async (_, n) => {
    for (let i = 0; isSelling && i < 30; i++) await buy(`b${n}-${i}`, [{ areaId: 'floor', quantity: 2 }]);
  }));
  for (let i = 0; i < 3; i++) {
    const { certificate } = await verify();
    t.match(certificate, { clean: true, faults: [] }, 'in the middle of it');
    t.not(certificate.redis.agrees, false);
  }
  isSelling = false;
  await crowd;
  t.equal((await buy('ann', [{ seatIds: ['s3', 's4'] }])).status, 201);
  const settled = async (): Promise<Certificate> => awaitThat('all is projected', async () => {
    const { certificate } = await verify();
    const { log, redis, legacy } = certificate;
    return redis.seq === log.events && legacy.seq === log.events && certificate;
  });
  const clean = await settled();
  t.match(clean, { clean: true, redis: { agrees: true, differences: 0 }, legacy: { agrees: true } });
  t.match(clean.totals.tickets, Number((await pool.query('SELECT count(*) FROM tickets')).rows[0].count));

  const folder = t.testdir({ '.data': {} });
  writeFileSync(join(folder, '.data/stack.json'),
    JSON.stringify({ operator: operator.url, adminToken: stack.viewerToken }));
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args],
      { cwd: folder, encoding: 'utf8', env: {} });
    return { status, stderr: stderr.trim(), stdout };
  };

  await t.test('the certificate can be checked by whoever has the public key', async (t) => {
    t.match(run('verify', 'lear', '--out', 'lear.jws'), { status: 0, stdout: /^lear: clean, / });
    const keys = await (await fetch(`${operator.url}/.well-known/jwks.json`)).text();
    t.notMatch(keys, /"d"/, 'the private part stays here');
    writeFileSync(join(folder, 'keys.json'), keys);
    t.match(run('check-certificate', 'lear.jws', '--keys', 'keys.json'),
      { status: 0, stdout: /^lear: clean, / });
    t.match(run('check-certificate', 'lear.jws'), { status: 0 });
    const text = readFileSync(join(folder, 'lear.jws'), 'utf8');
    const [head, payload = '', signature] = text.trim().split('.');
    const said = Buffer.from(payload, 'base64url').toString();
    const other = Buffer.from(said.replace('"clean":true', '"clean":1234')).toString('base64url');
    writeFileSync(join(folder, 'forged.jws'), [head, other, signature].join('.'));
    t.match(run('check-certificate', 'forged.jws'), { status: 1, stderr: /^This is no certificate of ours/ });
    const stranger = await readCertificateKey(randomBytes(32).toString('base64url'));
    writeFileSync(join(folder, 'theirs.jws'), await signCertificate(stranger, clean));
    t.match(run('check-certificate', 'theirs.jws'), { status: 1, stderr: /none of the keys has signed it/ });
    t.match(run('check-certificate', 'none.jws'), { status: 1, stderr: /^none\.jws cannot be read/ });
    t.match(run('check-certificate', 'lear.jws', '--keys', 'lear.jws'),
      { status: 1, stderr: /is no key set/ });
  });

  await t.test('a row of legacy that is not what the log says is named', async (t) => {
    await pool.query(`UPDATE seats SET status = 'free' WHERE code = 's3'`);
    t.match(run('verify', 'lear'), {
      status: 1, stdout: /legacy: 1 differences at event \d+\n {4}seat s3: free, by the log sold/,
      stderr: 'lear is not what its log says.',
    });
    await pool.query(`UPDATE seats SET status = 'sold' WHERE code = 's3'`);
  });

  await t.test('a seat of Redis that is not what the log says is named', async (t) => {
    const { seats } = saleKeys(partitionOf('lear', 64), 'lear');
    const [byte] = [await redis.getrange(seats, 3, 3)];
    await redis.setrange(seats, 3, '0');
    t.match((await verify()).certificate,
      { clean: false, redis: { agrees: false, differences: 1, told: [/^seat number 3: 0, by the log /] } });
    await redis.setrange(seats, 3, byte);
    t.match((await verify()).certificate, { clean: true });
  });

  await t.test('an event that is not what was stored is named', async (t) => {
    const rename = (from: string, to: string) => pool.query(
      'UPDATE event_store.events SET body = replace(body::text, $1, $2)::json WHERE seq = 1', [from, to],
    );
    await rename('Lear', 'Liar');
    t.match((await verify()).certificate, {
      clean: false, faults: [/^lear seq 1: it is not what was stored/],
      redis: { agrees: null }, legacy: { agrees: null },
    });
    await rename('Liar', 'Lear');
    t.match((await verify()).certificate, { clean: true });
    await pool.query('DELETE FROM event_store.events WHERE seq = (SELECT seq FROM event_store.heads)');
    t.match((await verify()).certificate, { clean: false, faults: [/the head is at seq \d+, the last/] });
    await pool.query(`UPDATE event_store.heads SET (seq, chained_seq, id, digest) = (
      SELECT seq, seq, id, digest FROM event_store.events WHERE sale_id = 'lear' ORDER BY seq DESC LIMIT 1)`);
    t.match((await verify()).certificate, { clean: false, faults: [
      /^Redis: at seq \d+, and the log ends at \d+/, /^the legacy tables: at seq \d+, and the log ends/,
    ] }, 'the end was cut off, and the head with it');
  });
});
