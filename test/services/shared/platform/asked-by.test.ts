import { pino } from 'pino';
import t from 'tap';
import { askedBy } from '../../../../services/shared/platform/asked-by.ts';
import { createHttp } from '../../../../services/shared/platform/http-server.ts';

t.test('the address is what trusted proxies tell of the client, or else who is connected', async (t) => {
  const http = createHttp({ log: pino({ level: 'silent' }), trustProxy: 'loopback' });
  t.teardown(() => http.close());
  http.decorateRequest('operator');
  http.get('/', (request, reply) => reply.send({ from: askedBy(request).from }));
  const url = await http.listen({ host: '127.0.0.1', port: 0 });
  for (const [told, from] of [
    ['203.0.113.7', '203.0.113.7'], ['2001:db8::7', '2001:db8::7'],
    ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
    ['x'.repeat(300), '127.0.0.1'], ['not an address', '127.0.0.1'], ['', '127.0.0.1'],
  ] as const) {
    const reply = await fetch(url, { headers: { 'x-forwarded-for': told } });
    t.same(await reply.json(), { from }, told);
  }
});
