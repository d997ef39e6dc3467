import type { EventType } from '../../services/shared/contracts/events.ts';
import type { StreamEventType } from '../../services/shared/contracts/stream-events.ts';

/** What has happened, in a sentence per type: for the documents that are made from the schemas. */
export const EVENT_SUMMARIES: Readonly<Record<EventType, string>> = {
  'sale.defined': 'The sale has this definition from now on; its seats follow, an event per seated area.',
  'area.defined': 'The rows and seats of one seated area of a draft.',
  'sale.opened': 'Claims are taken from now on.',
  'sale.paused': 'No claims are taken until it is resumed; holds go on.',
  'sale.resumed': 'Claims are taken again.',
  'sale.closed': 'Selling is over; live holds may still be ordered.',
  'sale.reopened': 'A closed sale takes claims again.',
  'sale.archived': 'The sale leaves Redis; its log stays.',
  'sale.revived': 'An archived sale is in Redis again, closed.',
  'sale.recovered': 'The sale was rebuilt from its log: live holds have lostMs more, and a new epoch begins.',
  'stock.blocked': 'Free places are taken out of the sale.',
  'stock.unblocked': 'Blocked places are back in the sale.',
  'capacity.changed': 'A general area, a group or the venue has another capacity.',
  'price.changed': 'A ticket type of a category has another price; holds keep theirs.',
  'allocation.changed': 'Places are set aside for a channel, or for everybody.',
  'allocation.returned': 'What is left of a channel is for everybody.',
  'places.released': 'Accessible places or companion seats are for everybody.',
  'codes.added': 'Access codes open channels from now on.',
  'hold.placed': 'A buyer has these places until expiresAt.',
  'hold.extended': 'A hold got more time.',
  'hold.changed': 'A hold has other items; its time stays.',
  'hold.released': 'A buyer gave a hold back; its places are free.',
  'hold.expired': 'A hold lapsed; its places are free.',
  'order.confirmed': 'What was held is sold: it was free, or its payment has come.',
  'order.expired': 'No payment came in time; the places of the order are free.',
  'order.cancelled': 'Tickets of an order, or an order before its payment, are given up.',
  'payment.started': 'An attempt to pay begins; until deadline the places belong to the order.',
  'payment.failed': 'An attempt to pay has failed; the order may be paid for again until deadline.',
  'payment.late': 'A payment came after the order had lapsed; the same places are held for it again.',
  'payment.mismatched': 'Another amount or currency came than the order costs; an operator decides.',
  'refund.requested': 'Money is to be given back; the provider is asked until refund.completed or failed.',
  'refund.completed': 'The provider has given the money back.',
  'refund.failed': 'The provider will not give the money back in this way; an operator decides.',
};

/** The same of those in streams that are no sale's. */
export const STREAM_EVENT_SUMMARIES: Readonly<Record<StreamEventType, string>> = {
  'operator.acted': 'An operator did something that is no event of a sale.',
  'projection.parked': 'A projection has stopped for a sale, at an event that it cannot apply.',
  'route.changed': 'The selling requests of a show go elsewhere from now on (docs/strangler.md).',
};
