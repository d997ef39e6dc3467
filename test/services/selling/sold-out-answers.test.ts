import t from 'tap';
import { readHoldRecord } from '../../../services/shared/contracts/hold-record.ts';
import { saleKeys } from '../../../services/shared/contracts/keys.ts';
import { partitionOf } from '../../../services/shared/contracts/partition-of.ts';
import {
  ANSWER_MS, PLANS_PER_SALE_MAX, SALES_MAX, SoldOutAnswers,
} from '../../../services/selling/sold-out-answers.ts';
import { floorOf, openDesk, saleOf } from '../../harness/open-desk.ts';
import { openShop } from '../../harness/open-shop.ts';
import type { ShopAnswer } from '../../harness/open-shop.ts';
import { awaitThat } from '../../harness/await-that.ts';

const shop = await openShop(t);

const planOf = (steps: string) => ({ head: '1', steps });
const plan = planOf('plan');

function openAnswers() {
  const clock = { nowMs: 1_000 };
  return { clock, answers: new SoldOutAnswers(() => clock.nowMs) };
}

t.test('an answer is given for less than a second after its call was sent, and not longer', (t) => {
  const { clock, answers } = openAnswers();
  const answer = { detail: 'k0.0', sentAtMs: clock.nowMs };
  clock.nowMs += 400;
  answers.note('s', plan, answer);
  t.same(answers.recall('s', plan), answer);
  t.equal(answers.recall('s', planOf('another')), undefined);
  t.equal(answers.recall('another sale', plan), undefined);
  clock.nowMs = answer.sentAtMs + ANSWER_MS - 1;
  t.same(answers.recall('s', plan), answer);
  clock.nowMs += 1;
  t.equal(answers.recall('s', plan), undefined);
  t.ok(ANSWER_MS < 1_000);
  t.end();
});

t.test('when stock comes back, neither what was known nor what is still under way counts', (t) => {
  const { clock, answers } = openAnswers();
  answers.note('s', plan, { detail: 'k0.0', sentAtMs: 1_000 });
  clock.nowMs = 1_100;
  answers.drop('s');
  t.equal(answers.recall('s', plan), undefined);
  answers.note('s', plan, { detail: 'k0.0', sentAtMs: 1_050 });
  t.equal(answers.recall('s', plan), undefined, 'sent before the stock came back');
  answers.note('s', plan, { detail: 'k0.0', sentAtMs: 1_101 });
  t.ok(answers.recall('s', plan));
  answers.drop('t');
  answers.note('t', plan, { detail: 'k0.0', sentAtMs: 1_050 });
  t.equal(answers.recall('t', plan), undefined, 'also of a sale of which nothing was known');
  t.end();
});

t.test('it remembers so much and no more', (t) => {
  const { answers } = openAnswers();
  const note = (sale: string, steps: string) =>
    answers.note(sale, planOf(steps), { detail: '', sentAtMs: 1_000 });
  for (let i = 0; i <= PLANS_PER_SALE_MAX; i++) note('s', `p${i}`);
  t.equal(answers.recall('s', planOf('p0')), undefined);
  t.ok(answers.recall('s', planOf('p1')));
  for (let i = 0; i < SALES_MAX; i++) note(`s${i}`, 'p');
  t.equal(answers.recall('s', planOf('p1')), undefined);
  t.ok(answers.recall('s0', planOf('p')));
  t.end();
});

t.test('what the script refuses is remembered by items and channels, never with codes', async (t) => {
  const channels = [{ channelId: 'x', name: 'X', allocations: [{ areaId: 'floor', quantity: 2 }] }];
  const promotions = [{ promotionId: 'half', code: 'HALF', percent: 50 }];
  const desk = await openDesk(t, saleOf([floorOf(4)], { channels, promotions, buyerLimit: 9 }));
  const { soldOut } = desk.stock;
  const items = [{ areaId: 'floor', quantity: 3 }];
  const plans: { head: string; steps: string }[] = [];
  const note = soldOut.note.bind(soldOut);
  soldOut.note = (saleId, claimed, answer) => {
    plans.push(claimed);
    note(saleId, claimed, answer);
  };
  t.match(await desk.place('a', items), { reason: 'sold_out' });
  t.match(await desk.place('b', items, { promotionCode: 'HALF' }), { reason: 'sold_out' });
  t.ok((await desk.place('c', items, { opened: 'A' })).ok, 'a channel more');
  t.match(await desk.place('d', items, { opened: 'A' }), { reason: 'sold_out' });
  t.match(await desk.place('e', [{ areaId: 'floor', quantity: 8 }], { buyerId: 'buyer' }),
    { reason: 'buyer_limit' });
  t.equal(plans.length, 2);
  t.not(plans[0]?.head, plans[1]?.head);
  for (const one of plans) t.ok(soldOut.recall('hamlet', one));
  await desk.change('c', { release: [{ areaId: 'floor', quantity: 1 }] });
  for (const one of plans) t.equal(soldOut.recall('hamlet', one), undefined, 'a part was given back');
  t.match(await desk.place('d', items, { opened: 'A' }), { reason: 'sold_out' });
  await desk.release('c');
  for (const one of plans) t.equal(soldOut.recall('hamlet', one), undefined, 'all was given back');
});

