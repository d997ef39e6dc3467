import { isRedisAway } from '../shared/platform/problem.ts';

/**
 * Collects what arrives within one event-loop turn and sends it as one script call per partition. While two
 * calls of a partition are under way its next batch keeps growing, so that load makes calls larger and not
 * more. Partitions do not wait for each other. Within a partition and a verb, claims are judged in the order
 * they came.
 */

/** Claims per call: past a hundred the gain per claim is gone, and one call would block Redis too long. */
export const BATCH_COUNT_MAX = 128;
/** Arguments per call; 128 claims of three items each have fewer. */
export const BATCH_ARGS_MAX = 4_096;
const CALLS_IN_FLIGHT_MAX = 2;
/**
 * Full calls may be more: with `appendfsync always` Redis answers once per write to disk, and then what is
 * under way bounds the throughput. More calls that are not full would only be smaller ones.
 */
const FULL_CALLS_IN_FLIGHT_MAX = 4;
/** Claims that may wait in one partition; more are refused as `overloaded`. */
export const WAITING_COUNT_MAX = 20_000;

/** Sends one batch: one answer per claim, or one text for all when the whole call was refused. */
export type SendBatch<Claim> = (partition: number, claims: Claim[]) => Promise<string[] | string>;

interface Waiting<Claim> {
  claim: Claim;
  resolve: (answer: string) => void;
  reject: (error: unknown) => void;
}

interface Lane<Claim> {
  waiting: Waiting<Claim>[];
  callsInFlight: number;
  isScheduled: boolean;
}

export class ScriptBatcher<Claim> {
  #lanes = new Map<number, Lane<Claim>>();
  #send: SendBatch<Claim>;
  #argsOf: (claim: Claim) => number;

  /** @param argsOf how many arguments a claim adds to a call */
  constructor(send: SendBatch<Claim>, argsOf: (claim: Claim) => number) {
    this.#send = send;
    this.#argsOf = argsOf;
  }

  /**
   * Puts a claim into its partition's next batch.
   *
   * @returns the script's answer for this claim, or `overloaded`
   * @throws the error of the call, or of the one before it; whether it ran is then unknown, a repeat under
   * the same id tells
   */
  add(partition: number, claim: Claim): Promise<string> {
    const lane = this.#laneOf(partition);
    if (lane.waiting.length >= WAITING_COUNT_MAX) return Promise.resolve('overloaded\t');
    return new Promise((resolve, reject) => {
      lane.waiting.push({ claim, resolve, reject });
      this.#schedule(partition, lane);
    });
  }

  #laneOf(partition: number): Lane<Claim> {
    let lane = this.#lanes.get(partition);
    if (lane === undefined) {
      lane = { waiting: [], callsInFlight: 0, isScheduled: false };
      this.#lanes.set(partition, lane);
    }
    return lane;
  }

  #schedule(partition: number, lane: Lane<Claim>): void {
    const callsMax = lane.waiting.length < BATCH_COUNT_MAX ? CALLS_IN_FLIGHT_MAX : FULL_CALLS_IN_FLIGHT_MAX;
    if (lane.isScheduled || lane.waiting.length === 0 || lane.callsInFlight >= callsMax) return;
    lane.isScheduled = true;
    setImmediate(() => {
      lane.isScheduled = false;
      void this.#flush(partition, lane);
      this.#schedule(partition, lane);
    });
  }

  async #flush(partition: number, lane: Lane<Claim>): Promise<void> {
    const batch = lane.waiting.splice(0, this.#countOfNext(lane));
    lane.callsInFlight += 1;
    try {
      const answers = await this.#send(partition, batch.map(({ claim }) => claim));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const answer = typeof answers === 'string' ? `${answers}\t` : answers[i];
        if (answer === undefined) reject(new Error('the script gave no answer for a claim'));
        else resolve(answer);
      }
    } catch (error) {
      // Whoever waits behind a call that Redis did not answer would wait as long again: all are told now.
      const isEverybodys = error instanceof Error && isRedisAway(error);
      for (const { reject } of isEverybodys ? [...batch, ...lane.waiting.splice(0)] : batch) reject(error);
    } finally {
      lane.callsInFlight -= 1;
      this.#schedule(partition, lane);
    }
  }

  /** How many of those who wait go into one call: at least one, whatever it takes. */
  #countOfNext({ waiting }: Lane<Claim>): number {
    let args = 0;
    for (let count = 0; count < waiting.length && count < BATCH_COUNT_MAX; count++) {
      const one = waiting[count];
      args += one === undefined ? 0 : this.#argsOf(one.claim);
      if (args > BATCH_ARGS_MAX) return Math.max(count, 1);
    }
    return BATCH_COUNT_MAX;
  }
}
