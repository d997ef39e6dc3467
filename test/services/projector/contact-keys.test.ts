/** Keys of contacts are kept apart from the log, whatever becomes of the record that they came with. */
import t from 'tap';
import { Pool } from 'pg';
import {
  keepContactKeys, letWait, ownedKeysOf, passOn, readContactKeys, tryToKeep,
} from '../../../services/projector/contact-keys.ts';
import { keptData, readRecord } from '../../../services/projector/judge-records.ts';
import { takeKeys, withoutKey } from '../../../services/shared/contracts/sealed-contact.ts';
import { compress, decompress } from '../../../services/shared/platform/compression.ts';
import { openContact, sealContact } from '../../../services/shared/platform/contact-seal.ts';
import { openTestStack } from '../../stack.ts';

const stack = await openTestStack(t);
const pool = new Pool({ connectionString: stack.databaseUrl, max: 2 });
t.teardown(() => pool.end());
const contactKey = new Uint8Array(32).fill(3);
const ann = { name: 'Ann', email: 'ann@example.org' };
const recordOf = (text: string) =>
  ({ sequenceNumber: '1', partitionKey: 'p07', data: compress(text), arrivedAtMs: 0 });
const textOf = (data: Uint8Array): string => decompress(data, 1 << 20);
const keyOf = async (iv: string) => {
  const client = await pool.connect();
  const keys = await readContactKeys(client, [iv]);
  client.release();
  return keys.get(iv);
};

t.test('the events of a record have no keys, and can be opened with them', async (t) => {
  const sealed = sealContact(contactKey, ann);
  const [{ iv, encryptedKey } = { iv: '', encryptedKey: '' }] = takeKeys(sealed).keys;
  const event = {
    specversion: '1.0', id: 'e1', source: '/onsale/p07', subject: 'hamlet', type: 'order.confirmed',
    time: '2026-11-24T10:00:00.000Z', sequence: '1', prev: 'none',
    data: { contact: sealed, orderId: 'o', buyerId: 'b' },
  };
  const read = readRecord(recordOf(JSON.stringify([event])));
  t.same(read.keys, [{ iv, encryptedKey }]);
  t.match(read.events, [{ data: { contact: withoutKey(sealed) } }]);
  t.same(takeKeys(textOf(keptData(read))).keys, []);
  await keepContactKeys(pool, ownedKeysOf([read]));
  t.equal(await keyOf(iv), encryptedKey);
  t.same(await openContact(contactKey, withoutKey(sealed), encryptedKey), ann);
  await t.rejects(openContact(contactKey, withoutKey(sealed)));
  await pool.query(`UPDATE projection.contact_keys SET encrypted_key = NULL, erased_at = now()
    WHERE buyer_id = 'b'`);
  await keepContactKeys(pool, ownedKeysOf([read]));
  t.equal(await keyOf(iv), null, 'what was erased is not taken from the stream again');
});

t.test('a record that cannot be read is kept without its keys; whose they are is learnt later', async (t) => {
  const sealed = sealContact(contactKey, ann);
  const [{ iv, encryptedKey } = { iv: '', encryptedKey: '' }] = takeKeys(sealed).keys;
  const read = readRecord(recordOf(`[{"data":{"contact":"${sealed}"`));
  t.match(read, { unreadable: /JSON/, keys: [{ iv, encryptedKey }], events: [] });
  t.equal(textOf(keptData(read)), `[{"data":{"contact":"${withoutKey(sealed)}"`);
  await keepContactKeys(pool, ownedKeysOf([read, read]));
  t.equal(await keyOf(iv), encryptedKey);
  const event = { subject: 'hamlet', data: { contact: withoutKey(sealed), orderId: 'o2', buyerId: 'b2' } };
  await keepContactKeys(pool, ownedKeysOf([{ keys: read.keys, events: [event as never] }]));
  const { rows } = await pool.query(
    'SELECT sale_id, order_id, buyer_id FROM projection.contact_keys WHERE iv = $1', [iv]);
  t.same(rows, [{ sale_id: 'hamlet', order_id: 'o2', buyer_id: 'b2' }]);
});

t.test('keys that come while the legacy database is away wait, and are passed on', async (t) => {
  const [key = { iv: '', encryptedKey: '' }] = takeKeys(sealContact(contactKey, ann)).keys;
  const keys = ownedKeysOf([{ keys: [key], events: [] }]);
  const away = new Pool({ connectionString: 'postgres://postgres@127.0.0.1:9/none' });
  t.equal(await tryToKeep(away, keys), false);
  await away.end();
  const client = await pool.connect();
  for (let i = 0; i < 2; i++) await letWait(client, keys);
  client.release();
  t.equal(await keyOf(key.iv), undefined);
  await passOn({ events: pool, legacy: pool });
  t.equal(await keyOf(key.iv), key.encryptedKey);
  t.same((await pool.query('SELECT * FROM event_store.passing_keys')).rows, []);
  t.equal(await tryToKeep(pool, keys), true);
});

t.test('bytes that are no text of ours stay as they are', async (t) => {
  const data = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]);
  const read = readRecord({ ...recordOf(''), data });
  t.same(keptData(read), data);
  t.same(read.keys, []);
});
