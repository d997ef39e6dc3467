import t from 'tap';
import {
  decodeBatch, EVENT_DEPTH_MAX, partitionOfSource, sourceOf,
} from '../../../../services/shared/contracts/bus-record.ts';
import { EventChain } from '../../../harness/event-chain.ts';

const [good] = new EventChain('hamlet', 'k').open();

/** Arrays in each other. */
function nested(levels: number): unknown {
  return levels === 0 ? 0 : [nested(levels - 1)];
}

t.test('takes what the relay writes, and types it does not know', async (t) => {
  t.same(decodeBatch(JSON.stringify([good])), [good]);
  t.equal(decodeBatch(JSON.stringify([{ ...good, type: 'seat.dusted', data: null, more: 1 }])).length, 1);
  for (const time of ['2024-02-29T23:59:59.999Z', '2026-01-01T00:00:00-09:30', '0001-01-01T00:00:00Z']) {
    t.equal(decodeBatch(JSON.stringify([{ ...good, time }])).length, 1, time);
  }
  t.equal(decodeBatch(JSON.stringify([{ ...good, data: nested(EVENT_DEPTH_MAX - 1) }])).length, 1);
  t.equal(partitionOfSource(sourceOf(7)), 7);
});

t.test('says what is wrong with a record that is none of ours', async (t) => {
  const wrong: [string, unknown, RegExp][] = [
    ['no array', {}, /not a JSON array/],
    ['no object', [null], /event 0: not an object/],
    ['another version', [{ ...good, specversion: '0.3' }], /specversion/],
    ['no id', [{ ...good, id: '' }], /id is not/],
    ['an id with a line feed', [{ ...good, id: 'a\nb' }], /id is not/],
    ['a subject with a NUL', [{ ...good, subject: 'a\u0000' }], /subject is not/],
    ['a seq of 0', [{ ...good, sequence: '0' }], /sequence is no number/],
    ['a seq as a number', [{ ...good, sequence: 1 }], /sequence is no number/],
    ['a time without a zone', [{ ...good, time: '2026-01-01T00:00:00' }], /time is no date/],
    ['an impossible time', [{ ...good, time: '2026-13-01T00:00:00Z' }], /time is no date/],
    ['30 February', [{ ...good, time: '2026-02-30T00:00:00Z' }], /time is no date/],
    ['29 February in a common year', [{ ...good, time: '2100-02-29T00:00:00.5Z' }], /time is no date/],
    ['the year 0', [{ ...good, time: '0000-01-01T00:00:00Z' }], /time is no date/],
    ['24 o’clock', [{ ...good, time: '2026-01-01T24:00:00Z' }], /time is no date/],
    ['a zone no database knows', [{ ...good, time: '2026-01-01T00:00:00+19:00' }], /time is no date/],
    ['deep data', [{ ...good, data: nested(EVENT_DEPTH_MAX) }], /event 0: more than 32 levels deep/],
    ['deep extensions', [{ ...good, more: nested(EVENT_DEPTH_MAX) }], /levels deep/],
    ['another source', [{ ...good, source: '/elsewhere' }], /source is not/],
    ['a good one and a bad one', [good, { ...good, prev: 7 }], /event 1: prev is not/],
  ];
  for (const [what, batch, fault] of wrong) t.throws(() => decodeBatch(JSON.stringify(batch)), fault, what);
  t.throws(() => decodeBatch('{"torn'));
});
