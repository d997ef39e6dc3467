import { pino } from 'pino';
import type { Logger } from 'pino';

export type Log = Logger;

/**
 * A logger that writes JSON lines to stdout (object first, sentence second; no personal data). In-process on
 * purpose: pino's worker transports lose lines when the process exits.
 */
export function createLog({ name, level = 'info' }: { name: string; level?: string }): Log {
  return pino({ name, level, base: { name, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime });
}
