import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

type AvailableTo = (sale: object, availability: object, wishes: object, seats?: object) => {
  areas: { areaId: string; free: number }[];
};

const { availableTo } = await loadBrowserModule<{ availableTo: AvailableTo }>('available-to.js');
const none = { accessible: false, accessCode: '', promotionCode: '' };
const area = (areaId: string, free: number, more = {}) => ({ areaId, capacity: 100, free, ...more });
const free = (sale: object, availability: object, wishes = none) =>
  availableTo(sale, availability, wishes).areas.map((one) => one.free);

t.test('what is set aside is free only to those with an access code', async (t) => {
  const areas = [area('floor', 30, { reserved: 20 }), area('hall', 5)];
  t.same(free({}, { areas }), [10, 5]);
  t.same(free({}, { areas }, { ...none, accessCode: 'VIP' }), [30, 5]);
});

t.test('of seats, those count that this buyer may choose', async (t) => {
  const areas = [area('hall', 7, { reserved: 2 }), area('floor', 30)];
  const seats = { areas: [{ areaId: 'hall', states: '00hsbwcAA0' }] };
  const mine = (wishes: object) => availableTo({}, { areas }, wishes, seats).areas.map((one) => one.free);
  t.same(mine(none), [3, 30]);
  t.same(mine({ ...none, accessible: true }), [5, 30]);
  t.same(mine({ ...none, accessCode: 'VIP' }), [5, 30]);
});

t.test('no area has more than its groups and the venue have left', async (t) => {
  const groups = [
    { groupId: 'south', areaIds: ['floor'], parentId: 'ground' },
    { groupId: 'ground', areaIds: ['hall'] },
  ];
  const areas = [area('floor', 30), area('hall', 25), area('balcony', 40)];
  const left = (south: number, ground: number) =>
    [{ groupId: 'south', free: south }, { groupId: 'ground', free: ground }];
  t.same(free({ groups }, { areas, groups: left(12, 50) }), [12, 25, 40]);
  t.same(free({ groups }, { areas, groups: left(12, 7) }), [7, 7, 40], 'the group above counts too');
  t.same(free({ groups }, { areas, groups: left(12, 7), venue: { free: 0 } }), [0, 0, 0]);
});

t.test('an answer without any of this says what it said', async (t) => {
  t.same(free({}, { areas: [area('floor', 30)] }), [30]);
});
