/**
 * Follows what is free: over the stream of the sale where that works, and else by asking for availability
 * and seat states every two seconds, with ETags, so that nothing changed costs nothing. Stops while nobody
 * looks at the page and starts again at once when somebody does. What is older than what was shown last is
 * not told.
 *
 * @typedef {import('./sale-types.js').Availability} Availability
 * @typedef {import('./sale-types.js').SeatStates} SeatStates
 * @typedef {{ start(): void, refresh(): Promise<void> }} SaleWatch
 */
import { followSaleStream } from './sale-stream.js';

const EVERY_MS = 2_000;
/** So long it asks by itself before it tries the stream again. */
const STREAM_AGAIN_MS = 20_000;

/**
 * @param {{ api: import('./api.js').Api, connection: import('./connection.js').Connection, saleId: string,
 *   hasSeats: boolean }} parts
 * @param {{ onAvailability: (availability: Availability) => void, onSeats: (states: SeatStates) => void }}
 *   listener
 * @returns {SaleWatch}
 */
export function createSaleWatch({ api, connection, saleId, hasSeats }, { onAvailability, onSeats }) {
  /** @type {Record<string, string | null>} */
  const etags = {};
  /** What was told last, `epoch-seq`. @type {Record<string, string>} */
  const told = {};
  let started = false;
  let failures = 0;
  let streamAtMs = 0;

  /** @param {string} what @param {string} id @param {() => void} tell */
  function tellIfNewer(what, id, tell) {
    if (isOlder(id, told[what] ?? '')) return;
    told[what] = id;
    tell();
  }

  /**
   * @param {'availability' | 'seats'} what @param {(body: any) => void} tell
   * @returns {Promise<import('./api.js').Trouble | undefined>}
   */
  async function look(what, tell) {
    const path = `/v1/sales/${saleId}/${what}`;
    const outcome = await api.request('GET', path, { etag: etags[what] ?? null, anonymous: true });
    if (outcome.kind === 'trouble') return outcome;
    if (outcome.kind === 'answer' && outcome.status === 200) {
      etags[what] = outcome.etag;
      tellIfNewer(what, (outcome.etag ?? '').replaceAll(/W\/|"/g, ''), () => tell(outcome.body));
    }
    return undefined;
  }

  async function refresh() {
    const troubles = await Promise.all([
      look('availability', onAvailability),
      hasSeats ? look('seats', onSeats) : undefined,
    ]);
    const trouble = troubles.find((one) => one !== undefined);
    if (trouble === undefined) return well();
    await connection.trouble('watch', failures++, trouble);
  }

  function well() {
    failures = 0;
    connection.well('watch');
  }

  /** Resolves when the stream has ended, at once where there is none; also when nobody looks any more. */
  async function follow() {
    if (typeof EventSource === 'undefined' || Date.now() < streamAtMs) return;
    const ending = new AbortController();
    const look = () => document.hidden && ending.abort();
    // A connection that is gone without a word looks like a sale in which nothing happens.
    const lose = () => ending.abort();
    document.addEventListener('visibilitychange', look);
    window.addEventListener('offline', lose);
    await followSaleStream(saleId, {
      signal: ending.signal,
      onSale({ areas, ...sale }, id) {
        well();
        tellIfNewer('availability', id, () => onAvailability({ ...sale, areas }));
        const seated = areas.flatMap(({ areaId, states }) =>
          states === undefined ? [] : { areaId, states },
        );
        if (hasSeats) tellIfNewer('seats', id, () => onSeats({ ...sale, areas: seated }));
      },
    });
    document.removeEventListener('visibilitychange', look);
    window.removeEventListener('offline', lose);
    if (!ending.signal.aborted) streamAtMs = Date.now() + STREAM_AGAIN_MS;
  }

  async function run() {
    for (;;) {
      if (document.hidden) await shown();
      await follow();
      if (document.hidden) continue;
      await refresh();
      if (failures === 0) await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  return {
    start() {
      if (started) return;
      started = true;
      void run();
    },
    refresh,
  };
}

/** @param {string} id @param {string} than both `epoch-seq`; what is neither is never older */
function isOlder(id, than) {
  if (id === '' || than === '') return false;
  const [epoch = 0, seq = 0] = id.split('-').map(Number);
  const [thanEpoch = 0, thanSeq = 0] = than.split('-').map(Number);
  return epoch === thanEpoch ? seq < thanSeq : epoch < thanEpoch;
}

/** @returns {Promise<void>} when the page is looked at again */
function shown() {
  return new Promise((resolve) => {
    document.addEventListener('visibilitychange', function look() {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    });
  });
}
