/**
 * What the page says when something is in the way: no connection, a hold that lapsed, somebody faster,
 * nothing left, a sale that is not open. Each time it says what happened, what to do, and goes on by
 * itself.
 */
import t from 'tap';
import { openShow, pickInList, readTickets, until } from './be-a-buyer.ts';
import { findBrowser } from './find-browser.ts';
import { openBoxOffice, smallHall } from './open-box-office.ts';
import type { BoxOffice } from './open-box-office.ts';

const browserPath = findBrowser();
if (browserPath === undefined) {
  const skip = 'no Chromium was found: install one, or set CHROMIUM_PATH to it';
  t.test('buying in a real browser', { skip }, async () => undefined);
} else {
  const office = await openBoxOffice(t, browserPath);
  loseConnection(office);
  letHoldLapse(office);
  beSlower(office);
  findSoldOut(office);
  waitForOpening(office);
  t.test('no page broke its own Content-Security-Policy or threw an error', async (t) => {
    t.same(office.complaints, []);
  });
}

function loseConnection(office: BoxOffice): void {
  t.test('a lost connection is said, nothing is lost, and it goes on by itself', async (t) => {
    await office.putOnSale('offline', smallHall());
    const page = await office.openPage();
    // What is under way already goes on: so it asks by itself here, and follows no stream.
    await page.route('**/stream', (route) => route.abort());
    await openShow(page, office, 'offline');
    await pickInList(page, ['B, seat 1', 'B, seat 2']);
    await page.route('**/v1/**', (route) => route.abort());
    await page.locator('#banner').getByText('No connection to the box office.').waitFor();
    await page.locator('#reserve').click();
    await page.getByRole('button', { name: 'Reserving …' }).waitFor();
    t.equal(await page.locator('.choice .chosen li').count(), 2);
    t.match(await office.availability('offline'), { held: 0 });
    await page.unroute('**/v1/**');
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.locator('#countdown').waitFor();
    await page.locator('#banner').waitFor({ state: 'hidden' });
    t.match(await office.availability('offline'), { held: 2 });

    const recovering = { code: 'recovering', status: 503, title: 'x' };
    await page.route('**/orders', (route) =>
      route.fulfill({ status: 503, headers: { 'retry-after': '1' }, json: recovering }),
    );
    await page.locator('#name').fill('Mary Jackson');
    await page.locator('#email').fill('mary@example.org');
    await page.locator('#confirm').click();
    await page.locator('#banner').getByText('The box office is being restored.').waitFor();
    await page.unroute('**/orders');
    t.equal((await readTickets(page)).length, 2);
  });
}

function letHoldLapse(office: BoxOffice): void {
  t.test('a hold that lapsed says so, and its seats can be chosen again', async (t) => {
    await office.putOnSale('lapse', smallHall({ holdSeconds: 2, holdSecondsMax: 2 }));
    const page = await office.openPage();
    await openShow(page, office, 'lapse');
    await pickInList(page, ['A, seat 2', 'A, seat 3']);
    await page.locator('#reserve').click();
    await page.locator('#countdown').waitFor();
    t.ok(await page.getByRole('button', { name: 'More time' }).isDisabled(), 'its time cannot grow');
    await page.locator('#notice').getByText('Your time ran out.').waitFor();
    await page.getByRole('button', { name: 'Choose the same seats' }).click();
    await page.getByRole('button', { name: 'Reserve 2 tickets' }).waitFor();
    t.match(await office.availability('lapse'), { held: 0, free: 8 });

    // The same for somebody who comes back later. Right after their last second the places are refused, for
    // as long again as a hold may live.
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    await page.locator('#reserve').click();
    await page.locator('#countdown').waitFor();
    const address = page.url();
    await page.goto('about:blank');
    await until(
      () => office.availability('lapse'),
      ({ held }) => held === 0,
    );
    await page.goto(address);
    await page.locator('#notice').getByText('Your time ran out.').waitFor();
  });
}

