import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

interface Wishes { accessible: boolean; accessCode: string; promotionCode: string }
interface SeatAccess {
  isOpen(state: string, wishes: Wishes): boolean;
  lookOf(state: string, wishes: Wishes): string;
  stateWords(state: string, wishes: Wishes): string;
}

const { isOpen, lookOf, stateWords } = await loadBrowserModule<SeatAccess>('seat-access.js');
const none = { accessible: false, accessCode: '', promotionCode: '' };
const STATES = '0wcABPhsb';
const openTo = (wishes: Wishes) => [...STATES].filter((state) => isOpen(state, wishes)).join('');
const looks = (wishes: Wishes) => [...STATES].map((state) => lookOf(state, wishes)).join('');

t.test('a free seat is open to everybody, others to those who ask for them', async (t) => {
  t.equal(openTo(none), '0');
  t.equal(openTo({ ...none, accessible: true }), '0wc');
  t.equal(openTo({ ...none, accessCode: 'VIP' }), '0ABP');
  t.equal(openTo({ ...none, promotionCode: 'TEN' }), '0', 'a promotion opens nothing');
  t.equal(openTo({ accessible: true, accessCode: 'VIP', promotionCode: '' }), '0wcABP');
});

t.test('what a buyer may not have looks like what is not on sale', async (t) => {
  t.equal(looks(none), '0bbbbbhsb');
  t.equal(looks({ ...none, accessible: true }), '0wcbbbhsb');
  t.equal(looks({ ...none, accessCode: 'VIP' }), '0bb000hsb');
});

t.test('each state has its own words, other ones when it is open', async (t) => {
  t.equal(stateWords('0', none), 'free');
  t.equal(stateWords('s', none), 'sold');
  t.equal(stateWords('b', none), 'not on sale');
  t.equal(stateWords('w', none), 'kept for wheelchair users');
  t.equal(stateWords('w', { ...none, accessible: true }), 'free, wheelchair place');
  t.equal(stateWords('A', none), 'set aside for others');
  t.match(stateWords('A', { ...none, accessCode: 'x' }), /access code/);
  t.equal(stateWords('?', none), 'not on sale', 'a state of the future is not offered');
});
