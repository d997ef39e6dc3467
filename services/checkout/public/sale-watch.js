/**
 * Follows what is free: asks for availability and seat states every two seconds, with ETags, so that
 * nothing changed costs nothing; stops while nobody looks at the page and starts again at once when
 * somebody does.
 *
 * @typedef {import('./sale-types.js').Availability} Availability
 * @typedef {import('./sale-types.js').SeatStates} SeatStates
 * @typedef {{ start(): void, refresh(): Promise<void> }} SaleWatch
 */

const EVERY_MS = 2_000;

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
  let started = false;
  let failures = 0;

  /**
   * @param {string} what @param {(body: any) => void} tell
   * @returns {Promise<import('./api.js').Trouble | undefined>}
   */
  async function look(what, tell) {
    const path = `/v1/sales/${saleId}/${what}`;
    const outcome = await api.request('GET', path, { etag: etags[what] ?? null, anonymous: true });
    if (outcome.kind === 'trouble') return outcome;
    if (outcome.kind === 'answer' && outcome.status === 200) {
      etags[what] = outcome.etag;
      tell(outcome.body);
    }
    return undefined;
  }

  async function refresh() {
    const troubles = await Promise.all([
      look('availability', onAvailability),
      hasSeats ? look('seats', onSeats) : undefined,
    ]);
    const trouble = troubles.find((one) => one !== undefined);
    if (trouble === undefined) {
      failures = 0;
      connection.well('watch');
      return;
    }
    await connection.trouble('watch', failures++, trouble);
  }

  async function run() {
    for (;;) {
      if (document.hidden) await shown();
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
