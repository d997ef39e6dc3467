import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import tap from 'tap';
import { awaitThat } from '../../harness/await-that.ts';
import { openEventStream } from '../../harness/open-event-stream.ts';
import { Audience } from '../../../services/selling/audience.ts';
import { EventStream } from '../../../services/shared/platform/event-stream.ts';
import { writeFrame } from '../../../services/shared/platform/write-frame.ts';

tap.test('a client that does not read is cut off, and the others are told everything', async (t) => {
  const audience = new Audience();
  let droppedCount = 0;
  const server = createServer((_request, response) => {
    audience.add(new EventStream(response, {}, () => { droppedCount += 1; }), audience.ring.next);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const reader = await openEventStream(t, `http://127.0.0.1:${port}/`);
  const sleeper = connect(port, '127.0.0.1', () => sleeper.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'));
  sleeper.pause();
  sleeper.on('error', () => undefined);
  t.teardown(() => sleeper.destroy());
  await awaitThat('two streams', () => audience.count === 2);

  const text = 'x'.repeat(512 * 1024);
  // Far more than the system itself keeps for a connection (some megabytes on each side).
  for (let n = 0; n < 200 && droppedCount === 0; n++) {
    audience.ring.add(`0-${n}`, writeFrame('change', JSON.stringify({ n, text }), `0-${n + 1}`));
    audience.tell();
    await reader.nth(n);
    reader.events[n] = { event: '', id: '', data: { n: reader.events[n]?.data['n'] } };
  }
  t.equal(droppedCount, 1);
  t.same(reader.events.map(({ data }) => data['n']), reader.events.map((_, n) => n), 'each once, in order');
  await awaitThat('the end of the other', () => audience.count === 1);
  await audience.stop();
  await awaitThat('the end of the stream', () => reader.isEnded());
  t.equal(audience.count, 0);
});
