/**
 * What survives a reload, a crash of the tab and a closed laptop: the buyer's session, the hold, the order
 * ids, and writes whose answer is not known yet. Kept in localStorage, so that two tabs are one buyer;
 * where the browser forbids that, in memory, and then only a reload loses it.
 *
 * @typedef {{ read(name: string): any, write(name: string, value: unknown): void, forget(name: string):
 *   void }} Keep
 */

const PREFIX = 'onsale.';

/**
 * @param {string} [scope] a sale id; without it, what belongs to the buyer whatever the sale
 * @returns {Keep}
 */
export function openKeep(scope = '') {
  const storage = usableStorage();
  const prefix = scope === '' ? PREFIX : `${PREFIX}${scope}.`;
  return {
    read(name) {
      try {
        return JSON.parse(storage.getItem(prefix + name) ?? 'null') ?? undefined;
      } catch {
        return undefined;
      }
    },
    write: (name, value) => storage.setItem(prefix + name, JSON.stringify(value)),
    forget: (name) => storage.removeItem(prefix + name),
  };
}

/** @returns {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} */
function usableStorage() {
  try {
    window.localStorage.setItem(`${PREFIX}probe`, '1');
    window.localStorage.removeItem(`${PREFIX}probe`);
    return window.localStorage;
  } catch {
    return inMemory;
  }
}

/** @type {Map<string, string>} */
const memory = new Map();
const inMemory = {
  /** @param {string} name */
  getItem: (name) => memory.get(name) ?? null,
  /** @param {string} name @param {string} value */
  setItem: (name, value) => void memory.set(name, value),
  /** @param {string} name */
  removeItem: (name) => void memory.delete(name),
};
