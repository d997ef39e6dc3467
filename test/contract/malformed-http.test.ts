/**
 * What no HTTP client would send, straight into the socket: it is refused like everything else, or its
 * connection is closed. It changes nothing, and the next request is answered.
 */
import { connect } from 'node:net';
import * as fc from 'fast-check';
import t from 'tap';
import { EXAMPLE_SALE } from './fuzz/example-bodies.ts';
import { faultOfAnswer } from './fuzz/check-answer.ts';
import { openFuzzedShop } from './fuzz/fuzzed-shop.ts';

const ANSWER_MS_MAX = 5_000;
/** How long an answer that must come is waited for, and one that need not. */
const ANSWERED_MS = 3_000;
const SILENCE_MS = 20;
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 30);
const count = Math.ceil(Number(process.env['FUZZ_REQUESTS'] ?? 10_000) / 10);
t.comment(`FUZZ_SEED=${seed} repeats this run`);

const shop = await openFuzzedShop(t);
await shop.must('PUT', '/admin/v1/sales/hamlet', EXAMPLE_SALE);
await shop.must('POST', '/admin/v1/sales/hamlet/open');
const key = shop.credentials['checkout'] ?? '';
const hold = '{"buyerId":"b","items":[{"areaId":"floor","quantity":1}]}';

const LINE = 'POST /v1/sales/hamlet/holds HTTP/1.1';

/** A good request, with a place for what makes it a bad one. */
function post({ line = LINE, more = '', length = hold.length, body = hold } = {}) {
  const lengthLine = length < 0 ? '' : `content-length: ${length}\r\n`;
  const idempotencyKey = `k${Math.random()}`;
  return `${line}\r\nhost: x\r\nauthorization: ${key}\r\nidempotency-key: ${idempotencyKey}\r\n`
    + `content-type: application/json\r\n${lengthLine}${more}\r\n${body}`;
}

const malformed: Record<string, string> = {
  'no HTTP at all': 'hello\r\n\r\n',
  'TLS on a plain port': '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'an unknown method': post({ line: 'BUY /v1/sales/hamlet/holds HTTP/1.1' }),
  'an unknown version': post({ line: 'POST /v1/sales/hamlet/holds HTTP/9.9' }),
  'a space in the path': post({ line: 'POST /v1/sales/ham let/holds HTTP/1.1' }),
  'a null byte in the path': post({ line: 'POST /v1/sales/ham\u0000let/holds HTTP/1.1' }),
  'bytes beyond ASCII in the path': post({ line: 'POST /v1/sales/ham\u00ff\u00felet/holds HTTP/1.1' }),
  'a path without its slash': post({ line: 'POST v1/sales/hamlet/holds HTTP/1.1' }),
  'a path of 20,000 characters': post({ line: `POST /${'x'.repeat(20_000)} HTTP/1.1` }),
  'headers of 20,000 characters': post({ more: `x-more: ${'x'.repeat(20_000)}\r\n` }),
  'three thousand headers': post({ more: 'a: b\r\n'.repeat(3_000) }),
  'HTTP/1.1 without a host': 'GET /v1/sales/hamlet HTTP/1.1\r\nauthorization: x\r\n\r\n',
  'a null byte in a header': post({ more: 'x-more: a\u0000b\r\n' }),
  'a header without a colon': post({ more: 'x-more\r\n' }),
  'a header that goes on in a second line': post({ more: 'x-more: a\r\n b\r\n' }),
  'a space before the colon': post({ more: 'content-length : 5\r\n' }),
  'two lengths': post({ more: 'content-length: 5\r\n' }),
  'a length below zero': post({ length: -1, more: 'content-length: -5\r\n' }),
  'a length that is no number': post({ length: -1, more: 'content-length: abc\r\n' }),
  'a length and chunks': post({ more: 'transfer-encoding: chunked\r\n' }),
  'a chunk whose size is no number': post({ length: -1, more: 'transfer-encoding: chunked\r\n',
  body: 'zz\r\nab\r\n0\r\n\r\n' }),
  'a chunk longer than it says': post({ length: -1, more: 'transfer-encoding: chunked\r\n',
  body: '2\r\nabcdef\r\n0\r\n\r\n' }),
  'a chunk of more than 64 bits': post({ length: -1, more: 'transfer-encoding: chunked\r\n',
  body: 'fffffffffffffffff\r\na\r\n0\r\n\r\n' }),
  'an unknown transfer encoding': post({ length: -1, more: 'transfer-encoding: gzip\r\n', body: '' }),
};