const item = { areaId: 'floor', quantity: 1 };
const claim = (saleId: string, buyerId: string, url = shop.selling.url, key = buyerId) =>
  shop.call('POST', `/v1/sales/${saleId}/holds`, { key, url, body: { buyerId, items: [item] } });

async function remembered(): Promise<number> {
  const { body } = await shop.call('GET', '/metrics');
  return Number(/^onsale_selling_sold_out_remembered_total (\d+)/m.exec(String(body['text']))?.[1] ?? -1);
}

t.test('who won gets the same answer again while all others are told from memory', async (t) => {
  await shop.sell('few', saleOf([floorOf(3)]));
  const won = await Promise.all(['w0', 'w1', 'w2'].map((buyerId) => claim('few', buyerId)));
  t.same(won.map(({ status }) => status), [201, 201, 201]);
  await claim('few', 'late');
  const before = await remembered();
  const answers = await Promise.all(Array.from({ length: 600 }, (_, i) => claim('few', i % 4 < 3 ? `w${i % 4}`
    : `l${i}`)));
  for (const [i, answer] of answers.entries()) {
    if (i % 4 < 3) t.same([answer.status, answer.body], [201, won[i % 4]?.body]);
    else t.match(answer, { status: 409, body: { code: 'sold_out', areaId: 'floor', free: 0 } });
  }
  t.ok(await remembered() > before, 'some of it without the script');
  const other = await shop.call('POST', '/v1/sales/few/holds',
    { key: 'w0', body: { buyerId: 'w0', items: [{ ...item, quantity: 2 }] } });
  t.equal(other.body.code, 'idempotency_key_reused');
});

/** Hundreds who ask at once may have the process refuse as overloaded; a release may be repeated. */
async function giveBack(hold: ShopAnswer | undefined, saleId = 'back'): Promise<void> {
  const path = `/v1/sales/${saleId}/holds/${String(hold?.body['holdId'])}`;
  await awaitThat('it is given back', async () => (await shop.call('DELETE', path)).status === 204);
}

/** Eight who ask at another process for a place of the sale, again and again, each time as somebody else. */
function keepAsking(saleId: string, url: string) {
  const isAsking = { now: true };
  const told: { buyerId: string; answer: ShopAnswer }[] = [];
  const ask = async (n: number): Promise<void> => {
    for (let i = 0; isAsking.now; i++) {
      const buyerId = `c${n}.${i}`;
      told.push({ buyerId, answer: await claim(saleId, buyerId, url) });
    }
  };
  const all = Promise.all(Array.from({ length: 8 }, async (_, n) => ask(n)));
  const buyersOf = (code: string | undefined) =>
    told.flatMap(({ buyerId, answer }) => answer.body.code === code ? [buyerId] : []);
  return {
    told,
    winners: () => buyersOf(undefined),
    soldOut: () => buyersOf('sold_out'),
    stop: () => {
      isAsking.now = false;
      return all;
    },
  };
}

async function holdersOf(saleId: string): Promise<string[]> {
  const records = await shop.redis.hvals(saleKeys(partitionOf(saleId, 64), saleId).holds);
  const holds = records.map(readHoldRecord);
  return holds.flatMap(({ status, buyerId }) => status === 'live' ? [buyerId] : []).toSorted();
}

t.test('stock that returns while hundreds ask is found, here at once and elsewhere soon', async (t) => {
  await shop.sell('back', saleOf([floorOf(2)]));
  const another = await shop.startAnother();
  const holds = await Promise.all(['a', 'b'].map((buyerId) => claim('back', buyerId)));
  t.same(holds.map(({ status }) => status), [201, 201]);
  const asking = keepAsking('back', another.url);
  try {
    t.equal((await claim('back', 'x')).status, 409);
    await giveBack(holds[0]);
    await awaitThat('somebody who asks elsewhere got it', () => asking.winners().length > 0);
  } finally {
    await asking.stop();
  }
  t.equal((await claim('back', 'y')).status, 409);
  t.equal((await claim('back', 'z')).status, 409, 'from memory');
  await giveBack(holds[1]);
  t.equal((await claim('back', 'z')).status, 201, 'the process that gave it back knows');
  t.equal(asking.winners().length, 1);
  await shop.check('back');
});

t.test('nobody who is told from memory that all is sold gets something after all', async (t) => {
  const another = await shop.startAnother();
  const attack = async (saleId: string): Promise<void> => {
    await shop.sell(saleId, saleOf([floorOf(1)]));
    let hold = await claim(saleId, 'a');
    const asking = keepAsking(saleId, another.url);
    try {
      for (let wins = 1; wins <= 2; wins++) {
        const before = asking.told.length;
        await awaitThat('all were told again', () => asking.told.length >= before + 16);
        await giveBack(hold, saleId);
        await awaitThat('one of them got it', () => asking.winners().length >= wins);
        hold = asking.told.findLast(({ answer }) => answer.status === 201)?.answer ?? hold;
      }
    } finally {
      await asking.stop();
    }
    t.same(await holdersOf(saleId), asking.winners().slice(1), 'who has it was told so');
    t.equal(asking.winners().length + asking.soldOut().length, asking.told.length);
  };
  await Promise.all(Array.from({ length: 4 }, (_, i) => attack(`again${i}`)));
});
