import { isOpen } from './seat-access.js';

/**
 * @param {import('./sale-types.js').Sale} sale
 * @param {import('./sale-types.js').Availability} availability
 * @param {import('./seat-access.js').Wishes} wishes
 * @param {import('./sale-types.js').SeatStates} [seats]
 * @returns {import('./sale-types.js').Availability} with `free` as this buyer may claim it: without what is
 *   set aside unless there is an access code, without accessible places unless they were asked for (both as
 *   the states of the seats say, once those are known), and never more than its groups and the venue have
 *   left
 */
export function availableTo(sale, availability, wishes, seats) {
  const { accessCode } = wishes;
  const statesOf = new Map((seats?.areas ?? []).map(({ areaId, states }) => [areaId, states]));
  const groups = new Map((availability.groups ?? []).map((group) => [group.groupId, group.free]));
  const venueFree = availability.venue?.free ?? Infinity;
  const areas = availability.areas.map((area) => {
    const states = statesOf.get(area.areaId);
    const own =
      states === undefined
        ? area.free - (accessCode === '' ? (area.reserved ?? 0) : 0)
        : [...states].filter((state) => isOpen(state, wishes)).length;
    const above = groupsOf(sale, area.areaId).map((groupId) => groups.get(groupId) ?? Infinity);
    return { ...area, free: Math.max(0, Math.min(own, venueFree, ...above)) };
  });
  return { ...availability, areas };
}

/**
 * The group an area is in, and the groups that one is in.
 * @param {import('./sale-types.js').Sale} sale
 * @param {string} areaId
 */
function groupsOf({ groups = [] }, areaId) {
  /** @type {string[]} */
  const groupIds = [];
  let group = groups.find(({ areaIds }) => areaIds.includes(areaId));
  while (group !== undefined && !groupIds.includes(group.groupId)) {
    groupIds.push(group.groupId);
    const { parentId } = group;
    group = groups.find(({ groupId }) => groupId === parentId);
  }
  return groupIds;
}
