import { setImmediate as turn } from 'node:timers/promises';
import { createPause } from '../shared/platform/pause.ts';
import { ChangeRing } from './change-ring.ts';
import type { EventStream } from '../shared/platform/event-stream.ts';

/**
 * Everybody who watches one sale in this process. Guarantees: each stream gets every change once and in
 * order, or is dropped; writing takes at most SHARE_MAX of a core however many watch (they then see changes
 * later, several in one piece), and never holds the event loop for longer than a slice takes.
 */
const SLICE_COUNT = 200;
const SHARE_MAX = 0.25;

const BEAT = Buffer.from(':\n\n');

export class Audience {
  readonly ring = new ChangeRing();
  #streams = new Set<EventStream>();
  #stopping = new AbortController();
  #pause = createPause(this.#stopping.signal);
  #writing: Promise<void> | undefined;
  /** spent on writing, of the round under way */
  #busyMs = 0;

  get count(): number {
    return this.#streams.size;
  }

  /** Takes a stream in; it has been sent what `position` says. */
  add(stream: EventStream, position: number): void {
    stream.position = position;
    this.#streams.add(stream);
    stream.onClose(() => this.#streams.delete(stream));
  }

  /** To be called after something was added to the ring. */
  tell(): void {
    if (this.count > 0) this.#writing ??= this.#writeAll().finally(() => { this.#writing = undefined; });
  }

  /** Keeps connections from being closed by somebody on the way who thinks they are idle. */
  async beat(): Promise<void> {
    await this.#toEach((stream) => stream.write(BEAT));
  }

  /** Ends all streams; their clients come back and are told how things stand. */
  end(): void {
    for (const stream of this.#streams) stream.end();
    this.#streams.clear();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.end();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    let written = -1;
    while (written < this.ring.next && this.count > 0) {
      written = this.ring.next;
      this.#busyMs = 0;
      await this.#toEach((stream) => this.#catchUp(stream));
      await this.#pause.wait(this.#busyMs / SHARE_MAX - this.#busyMs);
    }
  }

  #catchUp(stream: EventStream): void {
    const { ring } = this;
    if (stream.position >= ring.next) return;
    const bytes = ring.bytesFrom(stream.position);
    stream.position = ring.next;
    if (bytes === undefined) stream.drop();
    else stream.write(bytes);
  }

  async #toEach(act: (stream: EventStream) => void): Promise<void> {
    let count = 0;
    let sinceMs = performance.now();
    for (const stream of this.#streams) {
      act(stream);
      count += 1;
      if (count % SLICE_COUNT > 0) continue;
      this.#busyMs += performance.now() - sinceMs;
      await turn();
      sinceMs = performance.now();
    }
    this.#busyMs += performance.now() - sinceMs;
  }
}
