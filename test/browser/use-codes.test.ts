/**
 * What a buyer may say before choosing, against the real selling service: codes that open seats and change
 * prices, an accessible place, and what is added to the prices; from the plan to the order and the CMS.
 */
import t from 'tap';
import { confirm, openShow, pickInList, readTickets } from './be-a-buyer.ts';
import { findBrowser } from './find-browser.ts';
import { openBoxOffice, smallHall } from './open-box-office.ts';
import type { BoxOffice } from './open-box-office.ts';

const browserPath = findBrowser();
if (browserPath === undefined) {
  const skip = 'no Chromium was found: install one, or set CHROMIUM_PATH to it';
  t.test('buying in a real browser', { skip }, async () => undefined);
} else {
  const office = await openBoxOffice(t, browserPath);
  useCodes(office);
  askForAccessiblePlace(office);
  strandNobody(office);
  t.test('no page broke its own Content-Security-Policy or threw an error', async (t) => {
    t.same(office.complaints, []);
  });
}

/** Row A for members, 20 % off for friends; 1.50 per ticket and 2 % of the order on top, 7 % tax included. */
function hallWithCodes(): ReturnType<typeof smallHall> {
  return smallHall({
    channels: [{ channelId: 'members', allocations: [{ seatIds: ['A1', 'A2', 'A3', 'A4'] }] }],
    promotions: [{ promotionId: 'friends', code: 'FRIENDS', percent: 20, usesMax: 1 }],
    fees: [
      { feeId: 'service', name: 'Service fee', per: 'ticket', amount: 150 },
      { feeId: 'handling', name: 'Handling', per: 'order', percent: 2 },
    ],
    taxes: [{ taxId: 'vat', name: 'VAT', percent: 7, included: true }],
  });
}

function useCodes(office: BoxOffice): void {
  t.test('codes open seats and change prices; the sums are those of the box office', async (t) => {
    await office.putOnSale('codes', hallWithCodes());
    await office.addAccessCodes('codes', { channelIds: ['members'], codes: ['MEMBER'] });
    const page = await office.openPage();
    await openShow(page, office, 'codes');
    t.match(await page.locator('#best-area option').first().textContent(), /\(4 free\)/);
    await page.locator('details.seat-list summary').click();
    t.ok(await page.getByRole('button', { name: 'Hall, row A, seat 1, ' }).isDisabled());

    await page.locator('details.codes summary').click();
    await page.locator('#accessCode').fill('WRONG');
    t.match(await page.locator('#best-area option').first().textContent(), /\(8 free\)/);
    await pickInList(page, ['A, seat 1', 'A, seat 2']);
    await page.locator('#reserve').click();
    await page.locator('#notice').getByText('This access code does not open this sale.').waitFor();
    await page.locator('#accessCode').fill('MEMBER');
    await page.locator('#promotionCode').fill('NOBODY');
    await page.locator('#reserve').click();
    await page.locator('#notice').getByText('This promotion code is not valid for this sale.').waitFor();
    t.match(await office.availability('codes'), { held: 0 }, 'what was refused holds nothing');

    await page.locator('#promotionCode').fill('FRIENDS');
    await page.getByLabel('Ticket type for Hall, row A, seat 2').selectOption('child');
    await page.locator('#reserve').click();
    await page.locator('#countdown').waitFor();
    const sums = (await page.locator('.held .part').allTextContents()).join(' ');
    t.match(sums, /Tickets.*€12\.00.*Service fee.*€3\.00.*Handling.*€0\.24.*VAT 7 %.*€1\.00/s);
    await page.getByRole('button', { name: 'Buy 2 tickets for €15.24' }).waitFor();
    await confirm(page, 'Katherine Johnson');
    t.equal((await readTickets(page)).length, 2);
    t.match(await page.locator('main').textContent(), /€15\.24/);

    // Codes are used up: the promotion by the order, and by everybody.
    const other = await office.openPage();
    await openShow(other, office, 'codes');
    await other.locator('details.codes summary').click();
    await other.locator('#promotionCode').fill('FRIENDS');
    await pickInList(other, ['B, seat 1', 'B, seat 2']);
    await other.locator('#reserve').click();
    await other.locator('#notice').getByText('This promotion code has been used up.').waitFor();
  });
}

function askForAccessiblePlace(office: BoxOffice): void {
  t.test('an accessible place and the seat beside it are for those who ask', async (t) => {
    const hall = smallHall();
    const [seat, beside] = hall.areas?.[0]?.rows?.[1]?.seats ?? [];
    Object.assign(seat ?? {}, { accessible: true });
    Object.assign(beside ?? {}, { companion: true });
    await office.putOnSale('places', hall);
    const page = await office.openPage();
    await openShow(page, office, 'places');
    t.match(await page.locator('#best-area option').first().textContent(), /\(6 free\)/);
    await page.locator('details.seat-list summary').click();
    const place = page.getByRole('button', { name: 'Hall, row B, seat 1, ' });
    t.ok(await place.isDisabled());
    t.match(await place.getAttribute('aria-label'), /kept for wheelchair users$/);
    await page.getByLabel('I need an accessible place').check();
    t.ok(await place.isEnabled());
    await page.getByRole('button', { name: 'Find and reserve' }).click();
    await page.locator('#countdown').waitFor();
    const states = await office.seatStates('places');
    t.same(['B1', 'B2'].map((seatId) => states.get(seatId)), ['h', 'h']);
  });
}

function strandNobody(office: BoxOffice): void {
  t.test('a choice that would leave a single seat is refused, and the seat is named', async (t) => {
    await office.putOnSale('single', smallHall({ allowStrandedSeats: false }));
    const page = await office.openPage();
    await openShow(page, office, 'single');
    await pickInList(page, ['A, seat 2']);
    await page.locator('#reserve').click();
    await page.locator('#notice').getByText('That would leave a single seat alone.').waitFor();
    t.match(await page.locator('#notice').textContent(), /Hall, row A, seat 1/);
    await pickInList(page, ['A, seat 1']);
    await page.locator('#reserve').click();
    await page.locator('#countdown').waitFor();
    t.match(await office.availability('single'), { held: 2 });
  });
}
