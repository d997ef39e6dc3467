import t from 'tap';
import { Value } from 'typebox/value';
import { HoldRequest } from '../../../../services/shared/contracts/http-schemas.ts';
import { loadBrowserModule } from '../load-browser-module.ts';

interface Wishes { accessible: boolean; accessCode: string; promotionCode: string }
type Build = (items: object[], wishes: Wishes, isForSome: (seatId: string) => boolean) => object;

const { holdRequest } = await loadBrowserModule<{ holdRequest: Build }>('hold-request.js');
const none = { accessible: false, accessCode: '', promotionCode: '' };
const isForSome = (seatId: string) => seatId === 'w1';
const items = [
  { seatIds: ['s1', 's2'], ticketType: 'adult' },
  { seatIds: ['s3', 'w1'], ticketType: 'child' },
  { areaId: 'floor', quantity: 2, ticketType: 'adult' },
  { categoryId: 'c', bestAvailable: 2, adjacent: 'required' },
];

t.test('without wishes it is the items and nothing else', async (t) => {
  t.same(holdRequest(items, none, isForSome), { items });
});

t.test('accessible is said of the items that need it, codes of the whole', async (t) => {
  const wishes = { accessible: true, accessCode: 'VIP', promotionCode: 'TEN' };
  const request = holdRequest(items, wishes, isForSome);
  t.same(request, {
    items: [items[0], { ...items[1], accessible: true }, items[2], { ...items[3], accessible: true }],
    accessCode: 'VIP', promotionCode: 'TEN',
  });
  t.same([...Value.Errors(HoldRequest, request)], [], 'the API knows every field');
});
