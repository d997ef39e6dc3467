import type { ServerResponse } from 'node:http';

/** The streams that pass through, by show. Who is cut off comes again, and then to the show's other side. */
export class OpenStreams {
  readonly #bySale = new Map<string, Set<ServerResponse>>();

  add(saleId: string, response: ServerResponse): void {
    const streams = this.#bySale.get(saleId) ?? new Set();
    this.#bySale.set(saleId, streams.add(response));
    response.once('close', () => {
      streams.delete(response);
      if (streams.size === 0 && this.#bySale.get(saleId) === streams) this.#bySale.delete(saleId);
    });
  }

  /** Cuts off all of a show, or of all shows. */
  end(saleId?: string): void {
    const shows = saleId === undefined ? [...this.#bySale.keys()] : [saleId];
    for (const show of shows) for (const response of this.#bySale.get(show) ?? []) response.destroy();
  }
}