function beSlower(office: BoxOffice): void {
  t.test('somebody was faster: the seat is named and gone from the choice, the other stays', async (t) => {
    await office.putOnSale('race', smallHall({ buyerLimit: 4 }));
    const page = await office.openPage();
    // The stream would tell it in time.
    await page.route('**/stream', (route) => route.abort());
    await openShow(page, office, 'race');
    await pickInList(page, ['A, seat 1', 'A, seat 2', 'A, seat 3']);
    // Seen in time, on the plan.
    await office.otherHolds('race', [{ seatIds: ['A3'] }]);
    await page.locator('#notice').getByText('Gone: Hall, row A, seat 3.').waitFor();
    t.equal(await page.locator('.choice .chosen li').count(), 2);
    // Not seen in time: the button is what finds out.
    await page.route('**/seats', (route) => route.fulfill({ status: 304 }));
    await office.otherHolds('race', [{ seatIds: ['A2'] }]);
    await page.locator('#reserve').click();
    await page.locator('#notice').getByText('Gone: Hall, row A, seat 2.').waitFor();
    t.equal(await page.locator('.choice .chosen li').count(), 1);
    await page.unroute('**/seats');
    await pickInList(page, ['A, seat 4', 'B, seat 1', 'B, seat 2', 'B, seat 3']);
    await page.locator('#notice').getByText('At most 4 tickets per buyer.').waitFor();
    t.equal(await page.locator('.choice .chosen li').count(), 4);
  });
}

function findSoldOut(office: BoxOffice): void {
  t.test('sold out says so, and what comes back is offered', async (t) => {
    await office.putOnSale('last', smallHall());
    const page = await office.openPage();
    await openShow(page, office, 'last');
    await page.locator('#best-count').selectOption('5');
    await page.getByRole('button', { name: 'Find and reserve' }).click();
    await page.locator('#notice').getByText('There are not that many seats side by side.').waitFor();
    await page.getByText('The longest free row there has 4 seats.').waitFor();
    const hold = await office.otherHolds('last', [{ areaId: 'hall', bestAvailable: 8, adjacent: 'any' }]);
    await page.locator('#sale-strip').getByText('Sold out.').waitFor();
    await page.locator('#sale-strip').getByText('8 tickets are reserved by other buyers.').waitFor();
    t.ok(await page.getByRole('button', { name: 'Sold out' }).isDisabled());
    await office.otherReleases('last', hold.holdId);
    await page.locator('#sale-strip').waitFor({ state: 'hidden' });
    const again = await office.otherHolds('last', [{ areaId: 'hall', bestAvailable: 8, adjacent: 'any' }]);
    await office.otherBuys('last', again.holdId);
    await page.locator('#sale-strip').getByText('All tickets have been bought.').waitFor();
  });
}

function waitForOpening(office: BoxOffice): void {
  t.test('before the opening, and in a pause: the page says so and goes on by itself', async (t) => {
    const page = await office.openPage();
    await office.putOnSale('soon', smallHall({ opensAt: new Date(Date.now() + 12_000).toISOString() }));
    await openShow(page, office, 'soon');
    await page.locator('#sale-strip').getByText('The sale opens on').waitFor();
    await pickInList(page, ['A, seat 1']);
    t.ok(await page.getByRole('button', { name: 'Not open yet' }).isDisabled());
    await page.getByRole('button', { name: 'Reserve 1 ticket' }).click();
    await page.locator('#countdown').waitFor();
    await office.operate('soon', 'pause');
    await page.locator('#sale-strip').getByText('The sale is paused for a moment.').waitFor();
    await office.operate('soon', 'resume');
    await page.locator('#sale-strip').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Give back' }).click();
    await office.operate('soon', 'close');
    await page.locator('#sale-strip').getByText('The sale is over.').waitFor();
  });
}
