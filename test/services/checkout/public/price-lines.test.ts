import t from 'tap';
import { loadBrowserModule } from '../load-browser-module.ts';

interface Line { label: string; amount: number; included: boolean }
interface PriceLines {
  priceLines(sold: object, names: object): Line[];
  addedLater(sale: object, money: (minor: number) => string): string;
}

const { priceLines, addedLater } = await loadBrowserModule<PriceLines>('price-lines.js');
const fee = { feeId: 'service', amount: 150 };
const ticket = { areaId: 'hall', ticketType: 'adult', price: 4_500, fees: [fee] };
const names = {
  fees: [
    { feeId: 'service', name: 'Service', per: 'ticket', amount: 150 },
    { feeId: 'handling', per: 'order', percent: 2.5 },
  ],
  taxes: [
    { taxId: 'vat', name: 'VAT', percent: 10, included: true },
    { taxId: 'city', percent: 1, included: false },
  ],
};

t.test('fees are summed over tickets and the whole, taxes are those of the whole', async (t) => {
  const lines = priceLines({
    items: [ticket, ticket],
    fees: [{ feeId: 'handling', amount: 233 }],
    taxes: [{ taxId: 'vat', amount: 866, included: true }, { taxId: 'city', amount: 95, included: false }],
  }, names);
  t.same(lines, [
    { label: 'Tickets', amount: 9_000, included: false },
    { label: 'Service', amount: 300, included: false },
    { label: 'handling', amount: 233, included: false },
    { label: 'city 1 %', amount: 95, included: false },
    { label: 'VAT 10 %', amount: 866, included: true },
  ]);
});

t.test('where tickets are all it costs there is nothing to tell', async (t) => {
  t.same(priceLines({ items: [{ ...ticket, fees: [] }] }, {}), []);
  t.same(priceLines({ items: [{ areaId: 'hall', ticketType: 'adult', price: 1 }] }, {}), []);
});

t.test('what is added later is said before, what is included is not', async (t) => {
  const money = (minor: number) => `€${minor / 100}`;
  t.equal(addedLater(names, money),
    'Added when you reserve: Service: €1.5 per ticket; handling: 2.5 % per order; city: 1 %.');
  t.equal(addedLater({}, money), '');
  t.equal(addedLater({ taxes: names.taxes.slice(0, 1) }, money), '');
});
