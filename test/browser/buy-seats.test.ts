/**
 * A buyer in a real Chromium, before the whole stack: from a click on the plan to the row in the CMS, over
 * reloads, lost replies and a slow log. Skipped where no browser is found.
 */
import type { Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { clickSeat, confirm, openShow, pickInList, readTickets, tapSeat, until } from './be-a-buyer.ts';
import { findBrowser } from './find-browser.ts';
import { openBoxOffice, smallHall, theatre } from './open-box-office.ts';
import type { BoxOffice } from './open-box-office.ts';

const browserPath = findBrowser();
if (browserPath === undefined) {
  const skip = 'no Chromium was found: install one, or set CHROMIUM_PATH to it';
  t.test('buying in a real browser', { skip }, async () => undefined);
} else {
  const office = await openBoxOffice(t, browserPath);
  buyFromPlanToCms(office);
  keepOverReload(office);
  loseReplies(office);
  waitForTheLog(office);
  learnOfALoss(office);
  buyOnPhone(office);
  t.test('no page broke its own Content-Security-Policy or threw an error', async (t) => {
    t.same(office.complaints, []);
  });
}

function buyFromPlanToCms(office: BoxOffice): void {
  t.test('two neighbouring seats, from a click on the plan to the CMS', async (t) => {
    await office.putOnSale('hamlet', theatre());
    const page = await office.openPage();
    await page.goto(office.checkout);
    await page.getByRole('link', { name: 'Hamlet' }).click();
    // Neighbours by their order in the row: 1 and 3, since odd numbers are on the left.
    for (const seatId of ['Stalls-H-1', 'Stalls-H-3']) await clickSeat(page, 'hamlet', seatId);
    await page.getByText('Stalls, row H, seat 3', { exact: true }).waitFor();
    await page.getByLabel('Ticket type for Stalls, row H, seat 3').selectOption('child');
    t.equal(await page.locator('.choice .total-sum').textContent(), '€65.00');
    await page.getByRole('button', { name: 'Reserve 2 tickets' }).click();
    await page.locator('#countdown').waitFor();
    t.match(await page.locator('#countdown').textContent(), /^(10:00|9:5\d)$/);
    const other = await office.openPage();
    await openShow(other, office, 'hamlet');
    await other.getByText('Choose from a list instead').click();
    const taken = other.getByRole('button', { name: 'Stalls, row H, seat 1, ' });
    t.ok(await taken.isDisabled());
    t.match(await taken.getAttribute('aria-label'), /being bought by someone$/);

    await confirm(page, 'Ada Lovelace');
    const codes = await readTickets(page);
    t.equal(codes.length, 2);
    // The rows' names come with the sale, a moment after the tickets, and the tickets are drawn again.
    await page.locator('.ticket', { hasText: /Row H, seat 1.*adult/ }).waitFor();
    await page.locator('.ticket', { hasText: /Row H, seat 3.*child/ }).waitFor();
    await until(
      () => page
        .locator('img.qr')
        .evaluateAll((qrs) => qrs.map((qr) => (qr as unknown as { naturalWidth: number }).naturalWidth)),
      (widths) => widths.length === 2 && widths.every((width) => width > 0),
    );
    const orderId = /orders\/(o_[\w-]+)$/.exec(page.url())?.[1] ?? '';

    const states = await office.seatStates('hamlet');
    t.same([states.get('Stalls-H-1'), states.get('Stalls-H-3')], ['s', 's']);
    await until(
      () => taken.getAttribute('aria-label'),
      (label) => label?.endsWith(', sold') === true,
    );
    await findInCms(t, office, await office.openPage(), { orderId, codes });
  });
}

async function findInCms(
  t: Test,
  office: BoxOffice,
  cms: Page,
  { orderId, codes }: { orderId: string; codes: string[] },
): Promise<void> {
  await until(
    async () => (await cms.goto(`${office.cms}/cms/orders/${orderId}`))?.status(),
    (s) => s === 200,
  );
  t.same(
    await cms
      .locator('[data-ticket]')
      .evaluateAll((tickets) => tickets.map((ticket) => ticket.getAttribute('data-seat'))),
    ['Stalls-H-1', 'Stalls-H-3'],
  );
  const words = await cms.locator('body').textContent();
  for (const code of codes) t.match(words, code);
  t.match(words, 'Ada Lovelace');
  t.equal(await cms.locator('[data-total=method]').textContent(), 'onsale');
  await cms.goto(`${office.cms}/cms/shows/hamlet`);
  t.equal(await cms.locator('[data-total=sold]').textContent(), '2');
  t.equal(await cms.locator('[data-total=held]').textContent(), '0');
  await cms.goto(`${office.cms}/cms/orders?q=Lovelace`);
  t.equal(await cms.locator(`[data-order="${orderId}"]`).count(), 1);
}

function keepOverReload(office: BoxOffice): void {
  t.test(
    'a reload keeps the choice, the hold and what was typed; giving back frees the seats',
    async (t) => {
      await office.putOnSale('reload', smallHall());
      const page = await office.openPage();
      await openShow(page, office, 'reload');
      await pickInList(page, ['A, seat 1', 'A, seat 2']);
      await openShow(page, office, 'reload');
      t.equal(await page.locator('.choice .chosen li').count(), 2, 'the choice is there again');
      await page.locator('#reserve').click();
      await page.locator('#name').fill('Grace Hopper');
      await page.reload();
      await page.locator('#countdown').waitFor();
      t.match(await page.locator('.held .chosen li').allTextContents(), [/seat 1/, /seat 2/]);
      t.equal(await page.locator('#name').inputValue(), 'Grace Hopper');
      t.match(await office.availability('reload'), { held: 2 });
      await page.getByRole('button', { name: 'More time' }).click();
      await page.getByRole('button', { name: 'Give back' }).click();
      await page.getByText('Choose your seats').waitFor();
      t.match(await office.availability('reload'), { held: 0, free: 8 });
      await page.reload();
      await page.getByText('Choose your seats').waitFor();
    },
  );
}

function loseReplies(office: BoxOffice): void {
  t.test('lost replies: the same key again, and nothing is held or bought twice', async (t) => {
    await office.putOnSale('lost-reply', smallHall());
    const page = await office.openPage();
    const keys: Record<string, Set<string>> = { holds: new Set(), orders: new Set() };
    let repliesToLose = 2;
    for (const write of ['holds', 'orders']) {
      await page.route(`**/v1/sales/lost-reply/${write}`, async (route) => {
        keys[write]?.add(route.request().headers()['idempotency-key'] ?? '');
        if (repliesToLose-- <= 0) return route.continue();
        // The request arrives and is done; the answer never comes.
        await route.fetch();
        return route.abort();
      });
    }
    await openShow(page, office, 'lost-reply');
    await pickInList(page, ['A, seat 1', 'A, seat 2']);
    await page.locator('#reserve').click();
    await page.locator('#countdown').waitFor();
    t.equal(keys['holds']?.size, 1);
    t.match(await office.availability('lost-reply'), { held: 2, sold: 0 });

    repliesToLose = 1;
    await page.locator('#name').fill('Katherine Johnson');
    await page.locator('#email').fill('katherine@example.org');
    const sent = page.waitForRequest('**/v1/sales/lost-reply/orders');
    await page.locator('#confirm').click();
    await sent;
    // Out of patience: the page is loaded anew while the answer is still unknown.
    await page.locator('#banner:visible').waitFor();
    await page.reload();
    t.equal((await readTickets(page)).length, 2);
    t.equal(keys['orders']?.size, 1);
    t.match(await office.availability('lost-reply'), { held: 0, sold: 2 });
  });
}

function waitForTheLog(office: BoxOffice): void {
  t.test(
    'an order that the log has not accepted yet is being secured, then its tickets appear',
    async (t) => {
      await office.putOnSale('secure', smallHall());
      const page = await office.openPage();
      await openShow(page, office, 'secure');
      await page.getByRole('button', { name: 'Find and reserve' }).click();
      await page.locator('#countdown').waitFor();
      office.relay.kill('SIGSTOP');
      t.teardown(() => office.relay.kill('SIGCONT'));
      await page.locator('#name').fill('Dorothy Vaughan');
      await page.locator('#email').fill('dorothy@example.org');
      await page.locator('#confirm').click();
      await page.getByText('Your order is being secured').waitFor();
      t.equal(await page.locator('.ticket').count(), 0, 'no ticket before the log has the order');
      await page.reload();
      await page.getByText('Your order is being secured').waitFor();
      office.relay.kill('SIGCONT');
      t.equal((await readTickets(page)).length, 2);
      await page.getByRole('link', { name: 'Back to the show' }).click();
      await page.getByRole('link', { name: 'order 1' }).click();
      t.equal((await readTickets(page)).length, 2);
    },
  );
}

function learnOfALoss(office: BoxOffice): void {
  t.test('an order that got lost before the log had it says so, and leads to the reservation', async (t) => {
    await office.putOnSale('lost', smallHall());
    const page = await office.openPage();
    await openShow(page, office, 'lost');
    await page.getByRole('button', { name: 'Find and reserve' }).click();
    await page.locator('#countdown').waitFor();
    // As a Redis answers in which the sale was restored from a log that never had the order.
    const confirmedLater = await page.evaluate('localStorage.getItem("onsale.lost.hold")');
    await page.route('**/v1/sales/lost/orders', async (route) => {
      const response = await route.fetch();
      const body = { ...await response.json() as object, status: 'pending', tickets: [] };
      await route.fulfill({ status: 202, json: body });
    });
    await page.route('**/v1/sales/lost/orders/*', (route) => route.fulfill({
      status: 404, contentType: 'application/problem+json', body: '{"status":404,"code":"order_unknown"}',
    }));
    await page.locator('#name').fill('Mary Jackson');
    await page.locator('#email').fill('mary@example.org');
    await page.locator('#confirm').click();
    await page.getByText('Your order did not go through.').waitFor();
    t.equal(await page.evaluate('localStorage.getItem("onsale.lost.hold")'), confirmedLater);
    await page.getByRole('button', { name: 'To the reservation' }).waitFor();
  });
}

function buyOnPhone(office: BoxOffice): void {
  t.test('on a phone: tap, count, buy, without scrolling sideways', async (t) => {
    await office.putOnSale(
      'phone',
      theatre({
        areas: [
          { areaId: 'pit', name: 'Standing pit', kind: 'general', capacity: 20, categoryId: 'Circle' },
        ],
      }),
    );
    const page = await office.openPage({
      viewport: { width: 360, height: 740 },
      isMobile: true,
      hasTouch: true,
    });
    const isAsWideAsThePhone = async () => {
      const widthPixels = await page.evaluate('document.documentElement.scrollWidth');
      t.equal(widthPixels, 360);
    };
    await openShow(page, office, 'phone');
    await isAsWideAsThePhone();
    // Seats are too small for a finger: the first tap comes nearer, the second chooses.
    await tapSeat(page, 'phone', 'Circle-C-1');
    t.equal(await page.locator('.choice .chosen li').count(), 0);
    await tapSeat(page, 'phone', 'Circle-C-1');
    await page.getByText('Circle, row C, seat 1', { exact: true }).waitFor();
    await page.getByLabel('One more: adult, Standing pit').tap();
    await page.getByLabel('One more: adult, Standing pit').tap();
    await isAsWideAsThePhone();
    await page.getByRole('button', { name: 'Reserve 3 tickets' }).tap();
    await page.locator('#countdown').waitFor();
    await isAsWideAsThePhone();
    t.match(await page.locator('.held .chosen li').allTextContents(), [
      /Circle, row C, seat 1/,
      /2 × Standing pit/,
    ]);
    await confirm(page, 'Annie Easley');
    t.equal((await readTickets(page)).length, 3);
    await isAsWideAsThePhone();
  });
}
