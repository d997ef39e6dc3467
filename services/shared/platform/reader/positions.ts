/**
 * Where a reader is in a shard, as text, the way it is kept in `reader.leases`:
 *
 * - undefined (NULL): nothing is taken yet; reading begins at the shard's horizon
 * - `4966…`: behind that record, whole
 * - `4966…/12`: behind user record 12 (from 0) of that aggregated record
 * - `AT:4966…`: that record is the next; only to start with
 * - `TIME:1763900000000`: what arrived from then on (ms since 1970) is next; only to start with
 * - `SHARD_END`: the shard is closed and read to its end; there is nothing more to read in it, ever
 */
export type Position = string | undefined;

export const SHARD_END = 'SHARD_END';

/** How Kinesis is told where to begin. */
export interface StartingPoint {
  type: 'TRIM_HORIZON' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER' | 'AT_TIMESTAMP';
  sequenceNumber?: string;
  atMs?: number;
}

const FORM = /^(?:(AT|TIME):)?(\d{1,128})(?:\/(\d{1,9}))?$/;

/** The position from which the record with that number is the next. */
export function positionAt(sequenceNumber: string): string {
  return `AT:${sequenceNumber}`;
}

/** The position from which what arrived at `atMs` or later is next. */
export function positionAtTime(atMs: number): string {
  return `TIME:${Math.floor(atMs)}`;
}

/** The position behind a record; of an aggregated one, behind that user record. */
export function positionAfter(
  { sequenceNumber, subSequenceNumber }: { sequenceNumber: string; subSequenceNumber?: number | undefined },
): string {
  return subSequenceNumber === undefined ? sequenceNumber : `${sequenceNumber}/${subSequenceNumber}`;
}

/**
 * What Kinesis has to be asked for. It gives whole records: `isBehind` then tells what is to be left out.
 *
 * @throws Error when the text is no position, or SHARD_END
 */
export function startingPoint(position: Position): StartingPoint {
  if (position === undefined) return { type: 'TRIM_HORIZON' };
  const { kind, number, sub } = parse(position);
  if (kind === 'TIME') return { type: 'AT_TIMESTAMP', atMs: Number(number) };
  const type = kind === 'AT' || sub !== undefined ? 'AT_SEQUENCE_NUMBER' : 'AFTER_SEQUENCE_NUMBER';
  return { type, sequenceNumber: number };
}

/** True if a record that Kinesis gave comes behind the position and so is to be read. */
export function isBehind(
  position: Position,
  record: { sequenceNumber: string; subSequenceNumber?: number | undefined; arrivedAtMs: number },
): boolean {
  if (position === undefined) return true;
  const { kind, number, sub } = parse(position);
  if (kind === 'TIME') return record.arrivedAtMs >= Number(number);
  if (sub === undefined || record.sequenceNumber !== number) return true;
  return (record.subSequenceNumber ?? 0) > sub;
}

function parse(position: string): { kind: string | undefined; number: string; sub: number | undefined } {
  const match = FORM.exec(position);
  if (match === null) throw new Error(`${position} is no position in a shard`);
  const [, kind, number = '', sub] = match;
  return { kind, number, sub: sub === undefined ? undefined : Number(sub) };
}
