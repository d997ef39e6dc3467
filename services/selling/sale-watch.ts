import type { Log } from '../shared/platform/log.ts';
import { Audience } from './audience.ts';
import { describeChange } from './describe-change.ts';
import type { EventStream } from '../shared/platform/event-stream.ts';
import { readSnapshot } from './read-snapshot.ts';
import type { SaleSnapshot } from './read-snapshot.ts';
import type { SaleDirectory } from './sale-directory.ts';
import { SaleCopy } from './sale-copy.ts';
import type { Stock } from './stock.ts';
import { writeFrame } from '../shared/platform/write-frame.ts';

/**
 * One sale as everybody in this process sees it. It is read at most once per change interval, and only while
 * somebody asks or watches. Guarantees: what `look` gives was read at most `changeMs` before it was asked
 * for (or after), and after every write of this process that was answered before; an error of Redis
 * reaches everybody who asked, nobody is told an older truth instead; streams that cannot be kept current
 * for SILENT_MS_MAX are ended.
 */
const SILENT_MS_MAX = 3_000;
/** Who asks right after a write of this process gets what is true now, but no more often than this. */
const READ_EVERY_MS_MIN = 20;
/** With an interval of nothing, as tests have it, streams would read Redis in a tight loop. */
const TICK_MS_MIN = 10;

export interface SaleWatchOptions {
  stock: Stock;
  directory: SaleDirectory;
  log: Log;
  /** the change interval */
  changeMs: number;
}

export class SaleWatch {
  readonly saleId: string;
  readonly audience = new Audience();
  #options: SaleWatchOptions;
  #copy: SaleCopy | undefined;
  #readAtMs = -Infinity;
  #writtenAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(saleId: string, options: SaleWatchOptions) {
    this.saleId = saleId;
    this.#options = options;
  }

  /** This process has changed the sale: a buyer who looks next shall see it. */
  noteWrite(): void {
    this.#writtenAtMs = performance.now();
  }

  /** The sale; undefined if there is no such sale. Throws what Redis throws. */
  async look(): Promise<SaleCopy | undefined> {
    const notBeforeMs = Math.max(performance.now() - this.#options.changeMs, this.#writtenAtMs);
    while (this.#readAtMs < notBeforeMs) {
      // One that is under way may have begun too long ago; then the next one, again shared, will do.
      await (this.#reading ??= this.#readInTurn().finally(() => { this.#reading = undefined; }));
    }
    return this.#copy;
  }

  /**
   * Lets a stream follow the sale from now on, right after `look`. Who knows the state `lastId` gets what
   * came after it, everybody else the whole sale, after a `reset` if they thought that they knew something.
   */
  join(stream: EventStream, copy: SaleCopy, lastId: string | undefined): void {
    const { ring } = this.audience;
    const position = lastId === undefined ? undefined : ring.positionOf(lastId);
    const missed = position === undefined ? undefined : ring.bytesFrom(position);
    if (missed !== undefined) stream.write(missed);
    else if (lastId !== copy.snapshot.id) {
      if (lastId !== undefined) stream.write(resetFrame('missed', copy.snapshot));
      stream.write(copy.frame());
    }
    this.audience.add(stream, ring.next);
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.audience.stop();
    await this.#reading?.catch(() => undefined);
  }

  async #readInTurn(): Promise<void> {
    const sinceLastMs = performance.now() - this.#readAtMs;
    const pauseMs = Math.min(READ_EVERY_MS_MIN, this.#options.changeMs) - sinceLastMs;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    await this.#read();
  }

  async #read(): Promise<void> {
    const beganAtMs = performance.now();
    const before = this.#copy?.snapshot;
    const after = await readSnapshot(this.#options, this.saleId, true, before);
    this.#readAtMs = beganAtMs;
    if (after === before) return;
    if (after === undefined) {
      this.#copy = undefined;
      this.audience.end();
      this.audience.ring.clear();
      return;
    }
    this.#copy = new SaleCopy(after);
    if (before === undefined) return;
    this.#publish(before, this.#copy);
    this.audience.tell();
  }

  #publish(before: SaleSnapshot, copy: SaleCopy): void {
    const { ring } = this.audience;
    const after = copy.snapshot;
    const isSameEpoch = epochOf(before) === epochOf(after) && after.seq >= before.seq;
    if (isSameEpoch && before.sale.definition.version === after.sale.definition.version) {
      const change = JSON.stringify(describeChange(before, after));
      ring.add(before.id, writeFrame('change', change, after.id));
      return;
    }
    const reset = resetFrame(isSameEpoch ? 'definition' : 'recovered', after);
    ring.startFresh(Buffer.concat([reset, copy.frame()]));
  }

  #plan(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#tick(), Math.max(TICK_MS_MIN, this.#options.changeMs));
  }

  async #tick(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      this.#endIfSilent(error as Error);
    }
    this.#timer = undefined;
    if (this.audience.count > 0) this.#plan();
  }

  #endIfSilent(error: Error): void {
    if (performance.now() - this.#readAtMs < SILENT_MS_MAX) return;
    this.#options.log.warn({ saleId: this.saleId, err: error.message, streams: this.audience.count },
      'a sale cannot be read: the streams that follow it are ended');
    this.audience.end();
  }
}

type ResetReason = 'missed' | 'definition' | 'recovered';

/** Says why what the client knew is void; a snapshot follows. */
function resetFrame(reason: ResetReason, { seq }: SaleSnapshot): Buffer {
  return writeFrame('reset', JSON.stringify({ reason, seq }));
}

function epochOf({ id }: SaleSnapshot): string {
  return id.slice(0, id.indexOf('-'));
}
