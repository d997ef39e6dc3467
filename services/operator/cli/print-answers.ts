import type { LogEvent } from '../read-pages.ts';
import type { SaleDescriptionAnswer, SeatExplanationAnswer } from '../http-schemas.ts';
import type { Static } from 'typebox';
import type { Certificate } from '../verify/verify-sale.ts';

/** What the API answers, for people: one line per fact, columns by spaces. */
type Print = (line: string) => void;

const SEQ_CHARS = 7;
const TYPE_CHARS = 19;
const NAME_CHARS = 24;
const TRACE_ID_CHARS = 32;

/** One event of a log, with its sale where it is not plain. */
export function printEvent(
  { seq, subject, time, type, actor = '', data }: LogEvent, print: Print, hasSale = false,
): void {
  const sale = hasSale ? `${subject.padEnd(NAME_CHARS)} ` : '';
  print(`${sale}${columnsOf(seq, time, type)} ${actor} ${JSON.stringify(data)}`);
}

/** One event of a flow: with its sale, and the request that asked for it. */
export function printTraced(event: LogEvent, print: Print): void {
  const { causationid } = event;
  const cause = (causationid ?? 'by itself').padEnd(TRACE_ID_CHARS);
  printEvent(event, (line) => print(`${cause}  ${line}`), true);
}

/** Why a seat is what it is. */
export function printExplanation(answer: Static<typeof SeatExplanationAnswer>, print: Print): void {
  print(`${answer.seatId} (${answer.areaId}, row ${answer.rowId}, ${answer.label})`);
  print(answer.why);
  for (const { seq, at, type, actor, status, reason } of answer.steps) {
    print(`${columnsOf(seq, at, type)} ${actor} → ${status}${reason === null ? '' : `  ${reason}`}`);
  }
  print(`by the log up to event ${answer.seq}`);
  for (const { projection, behind, parked } of answer.projections) {
    const where = behind === 0 ? 'is there' : `${behind} events behind`;
    print(`projection ${projection}: ${where}${parked === null ? '' : `, parked: ${parked.reason}`}`);
  }
}

/** What a sale was. */
export function printSale(answer: Static<typeof SaleDescriptionAnswer>, print: Print): void {
  const { saleId, state, seq, at, epoch, areas, groups, venue, holds, orders } = answer;
  print(`${saleId}: ${state} after event ${seq} (${at ?? 'before the first'}), epoch ${epoch}`);
  const counts = (name: string, place: typeof venue, more = ''): void =>
    print(`  ${name.padEnd(NAME_CHARS)} capacity ${place.capacity}  free ${place.free}  held ${place.held}`
      + `  sold ${place.sold}${more}`);
  for (const area of areas) counts(area.areaId, area, `  blocked ${area.blocked}`);
  for (const group of groups) counts(`group ${group.groupId}`, group);
  counts('all', venue);
  print(`  holds: ${holds.live} live, ${holds.ended} ended, ${holds.ordered} ordered`);
  print(`  orders: ${orders.count} with ${orders.tickets} tickets, ${orders.total} ${orders.currency}`
    + ' (minor units)');
}

/** What a verification found. */
export function printCertificate(certificate: Certificate, print: Print): void {
  const { saleId, clean, issuedAt, faults, log, totals, redis, legacy } = certificate;
  const { holds, currency } = totals;
  print(`${saleId}: ${clean ? 'clean' : 'NOT CLEAN'}, ${log.events} events, verified at ${issuedAt}`);
  print(`  holds: ${holds.placed} placed, ${holds.ordered} ordered, ${holds.released} released, ${
    holds.expired} expired (the latest came back ${totals.expiredLateMsMax} ms after its end)`);
  print(`  orders: ${totals.orders} with ${totals.tickets} tickets, ${totals.money} ${currency}`
    + ' (minor units)');
  print(`  chain: ${log.firstDigest} … ${log.lastDigest}`);
  for (const fault of faults) print(`  log: ${fault}`);
  for (const [name, { seq, agrees, why, differences, told }] of Object.entries({ redis, legacy })) {
    const verdict = agrees === true ? 'agrees' : `${differences} differences`;
    print(`  ${name}: ${why ?? `${verdict} at event ${seq}`}`);
    for (const difference of told) print(`    ${difference}`);
  }
}

function columnsOf(seq: number, at: string, type: string): string {
  return `${String(seq).padStart(SEQ_CHARS)}  ${at}  ${type.padEnd(TYPE_CHARS)}`;
}
