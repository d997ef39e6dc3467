import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { createAddressGuard } from '../../../../../services/shared/platform/webhooks/address-guard.ts';

const REFUSED = [
  '127.0.0.1', '127.1', '0x7f.1', '2130706433', '0.0.0.0', '10.1.2.3', '172.16.0.1', '192.168.1.1',
  '169.254.169.254', '100.64.0.1', '224.0.0.1', '255.255.255.255', '[::]', '[::1]', '[::ffff:127.0.0.1]',
  '[::ffff:a00:1]', '[fd00::1]', '[fe80::1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[ff02::1]',
  'localhost',
];

t.test('addresses that are not public are refused', async (t) => {
  const guard = createAddressGuard('');
  for (const host of REFUSED) t.ok(guard.faultOf(`https://${host}/in`), `https://${host} is refused`);
  for (const host of ['93.184.216.34', '[2606:4700::1111]', 'example.org', 'example.org:8443']) {
    t.equal(guard.faultOf(`https://${host}/in`), undefined, `https://${host} is fine`);
  }
  for (const url of [
    '', 'nothing', 'ftp://example.org', 'http://example.org', 'http://127.0.0.1', 'https://a:b@example.org',
    'file:///etc/passwd', 'https://example.org/#part',
  ]) t.ok(guard.faultOf(url), `"${url}" is refused`);
});

t.test('networks that are named are allowed, and http for loopback only', async (t) => {
  const guard = createAddressGuard('127.0.0.0/8, fd00::/8');
  for (const url of ['http://127.0.0.1:80/', 'http://localhost/', 'https://[fd00::1]', 'https://127.1']) {
    t.equal(guard.faultOf(url), undefined, `${url} is fine`);
  }
  const refused = ['http://[fd00::1]/', 'https://10.0.0.1', 'http://[::1]/'];
  for (const url of refused) t.ok(guard.faultOf(url), `${url} is refused`);
  for (const wrong of ['127.0.0.1', '127.0.0.0/33', 'x/8', '10.0.0.0/', '::/129']) {
    t.throws(() => createAddressGuard(wrong), /WEBHOOK_PRIVATE_NETWORKS/);
  }
});

t.test('a name is checked when it is connected to', async (t) => {
  const look = (guard: ReturnType<typeof createAddressGuard>, host: string, all: boolean) =>
    new Promise<string | LookupAddress[]>((resolve, reject) => {
      guard.lookup(host, { all }, (error, found) => (error === null ? resolve(found) : reject(error)));
    });
  const closed = createAddressGuard('');
  await t.rejects(look(closed, 'localhost', true), { message: /no address that may be/ });
  await t.rejects(look(closed, 'localhost', false), { message: /no address that may be/ });
  await t.rejects(look(closed, 'nobody.invalid', true), { message: /getaddrinfo/ });
  const open = createAddressGuard('127.0.0.0/8');
  t.equal(await look(open, 'localhost', false), '127.0.0.1');
  t.same(await look(open, 'localhost', true), [{ address: '127.0.0.1', family: 4 }]);
});
