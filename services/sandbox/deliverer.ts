import type { Log } from '../shared/platform/log.ts';
import { backoffMs, createPause } from '../shared/platform/pause.ts';
import type { Pause } from '../shared/platform/pause.ts';
import type { Reply, WebhookSender } from '../shared/platform/webhooks/send-webhook.ts';
import { signWebhook } from '../shared/platform/webhooks/sign-webhook.ts';
import type { Outage } from './outage.ts';
import type { AttemptResult, TakenWebhook, WebhookTable } from './webhook-table.ts';

export interface DelivererOptions {
  table: WebhookTable;
  sender: WebhookSender;
  outage: Outage;
  key: Uint8Array;
  /** of one attempt; the lease of a message is longer */
  timeoutMs: number;
  retryMsMin: number;
  retryMsMax: number;
  /** from the first attempt until it is dead */
  giveUpMs: number;
  log: Log;
}

/** Messages of one process under way at once. */
const AT_ONCE_MAX = 64;
/** From the end of an attempt's time until somebody else may take the message over. */
const LEASE_SLACK_MS = 2_000;
/** Between two looks for what is due when nobody says that something is. */
const LOOK_MS = 200;
/** Requests that are under way when the process is to stop are given so long. */
const STOP_MS_MAX = 3_000;
const PG_AWAY_MS = [100, 3_000] as const;

/**
 * Sends what is to be told until its receiver answers 2xx or it is given up: at least once, those of one
 * payment in their order. A process that is killed loses nothing; what it had under way goes out again when
 * its lease has lapsed. While the provider is down nothing goes out.
 */
export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #stopping = new AbortController();
  /** aborted when even what is under way has to end */
  readonly #cutting = new AbortController();
  readonly #pause: Pause;
  readonly #running = new Set<Promise<void>>();
  #loop: Promise<void> | undefined;

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

  /** Lets requests under way end, for a while. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    const timer = setTimeout(() => this.#cutting.abort(), STOP_MS_MAX);
    await Promise.all(this.#running);
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    const { table, outage, timeoutMs, log } = this.#options;
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        const countMax = outage.now().mode === 'down' ? 0 : AT_ONCE_MAX - this.#running.size;
        const taken = countMax > 0 ? await table.take(timeoutMs + LEASE_SLACK_MS, countMax) : [];
        for (const one of taken) this.#begin(one);
        failures = 0;
        await this.#pause.wait(LOOK_MS);
      } catch (error) {
        failures += 1;
        if (failures % 20 === 1) log.warn({ err: error, failures }, 'what is due cannot be looked up');
        await this.#pause.wait(backoffMs(failures, ...PG_AWAY_MS));
      }
    }
  }

  #begin(one: TakenWebhook): void {
    const run = this.#attempt(one).catch((error: Error) => {
      // Its lease lapses, and it goes out again.
      this.#options.log.warn({ err: error, paymentId: one.payment_id }, 'a webhook broke off');
    }).finally(() => {
      this.#running.delete(run);
      this.#pause.wake();
    });
    this.#running.add(run);
  }

  async #attempt(one: TakenWebhook): Promise<void> {
    const { table, sender, key, log } = this.#options;
    const headers = {
      ...signWebhook({ id: one.message_id, atMs: Date.now(), body: one.body, keys: [key] }),
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'sandbox-webhooks/1',
    };
    const reply = await sender.send({ url: one.url, headers, body: one.body }, this.#cutting.signal);
    const result = this.#judge(reply, one);
    await table.note(one, result);
    if (result.state === 'dead') {
      const { payment_id: paymentId, type, attempts } = one;
      log.error({ paymentId, type, attempts, fault: result.fault }, 'a webhook is given up');
    }
  }

  #judge({ status = 0, fault, retryAfterMs = 0 }: Reply, one: TakenWebhook): AttemptResult {
    if (status >= 200 && status < 300) return { state: 'delivered', dueMs: 0, status, fault: '' };
    const { retryMsMin, retryMsMax, giveUpMs } = this.#options;
    const isOver = Date.now() - one.first_attempt_at.getTime() >= giveUpMs;
    const wishMs = Math.min(retryAfterMs, retryMsMax);
    const dueMs = Math.max(backoffMs(one.attempts, retryMsMin, retryMsMax), wishMs);
    return {
      state: isOver ? 'dead' : 'pending', dueMs: Math.ceil(dueMs), ...status !== 0 && { status },
      fault: fault || `answered ${status}`,
    };
  }
}
