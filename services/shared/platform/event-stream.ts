import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** Bytes that a connection may leave unread before it is dropped; those of one change are shared by all. */
export const UNREAD_BYTES_MAX = 1024 * 1024;

/** After a lost connection a browser waits so long, each another time, so that not all come back at once. */
const RETRY_MS_MIN = 1_000;
const RETRY_MS_SPREAD = 4_000;

/**
 * One connection that server-sent events are written to. The body ends with the connection (no chunks), so
 * that the same bytes can go to every socket as they are.
 */
export class EventStream {
  /** of what its writer writes in order: what it has been sent */
  position = 0;
  #response: ServerResponse;
  #onDropped: () => void;

  /** Sends the head of the answer. `onDropped` is called when it had to be cut off. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, onDropped: () => void) {
    this.#response = response;
    this.#onDropped = onDropped;
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      // no-transform and the nginx header: whoever compresses or buffers on the way would hold events back.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    this.write(Buffer.from(`retry: ${RETRY_MS_MIN + Math.floor(Math.random() * RETRY_MS_SPREAD)}\n\n`));
  }

  /** Calls `listener` once when the connection has ended, whoever ended it. */
  onClose(listener: () => void): void {
    if (this.#response.destroyed) listener();
    else this.#response.once('close', listener);
  }

  /** Writes past the response to the socket: half the cost, and nothing has to be framed. */
  write(bytes: Buffer): void {
    const { socket } = this.#response;
    if (socket === null || socket.destroyed) return;
    if (socket.writableLength > UNREAD_BYTES_MAX) this.drop();
    else socket.write(bytes);
  }

  /** Resolves when the client has read what was written, or the connection has ended. */
  async settled(): Promise<void> {
    const { socket } = this.#response;
    if (socket === null || socket.destroyed || !socket.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        socket.off('drain', finish).off('close', finish);
        resolve();
      };
      socket.on('drain', finish).on('close', finish);
    });
  }

  /** Cuts it off, with what was not read yet. */
  drop(): void {
    this.#onDropped();
    this.#response.socket?.destroy();
  }

  /** Ends it; a client that does not read is not waited for. */
  end(): void {
    const { socket } = this.#response;
    if (socket !== null && socket.writableLength > 0) socket.destroy();
    else this.#response.end();
  }
}
