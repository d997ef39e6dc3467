import t from 'tap';
import { compareWithLog } from '../../../../services/relay/recovery/compare-with-log.ts';

const log = { seq: 7, id: 'g' };
const redis = (seq: number, head: string, state: string | undefined = 'open') => ({ state, seq, head });

t.same([
  compareWithLog(log, redis(7, 'g')),
  compareWithLog(log, redis(7, 'other')),
  compareWithLog(log, redis(6, 'f')),
  compareWithLog(log, redis(8, 'h')),
  compareWithLog(log, { state: undefined, seq: 0, head: '' }),
  compareWithLog({ seq: 0, id: '0' }, { state: undefined, seq: 0, head: '' }),
  compareWithLog(log, redis(6, 'f', 'recovering')),
  compareWithLog(log, redis(7, 'g', 'archived')),
], ['same', 'behind_the_log', 'behind_the_log', 'ahead', 'state_missing', 'same', 'recovering', 'same']);
