import t from 'tap';
import type { BusEvent } from '../../../services/shared/contracts/bus-record.ts';
import { EVENT_DATA, EVENT_TYPES } from '../../../services/shared/contracts/events.ts';
import { organiserBody } from '../../../services/worker/organiser-body.ts';
import { EventChain } from '../../harness/event-chain.ts';

const PRIVATE = ['contact', 'ticketSeed', 'codes', 'digest', 'key'];

t.test('what is private is left out, the rest is as it was', async (t) => {
  const sale = new EventChain('hamlet', Buffer.alloc(32).toString('base64url'));
  const hold = sale.hold(2);
  const order = { ...await sale.confirm(hold), actor: 'operator:ann', causationid: 'a request' };
  const body = JSON.parse(organiserBody(order)) as Record<string, unknown>;
  const { actor: _actor, prev: _prev, causationid: _cause, ...rest } = order;
  const all = order.data as Record<string, unknown>;
  const { contact: _contact, ticketSeed: _seed, digest: _digest, ...data } = all;
  t.same(body, { ...rest, data });
});

t.test('no type has members that look private and are not on the list', async (t) => {
  for (const type of EVENT_TYPES) {
    const names = Object.keys(EVENT_DATA[type].properties).filter((name) => !PRIVATE.includes(name));
    t.notOk(names.find((name) => /secret|seed|contact|mail|token|digest|^key|codes?$/i.test(name)), type);
  }
});

t.test('what is too new or unknown is passed on, without what is private', async (t) => {
  const sale = new EventChain('hamlet', '');
  const known = sale.next('sale.opened', {});
  const data = { key: 'k', more: 1 };
  const tooNew = { ...known, dataschema: 'https://example.org/another', data } as BusEvent;
  const unknown = { ...known, type: 'sale.teleported', data: { ticketSeed: 's', to: 'Mars' } } as BusEvent;
  t.match(JSON.parse(organiserBody(tooNew)),
    { dataschema: tooNew.dataschema, data: { key: undefined, more: 1 } });
  t.match(JSON.parse(organiserBody(unknown)), { data: { ticketSeed: undefined, to: 'Mars' } });
  t.match(JSON.parse(organiserBody({ ...unknown, data: ['a list'] })), { data: ['a list'] });
});
