/**
 * `node test/samples/main.ts NAME`: plays a sale in which every type of event happens, on the empty Redis
 * REDIS_URL, and keeps its log as test/samples/events/NAME.json. For whoever gave a schema a new version.
 */
import { keepSample } from '../harness/event-samples.ts';
import { playEveryType } from '../harness/play-every-type.ts';

const [name] = process.argv.slice(2);
const redisUrl = process.env['REDIS_URL'];
if (name === undefined || redisUrl === undefined) {
  process.exitCode = 1;
  process.stderr.write('REDIS_URL=redis://… node test/samples/main.ts NAME\n');
} else {
  const closing: (() => unknown)[] = [];
  try {
    keepSample(name, await playEveryType({ teardown: (close) => closing.push(close) }, name, redisUrl));
  } finally {
    for (const close of closing) await close();
  }
}