for (const [name, text] of Object.entries(malformed)) {
  await t.test(`${name} is refused`, async (t) => {
    const before = await shop.changeCount();
    const answer = await sendRaw(Buffer.from(text, 'latin1'));
    t.equal(faultOf(answer), undefined);
    t.ok(answer.startsWith('HTTP/1.1 4'), 'with a 4xx');
    t.equal(await shop.changeCount(), before);
  });
}

await t.test('an expectation that nobody knows is passed by', async (t) => {
  t.match(await sendRaw(Buffer.from(post({ more: 'expect: a-miracle\r\n' }))), /^HTTP\/1\.1 201/);
});

await t.test('a good request with a few bytes changed is never answered 5xx', async (t) => {
  const changes = fc.array(fc.record({
    at: fc.nat(9_999),
    bytes: fc.oneof(
      fc.constantFrom('\u0000', '\r', '\n', '\r\n', ' ', ':', '%', '\u00ff', '\u007f', '\r\n\r\n', '-', '{'),
      fc.array(fc.nat(255), { maxLength: 3 }).map((codes) => String.fromCharCode(...codes)),
    ),
    skipped: fc.nat(3),
  }), { minLength: 1, maxLength: 3 });
  await fc.assert(fc.asyncProperty(changes, async (list) => {
    const text = list.reduce((before, { at, bytes, skipped }) => {
      const place = at % before.length;
      return before.slice(0, place) + bytes + before.slice(place + skipped);
    }, post());
    const before = await shop.changeCount();
    const answer = await sendRaw(Buffer.from(text, 'latin1'), SILENCE_MS);
    const fault = faultOf(answer);
    if (fault !== undefined) throw new Error(fault);
    const isRefused = answer.startsWith('HTTP/1.1 4');
    const isChanged = await shop.changeCount() !== before;
    if (isRefused && isChanged) throw new Error('is refused, but changed something');
  }), { seed, numRuns: count });
  t.pass(`${count} requests`);
});

await t.test('the next request is answered, and the sale is as its events say', async (t) => {
  t.match(await sendRaw(Buffer.from(post())), /^HTTP\/1\.1 201/);
  t.equal(await shop.checkSales(), 1);
  t.same(shop.errors, []);
});

/**
 * Sends the bytes and gives all that comes back. Its half is ended when something came, or nothing for a
 * while, as when fewer bytes came than were announced; a connection that stays open then is a fault.
 */
function sendRaw(bytes: Buffer, silenceMs = ANSWERED_MS): Promise<string> {
  const { hostname, port } = new URL(shop.url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    const silence = setTimeout(() => socket.end(), silenceMs);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS_MAX, () => {
      socket.destroy();
      reject(new Error(`the connection hangs: ${JSON.stringify(bytes.toString('latin1').slice(0, 500))}`));
    });
    socket.on('data', (part) => {
      answer += String(part);
      socket.end();
    });
    // A reset says the same as an end: the server wants no more of it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(silence);
      resolve(answer);
    });
  });
}

/** Of the first answer; what follows it in the same bytes is another request's. */
function faultOf(answer: string): string | undefined {
  if (answer === '') return undefined;
  const end = answer.indexOf('\r\n\r\n');
  const head = answer.slice(0, end);
  const [line = '', ...lines] = head.split('\r\n');
  const status = Number(line.split(' ')[1]);
  if (status < 300) return undefined;
  const headers = Object.fromEntries(lines.map((one) => {
    const [name = '', value = ''] = one.split(/: (.*)/);
    return [name.toLowerCase(), value];
  }));
  const text = answer.slice(end + 4, end + 4 + Number(headers['content-length'] ?? 0));
  const fault = faultOfAnswer({ method: 'POST' }, { status, headers, text }, undefined);
  return fault === undefined ? undefined : `${fault} (${answer.slice(0, 300)})`;
}
