import { InvalidArgumentException, ResourceNotFoundException } from '@aws-sdk/client-kinesis';
import type { Position } from './positions.ts';
import type { StreamRecord } from './stream-record.ts';

/** What came from a shard. */
export interface Fetched {
  /** in the shard's order; may be none */
  records: StreamRecord[];
  /** where reading goes on behind them; that of before when there were none */
  position: Position;
  /** the shard is closed and this is its end */
  ended: boolean;
  /** there is more to be read at once */
  behind: boolean;
}

/**
 * One shard's records in order, by whichever way (polling-source.ts, fan-out-source.ts). It remembers where
 * it is and goes on there after an error.
 */
export interface ShardSource {
  /**
   * The next records, as soon as there are some; now and then an answer without any. Throws what the SDK
   * throws, and PositionRefusedError; calling it again is right in any case.
   */
  next(): Promise<Fetched>;
  /** Goes on elsewhere. */
  seek(position: Position): void;
  /** There may be something new: do not rest. */
  wake(): void;
  /** Its children were seen: it will end, and must be read in a way that shows that. */
  expectEnd(): void;
  /** Ends what it holds open. Nothing is read afterwards. */
  close(): Promise<void>;
}

/** The stream does not know the position (any more): its records are past their retention, or never were. */
export class PositionRefusedError extends Error {}

/** True for the errors by which Kinesis and its emulators say that a position is none of theirs. */
export function isRefusal(error: unknown): boolean {
  return error instanceof InvalidArgumentException || error instanceof ResourceNotFoundException;
}
