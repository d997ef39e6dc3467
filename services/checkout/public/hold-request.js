/**
 * What a reservation is asked for with. A field is sent only when the buyer used it.
 *
 * @typedef {{ items: import('./sale-types.js').RequestItem[], accessCode?: string, promotionCode?: string }}
 *   HoldRequest
 */

/**
 * @param {import('./sale-types.js').RequestItem[]} items
 * @param {import('./seat-access.js').Wishes} wishes
 * @param {(seatId: string) => boolean} isForSome accessible places and the seats beside them
 * @returns {HoldRequest}
 */
export function holdRequest(items, { accessible, accessCode, promotionCode }, isForSome) {
  return {
    items: items.map((item) => {
      const needsIt =
        'bestAvailable' in item || ('seatIds' in item && item.seatIds.some((seatId) => isForSome(seatId)));
      return accessible && needsIt ? { ...item, accessible: true } : item;
    }),
    ...(accessCode !== '' && { accessCode }),
    ...(promotionCode !== '' && { promotionCode }),
  };
}
