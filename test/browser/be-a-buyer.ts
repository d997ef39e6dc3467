import type { Page } from 'playwright-core';
import type { BoxOffice } from './open-box-office.ts';

/** What a buyer does on the pages, step by step. */

/** Opens the page of a show and waits until the states of its seats are there. */
export async function openShow(page: Page, office: BoxOffice, saleId: string): Promise<void> {
  await page.goto(`${office.checkout}/shows/${saleId}`);
  await seatsShown(page);
}

/** The states of the seats have come. */
async function seatsShown(page: Page): Promise<void> {
  await page.locator('.legend-free', { hasText: /free/ }).first().waitFor();
}

/** Chooses seats (`A, seat 1`) of the small hall. */
export async function pickInList(page: Page, seats: string[]): Promise<void> {
  const details = page.locator('details.seat-list');
  if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
  // By keyboard, as those do for whom the list is there.
  for (const seat of seats) await page.getByRole('button', { name: `Hall, row ${seat}, ` }).press('Enter');
}

/** Where on the screen a seat is drawn. */
async function placeOf(page: Page, saleId: string, seatId: string): Promise<{ x: number; y: number }> {
  await seatsShown(page);
  await page.locator('svg.plan').scrollIntoViewIfNeeded();
  return page.evaluate(`(async () => {
    const sale = await (await fetch('/v1/sales/${saleId}')).json();
    const seats = sale.areas.flatMap((area) => area.rows ?? []).flatMap((row) => row.seats);
    const seat = seats.find((one) => one.seatId === '${seatId}');
    const toScreen = document.querySelector('svg.plan').getScreenCTM();
    const point = new DOMPoint(seat.x, seat.y).matrixTransform(toScreen);
    return { x: point.x, y: point.y };
  })()`);
}

/** A click on the place of the plan where that seat is drawn. */
export async function clickSeat(page: Page, saleId: string, seatId: string): Promise<void> {
  const { x, y } = await placeOf(page, saleId, seatId);
  await page.mouse.click(x, y);
}

/** The same with a finger. */
export async function tapSeat(page: Page, saleId: string, seatId: string): Promise<void> {
  const { x, y } = await placeOf(page, saleId, seatId);
  await page.touchscreen.tap(x, y);
}

/** Fills the contact form and buys. */
export async function confirm(page: Page, name: string): Promise<void> {
  await page.locator('#name').fill(name);
  await page.locator('#email').fill('buyer@example.org');
  await page.locator('#confirm').click();
}

/** The codes on the tickets, once they are there. */
export async function readTickets(page: Page): Promise<string[]> {
  await page.locator('.ticket').first().waitFor();
  await page.getByRole('heading', { name: /^Here / }).waitFor();
  return page.locator('.ticket-code').allTextContents();
}

/** Asks again until the answer is as it should be; fails after half a minute. */
export async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  const deadlineAtMs = Date.now() + 30_000;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > deadlineAtMs) throw new Error(`still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
