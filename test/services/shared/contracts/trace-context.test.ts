import t from 'tap';
import {
  isTraceId, readTraceparent, traceparentOf, traceTextOf,
} from '../../../../services/shared/contracts/trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const ZEROS = '0'.repeat(32);

t.test('a traceparent of any version is read as far as it is known', async (t) => {
  const parent = { traceId: TRACE, spanId: SPAN, flags: '01' };
  t.same(readTraceparent(`00-${TRACE}-${SPAN}-01`), parent);
  t.same(readTraceparent(`cc-${TRACE}-${SPAN}-01`), parent);
  t.same(readTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`), parent);
});

t.test('what is none counts as not sent', async (t) => {
  for (const header of [
    undefined, ['00', TRACE], '', `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`, `ff-${TRACE}-${SPAN}-01`,
    `00-${ZEROS}-${SPAN}-01`, `00-${TRACE}-${ZEROS.slice(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01more`, ` 00-${TRACE}-${SPAN}-01`,
  ]) t.equal(readTraceparent(header), undefined, String(header));
  t.ok(isTraceId(TRACE));
  for (const id of [ZEROS, TRACE.slice(1), `${TRACE}0`, undefined]) t.notOk(isTraceId(id));
});

t.test('an event is a child of the caller’s span, or of the request that began its trace', async (t) => {
  t.equal(traceTextOf('x', `00-${TRACE}-${SPAN}-01`), `${TRACE}-${SPAN}-01`);
  t.equal(traceTextOf(TRACE, 'nonsense'), TRACE);
  t.equal(traceparentOf(`${TRACE}-${SPAN}-01`), `00-${TRACE}-${SPAN}-01`);
  t.equal(traceparentOf(TRACE), `00-${TRACE}-${TRACE.slice(0, 16)}-00`);
  const highZeros = `${ZEROS.slice(16)}${SPAN}`;
  t.equal(traceparentOf(highZeros), `00-${highZeros}-${SPAN}-00`, 'no span is all zeros');
  for (const none of ['', '0', ZEROS]) t.equal(traceparentOf(none), undefined);
});
