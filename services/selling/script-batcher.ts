import { isRedisAway } from '../shared/platform/problem.ts';
import { WaitingLine } from './waiting-line.ts';
import type { OfSale, Waiting } from './waiting-line.ts';

/**
 * Collects what arrives within one event-loop turn and sends it as one script call per partition. While two
 * calls of a partition are under way its next batch keeps growing, so that load makes calls larger and not
 * more. Partitions do not wait for each other: a slow script of one holds back its own claims only. Within
 * a sale and a verb claims are judged in the order they came. Sales of one partition take turns, claim by
 * claim (services/selling/waiting-line.ts): of up to BATCH_COUNT_MAX sales that wait, each has a claim in
 * the very next call, however long the others' lines are. The caps on a call are those below; what has more
 * arguments or bytes by itself goes alone.
 */

/** Claims per call: past a hundred the gain per claim is gone, and one call would block Redis too long. */
export const BATCH_COUNT_MAX = 128;
/** Arguments per call; 128 claims of three items each have fewer. */
export const BATCH_ARGS_MAX = 4_096;
/** Bytes of those arguments; 128 claims of three items each have a third of it. */
export const BATCH_BYTES_MAX = 128 * 1024;
const CALLS_IN_FLIGHT_MAX = 2;
/**
 * Full calls may be more: with `appendfsync always` Redis answers once per write to disk, and then what is
 * under way bounds the throughput. More calls that are not full would only be smaller ones.
 */
const FULL_CALLS_IN_FLIGHT_MAX = 4;

/** Sends one batch: one answer per claim, or one text for all when the whole call was refused. */
export type SendBatch<Claim> = (partition: number, claims: Claim[]) => Promise<string[] | string>;

interface Lane<Claim extends OfSale> {
  line: WaitingLine<Claim>;
  callsInFlight: number;
  isScheduled: boolean;
  /** sends the next call; made once, since a closure per call or claim is what the hot path can spare */
  flush: () => void;
}

export class ScriptBatcher<Claim extends OfSale> {
  #lanes = new Map<number, Lane<Claim>>();
  #send: SendBatch<Claim>;
  #argsOf: (claim: Claim) => number;
  #bytesOf: (claim: Claim) => number;

  /**
   * @param argsOf how many arguments a claim adds to a call
   * @param bytesOf how many bytes these have, about
   */
  constructor(send: SendBatch<Claim>, argsOf: (claim: Claim) => number, bytesOf: (claim: Claim) => number) {
    this.#send = send;
    this.#argsOf = argsOf;
    this.#bytesOf = bytesOf;
  }

  /**
   * Puts a claim into its partition's next batch.
   *
   * @returns the script's answer for this claim, or `overloaded` when too many wait already
   * @throws the error of the call, or of the one before it; whether it ran is then unknown, a repeat under
   * the same id tells
   */
  add(partition: number, claim: Claim): Promise<string> {
    const lane = this.#lanes.get(partition) ?? this.#openLane(partition);
    const answer = lane.line.join(claim, this.#argsOf(claim), this.#bytesOf(claim));
    if (answer === undefined) return Promise.resolve('overloaded\t');
    if (!lane.isScheduled) this.#schedule(lane);
    return answer;
  }

  #openLane(partition: number): Lane<Claim> {
    const lane: Lane<Claim> = {
      line: new WaitingLine(),
      callsInFlight: 0,
      isScheduled: false,
      flush: () => {
        lane.isScheduled = false;
        void this.#flush(partition, lane);
        this.#schedule(lane);
      },
    };
    this.#lanes.set(partition, lane);
    return lane;
  }

  #schedule(lane: Lane<Claim>): void {
    const { line } = lane;
    const isFull = line.count >= BATCH_COUNT_MAX || line.args >= BATCH_ARGS_MAX
      || line.bytes >= BATCH_BYTES_MAX;
    const callsMax = isFull ? FULL_CALLS_IN_FLIGHT_MAX : CALLS_IN_FLIGHT_MAX;
    if (lane.isScheduled || line.count === 0 || lane.callsInFlight >= callsMax) return;
    lane.isScheduled = true;
    setImmediate(lane.flush);
  }

  async #flush(partition: number, lane: Lane<Claim>): Promise<void> {
    const batch = takeBatch(lane.line);
    if (batch.length === 0) return;
    lane.callsInFlight += 1;
    try {
      settle(batch, await this.#send(partition, batch.map(({ claim }) => claim)));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      // Whoever waits behind a call that Redis did not answer would wait as long again: all are told now.
      if (!(error instanceof Error) || !isRedisAway(error)) return;
      for (let next = lane.line.take(); next !== undefined; next = lane.line.take()) next.reject(error);
    } finally {
      lane.callsInFlight -= 1;
      this.#schedule(lane);
    }
  }
}

/** What goes into one call, sale after sale: at least one claim, whatever it takes. */
function takeBatch<Claim extends OfSale>(line: WaitingLine<Claim>): Waiting<Claim>[] {
  const batch: Waiting<Claim>[] = [];
  let args = 0;
  let bytes = 0;
  for (let next = line.peek(); next !== undefined && batch.length < BATCH_COUNT_MAX; next = line.peek()) {
    args += next.args;
    bytes += next.bytes;
    if (batch.length > 0 && (args > BATCH_ARGS_MAX || bytes > BATCH_BYTES_MAX)) break;
    line.take();
    batch.push(next);
  }
  return batch;
}

function settle<Claim>(batch: Waiting<Claim>[], answers: string[] | string): void {
  for (let i = 0; i < batch.length; i++) {
    const answer = typeof answers === 'string' ? `${answers}\t` : answers[i];
    if (answer === undefined) batch[i]?.reject(new Error('the script gave no answer for a claim'));
    else batch[i]?.resolve(answer);
  }
}
