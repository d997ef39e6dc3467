import { readFileSync } from 'node:fs';
import t from 'tap';
import { Value } from 'typebox/value';
import { HoldRequest, ItemRequest } from '../../services/shared/contracts/http-schemas.ts';
import { SaleInput } from '../../services/shared/contracts/sale-input.ts';
import { openDesk } from '../harness/open-desk.ts';

/** docs/sales.md names every field there is, and its examples do what they say. */
const page = readFileSync(new URL('../../docs/sales.md', import.meta.url), 'utf8');
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)]
  .map(([, json = '']) => JSON.parse(json) as unknown);

t.test('the tables name every field of a sale, and every one of an item', (t) => {
  const [sales = '', claims = ''] = page.split('## What a claim can ask for');
  const inTable = (text: string) => text.split('\n').filter((line) => line.startsWith('| ')).join('\n');
  for (const field of Object.keys(SaleInput.properties)) t.match(inTable(sales), `\`${field}\``);
  for (const field of Object.keys(ItemRequest.properties)) t.match(claims, `\`${field}\``);
  for (const field of ['accessCode', 'promotionCode', 'pass']) t.match(claims, `\`${field}\``);
  t.end();
});

t.test('the sale can be put up, and its claims come to what one would expect', async (t) => {
  const [input, ...claims] = examples;
  const desk = await openDesk(t, Value.Parse(SaleInput, input));
  const answers: [seats: string, money: string][] = [];
  for (const [i, claim] of claims.entries()) {
    const { items, promotionCode } = Value.Parse(HoldRequest, claim);
    const answer = await desk.place(`h${i}`, items, {
      buyerId: `b${i}`, ...(promotionCode !== undefined && { promotionCode }),
    });
    if (!answer.ok) throw new Error(answer.reason);
    const seats = await desk.seatsOf(answer);
    answers.push([seats.join(' '), answer.hold.items.map(({ money }) => money).join(' ')]);
  }
  t.same(answers, [
    ['A-3 A-4', '1600+service=150~vat=114 2000+service=150~vat=141'],
    ['A-1 A-2', '4500+service=150~vat=304'],
    ['A-5 A-6', '4500+service=150~vat=304'],
  ]);
  const { areas } = await desk.check();
  t.same(areas, { hall: { free: 0, held: 6, sold: 0 }, floor: { free: 99, held: 1, sold: 0 } });
});
