import t from 'tap';
import { keyOfSecret, signWebhook } from '../../../../../services/shared/platform/webhooks/sign-webhook.ts';

t.test('the signature is that of Standard Webhooks', async (t) => {
  // From the test suites of the specification's libraries (standard-webhooks/standard-webhooks).
  const headers = signWebhook({
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', atMs: 1_614_265_330_999, body: '{"test": 2432232314}',
    keys: [Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'), Buffer.from('another')],
  });
  t.equal(headers['webhook-timestamp'], '1614265330');
  const [first, second] = headers['webhook-signature'].split(' ');
  t.equal(first, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  t.match(second, /^v1,[A-Za-z0-9+/]{43}=$/);
});

t.test('the key of a secret is read, and what is none is refused without showing it', async (t) => {
  const key = Buffer.alloc(32, 7);
  t.same(Buffer.from(keyOfSecret(`whsec_${key.toString('base64')}`)), key);
  for (const wrong of ['', 'whsec_', 'whsec_c2hvcnQ=', key.toString('base64'), `whsec_${'A'.repeat(100)}`]) {
    t.throws(() => keyOfSecret(wrong), { message: /^the secret of webhooks needs the form whsec_/ });
  }
});
