import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { PlacedLogEvent } from '../read-pages.ts';
import { named } from './command.ts';
import type { Session } from './command.ts';
import { CommandFault } from './operator-client.ts';
import { printEvent } from './print-answers.ts';

const RETRY_MS = 500;
/** A service that is started anew is back by then. */
const AWAY_MS_MAX = 60_000;

/** Follows the log until it is interrupted; a lost connection is opened anew behind the last event. */
export async function watchEvents(session: Session, args: string[], isJson: boolean): Promise<void> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: {
    after: { type: 'string' },
    type: { type: 'string', multiple: true, default: [] },
    limit: { type: 'string', default: 'Infinity' },
  } });
  const [saleId] = positionals.length === 0 ? [] : named(positionals, ['SALE']);
  const countMax = Number(values.limit);
  if (!(countMax >= 1)) throw new CommandFault('--limit takes a number from 1.');
  const query = {
    ...saleId !== undefined && { sale: decodeURIComponent(saleId) },
    ...values.type.length > 0 && { type: values.type.join(',') },
  };
  let [after, count, sinceMs] = [values.after, 0, Date.now()];
  while (count < countMax) {
    try {
      const asked = after === undefined ? query : { ...query, after };
      const frames = session.client.follow('/admin/v1/events/stream', asked);
      for await (const { event, id, data } of frames) {
        [after, sinceMs] = [id, Date.now()];
        if (event !== 'event') continue;
        if (isJson) session.print(data);
        else printEvent(JSON.parse(data) as PlacedLogEvent, session.print, saleId === undefined);
        count += 1;
        if (count >= countMax) return;
      }
    } catch (error) {
      // What is refused stays refused; what is away may come back.
      const isAway = error instanceof CommandFault && error.isAway && after !== undefined;
      if (!isAway || Date.now() - sinceMs > AWAY_MS_MAX) {
        const goOn = after === undefined ? '' : ` Go on with --after ${after}.`;
        if (!(error instanceof CommandFault)) throw error;
        throw new CommandFault(error.message + goOn, { cause: error });
      }
    }
    await sleep(RETRY_MS);
  }
}
