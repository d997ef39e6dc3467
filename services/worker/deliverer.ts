import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import type { Pause } from '../shared/platform/pause.ts';
import type { Reply, WebhookSender } from '../shared/platform/webhooks/send-webhook.ts';
import { signWebhook } from '../shared/platform/webhooks/sign-webhook.ts';
import { LaneLostError } from './lane-table.ts';
import type { AttemptResult, Lane, LaneTable, Pending, Target } from './lane-table.ts';
import { messageIdOf } from './message-id-of.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

export interface DelivererOptions {
  table: LaneTable;
  sender: WebhookSender;
  secrets: WebhookSecrets;
  /** sales of one webhook at once, over all processes */
  perWebhookMax: number;
  retryMsMin: number;
  retryMsMax: number;
  /** from the first attempt until it is dead */
  giveUpMs: number;
  metrics: WorkerMetrics;
  log: Log;
}

/** Lanes of one process at once: a slow receiver has at most `perWebhookMax` of them. */
const LANES_MAX = 400;
/** Then a lane is given back, so that the webhook's other sales have their turn. */
const DELIVERIES_PER_TURN = 50;
const PENDING_AT_ONCE = 10;
/** Between two looks for what is due when nobody says that something is. */
const LOOK_MS = 250;
/** Requests that are under way when the process is to stop are given so long. */
const STOP_MS_MAX = 3_000;
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;
const PG_AWAY_MS = [100, 3_000] as const;
const GONE = 410;

/**
 * Delivers: lane by lane in order, many lanes at once, each event until its receiver has taken it or it is
 * given up. Any number of processes share the lanes by lease; one that is killed loses nothing, and what it
 * had under way is delivered again when its lease has lapsed. A delivery is made at least once.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #stopping = new AbortController();
  /** aborted when even what is under way has to end */
  readonly #cutting = new AbortController();
  readonly #pause: Pause;
  readonly #running = new Set<Promise<void>>();
  #loop: Promise<void> | undefined;
  #trouble = '';

  constructor(options: DelivererOptions) {
    this.#options = options;
    this.#pause = createPause(this.#stopping.signal);
  }

  /** Can be called twice. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Something may be due. */
  wake(): void {
    this.#pause.wake();
  }

  /** Lets requests under way end, for a while, and gives the lanes back. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    const timer = setTimeout(() => this.#cutting.abort(), STOP_MS_MAX);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  troubles(): string[] {
    return [this.#trouble].filter(Boolean);
  }

  async #run(): Promise<void> {
    const { table, perWebhookMax, log } = this.#options;
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        const lanesMax = LANES_MAX - this.#running.size;
        const lanes = lanesMax > 0 ? await table.take({ lanesMax, perWebhookMax }) : [];
        for (const lane of lanes) this.#begin(lane);
        failures = 0;
        this.#trouble = '';
        await this.#pause.wait(LOOK_MS);
      } catch (error) {
        failures += 1;
        this.#trouble = `what is due cannot be looked up: ${(error as Error).message}`;
        if (failures % 20 === 1) log.warn({ err: error, failures }, 'what is due cannot be looked up');
        await this.#pause.wait(backoffMs(failures, ...PG_AWAY_MS));
      }
    }
  }

  #begin(lane: Lane): void {
    const run = this.#deliverLane(lane).catch((error: Error) => {
      // Its lease lapses, and somebody goes on with it.
      if (!(error instanceof LaneLostError)) {
        const { webhookId, saleId } = lane;
        this.#options.log.warn({ err: error, webhookId, saleId }, 'a lane broke off');
      }
    }).finally(() => {
      this.#running.delete(run);
      this.#pause.wake();
    });
    this.#running.add(run);
  }

  async #deliverLane(lane: Lane): Promise<void> {
    const { table } = this.#options;
    for (let delivered = 0; delivered < DELIVERIES_PER_TURN;) {
      const pending = await table.pending(lane, PENDING_AT_ONCE);
      if (pending.length === 0) return table.end(lane);
      for (const one of pending) {
        // Just before each attempt: it has to be over before the lease is.
        const target = await table.renew(lane);
        if (this.#stopping.signal.aborted || !target.isActive) return table.release(lane, 0);
        const dueMs = await this.#attempt(lane, one, target);
        if (dueMs !== undefined) return table.release(lane, dueMs);
        delivered += 1;
      }
    }
    return table.release(lane, 0);
  }

  /** Tries once. Returns undefined when the lane may go on with the next, else after how many ms again. */
  async #attempt(lane: Lane, one: Pending, target: Target): Promise<number | undefined> {
    const { table, metrics, log } = this.#options;
    const { webhookId, saleId } = lane;
    const startedAtMs = performance.now();
    const reply = await this.#post(lane, one, target);
    if (this.#cutting.signal.aborted) return 0;
    metrics.attemptMs.observe(performance.now() - startedAtMs);
    const { state, dueMs } = this.#judge(reply, one);
    const result: AttemptResult = { state, status: reply.status, fault: faultOf(reply) };
    await table.note(lane, one.deliveryId, result);
    if (reply.status === GONE) {
      await table.switchOff(lane, target.url, 'its receiver answered 410 Gone');
      metrics.switchedOff.inc();
      metrics.attempts.inc({ outcome: 'gone' });
      log.warn({ webhookId }, 'a webhook is switched off: its receiver is gone');
      return 0;
    }
    metrics.attempts.inc({ outcome: state === 'pending' ? 'failed' : state });
    if (state === 'dead') {
      const { seq, type, attempts } = one;
      log.error({ webhookId, saleId, seq, type, attempts: attempts + 1 }, 'a delivery is given up');
    }
    return state === 'pending' ? dueMs : undefined;
  }

  #post({ webhookId, saleId, replayId }: Lane, one: Pending, { url, nonces }: Target): Promise<Reply> {
    const { secrets, sender } = this.#options;
    const headers = {
      ...signWebhook({
        id: messageIdOf(webhookId, saleId, one.eventId), atMs: Date.now(), body: one.body,
        keys: nonces.map((nonce) => secrets.keyOf(webhookId, nonce)),
      }),
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'onsale-webhooks/1',
      ...replayId > 0 && { 'onsale-replay': String(replayId) },
    };
    return sender.send({ url, headers, body: one.body }, this.#cutting.signal);
  }

  #judge(
    { status = 0, retryAfterMs = 0 }: Reply, one: Pending,
  ): { state: AttemptResult['state']; dueMs: number } {
    const { retryMsMin, retryMsMax, giveUpMs } = this.#options;
    if (status >= 200 && status < 300) return { state: 'delivered', dueMs: 0 };
    if (status === GONE) return { state: 'pending', dueMs: 0 };
    const wishMs = Math.min(retryAfterMs, RETRY_AFTER_MS_MAX);
    const dueMs = Math.max(backoffMs(one.attempts + 1, retryMsMin, retryMsMax), wishMs);
    const triedForMs = one.firstAttemptAt === undefined ? 0 : Date.now() - one.firstAttemptAt.getTime();
    return { state: triedForMs > giveUpMs ? 'dead' : 'pending', dueMs };
  }
}

function faultOf({ status = 0, fault }: Reply): string {
  if (fault !== '' || (status >= 200 && status < 300)) return fault;
  const more = status >= 300 && status < 400 ? ': redirects are not followed' : '';
  return `answered ${status}${more}`;
}
