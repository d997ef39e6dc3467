import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

type Detail = (code: string, problem: object, seats: {
  nameOf(seatId: string): string | undefined;
  isForSome(seatId: string): boolean;
}) => string | undefined;

const { refusalDetail } = await loadBrowserModule<{ refusalDetail: Detail }>('refusal-detail.js');
const seats = {
  nameOf: (seatId: string) => (seatId === 'gone' ? undefined : `row A, seat ${seatId}`),
  isForSome: (seatId: string) => seatId === 'w',
};
const detail = (code: string, problem: object) => refusalDetail(code, problem, seats);

t.test('what would have worked is said with the numbers of the refusal', async (t) => {
  t.equal(detail('no_adjacent_seats', { largest: 3 }), 'The longest free row there has 3 seats.');
  t.equal(detail('buyer_limit', { limit: 8, left: 2 }), 'You can take 2 more.');
  t.equal(detail('sold_out', { free: 1 }), '1 ticket is left there.');
  t.equal(detail('hold_limit', { limit: 4 }), 'Take at most 4 tickets now.');
  t.match(detail('would_strand_seat', { seatIds: ['7'] }), /row A, seat 7/);
  t.match(detail('buyer_cooling_down', { availableAt: '2026-11-23T14:05:00Z' }), /again at \d\d?:\d5/);
  t.match(detail('ticket_type_minimum', { ticketType: 'family', minimum: 3 }), /at least 3 of “family”/);
  t.match(detail('ticket_type_maximum', { ticketType: 'child', maximum: 2 }), /at most 2 of “child”/);
});

t.test('reserved seats: the way to them depends on what they are', async (t) => {
  t.match(detail('seats_reserved', { seatIds: ['w'] }), /row A, seat w: say that you need an accessible/);
  t.match(detail('seats_reserved', { seatIds: ['3', 'gone'] }), /seat 3; gone: enter the access code/);
});

t.test('a refusal that says no more than its code gets no sentence', async (t) => {
  for (const code of ['buyer_limit', 'no_adjacent_seats', 'would_strand_seat', 'seats_reserved', 'hold_limit',
    'buyer_cooling_down', 'sold_out', 'sale_paused', 'internal_error']) {
    t.equal(detail(code, {}), undefined, code);
  }
});
