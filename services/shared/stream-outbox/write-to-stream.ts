import type { UnplacedEvent } from '../contracts/stream-events.ts';
import { loadSql } from '../platform/pg.ts';
import type { PoolClient } from '../platform/pg.ts';

const WRITE_EVENT = loadSql(import.meta.url, './sql/write-event.sql');

/** Of an event as JSON, in UTF-16 units: details are to be few. */
export const EVENT_CHARS_MAX = 256 * 1024;

/**
 * Tells something in a stream, in the caller's transaction: what it tells of and the event are both there or
 * neither is. Once that is committed the event is in the event store exactly once, soon, behind all that were
 * committed to its stream before. Others that write to the same stream wait until the transaction ends; who
 * writes to several takes them in the order of their names, so that nobody waits for each other. Throws when
 * the event is too large, or with PostgreSQL's error.
 */
export async function writeToStream(client: PoolClient, event: UnplacedEvent): Promise<void> {
  const text = JSON.stringify(event);
  if (text.length > EVENT_CHARS_MAX) throw new Error(`an event of ${text.length} characters is too large`);
  await client.query(WRITE_EVENT, [event.subject, text]);
}
