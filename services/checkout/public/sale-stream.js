/**
 * One life of the stream of a sale: told as the whole sale after every change. It comes to an end when it
 * cannot be opened, stays broken for longer than a browser's own next try takes, or is stopped; whoever
 * follows then asks by themselves for a while.
 *
 * @typedef {import('./patch-sale.js').SaleCopy} SaleCopy
 */
import { patchSale } from './patch-sale.js';

/** The server asks a browser to come back after 1 to 5 s. */
const BROKEN_MS_MAX = 8_000;

/**
 * @param {string} saleId
 * @param {{ onSale: (copy: SaleCopy, id: string) => void, signal: AbortSignal }} options
 * @returns {Promise<void>} when it has ended
 */
export function followSaleStream(saleId, { onSale, signal }) {
  return new Promise((resolve) => {
    /** @type {SaleCopy | undefined} */
    let copy;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let broken;
    let source = open();
    signal.addEventListener('abort', end, { once: true });

    function open() {
      const opened = new EventSource(`/v1/sales/${saleId}/stream`);
      opened.addEventListener('open', well);
      opened.addEventListener('snapshot', ({ data, lastEventId }) => tell(JSON.parse(data), lastEventId));
      opened.addEventListener('change', ({ data, lastEventId }) => {
        const patched = copy && patchSale(copy, JSON.parse(data));
        if (patched !== undefined) tell(patched, lastEventId);
        else {
          // Something was missed. A new source has no Last-Event-ID and is told the whole sale.
          opened.close();
          source = open();
        }
      });
      opened.addEventListener('error', () => {
        if (opened.readyState === EventSource.CLOSED) end();
        else broken ??= setTimeout(end, BROKEN_MS_MAX);
      });
      return opened;
    }

    function well() {
      clearTimeout(broken);
      broken = undefined;
    }

    /** @param {SaleCopy} newest @param {string} id */
    function tell(newest, id) {
      copy = newest;
      onSale(newest, id);
    }

    function end() {
      well();
      source.close();
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
