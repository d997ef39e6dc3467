import { Type } from 'typebox';
import type { Static } from 'typebox';

/**
 * What the row-locking way of selling takes over HTTP. Limits are per cart: the legacy application knows no
 * buyers.
 */

export const CART_TICKETS_MAX = 20;
export const CART_ITEMS_MAX = 20;

const closed = { additionalProperties: false };
/**
 * No control characters: PostgreSQL cannot store U+0000, and in a name one would break a mail header or a
 * ticket.
 */
const Code = Type.String({ pattern: '^[^\\x00-\\x1f\\x7f]+$', maxLength: 64 });
const Name = Type.String({ pattern: '^[^\\s\\x00-\\x1f\\x7f][^\\x00-\\x1f\\x7f]*$', maxLength: 200 });
const Email = Type.String({ pattern: '^[^\\s\\x00-\\x1f\\x7f@]+@[^\\s\\x00-\\x1f\\x7f@]+$', maxLength: 254 });
const Count = Type.Integer({ minimum: 1, maximum: CART_TICKETS_MAX });

const ItemFields = Type.Object({
  areaId: Type.Optional(Code),
  quantity: Type.Optional(Count),
  bestAvailable: Type.Optional(Count),
  adjacent: Type.Optional(Type.Union([Type.Literal('required'), Type.Literal('preferred')])),
  seatIds: Type.Optional(Type.Array(Code, { minItems: 1, maxItems: CART_TICKETS_MAX })),
  ticketType: Type.Optional(Code),
}, closed);

export const CartRequest = Type.Object({
  buyerRef: Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$' }),
  items: Type.Array(ItemFields, { minItems: 1, maxItems: CART_ITEMS_MAX }),
}, closed);
export type CartRequest = Static<typeof CartRequest>;

export const CheckoutRequest = Type.Object({
  contact: Type.Object({ name: Name, email: Email }, closed),
  paymentMethod: Type.Union([Type.Literal('card'), Type.Literal('invoice')]),
}, closed);
export type CheckoutRequest = Static<typeof CheckoutRequest>;

/** A count of a general area, the best free seats of a seated one, or chosen seats. */
export type CartItem =
  | { areaId: string; quantity: number; ticketType?: string }
  | { areaId: string; bestAvailable: number; adjacent?: 'required' | 'preferred'; ticketType?: string }
  | { seatIds: string[]; ticketType?: string };

/**
 * Tells which of the three kinds each item is.
 *
 * @returns the items, or the index of the first one that is none of the three or more than one of them
 */
export function readCartItems(fields: CartRequest['items']): { items: CartItem[] } | { faultyIndex: number } {
  const items: CartItem[] = [];
  for (const [index, item] of fields.entries()) {
    const { areaId, quantity, bestAvailable, adjacent, seatIds, ticketType } = item;
    const rest = ticketType === undefined ? {} : { ticketType };
    const kinds = [quantity, bestAvailable, seatIds].filter((kind) => kind !== undefined).length;
    if (kinds !== 1 || (adjacent !== undefined && bestAvailable === undefined)) return { faultyIndex: index };
    if (seatIds !== undefined && areaId === undefined) items.push({ seatIds, ...rest });
    else if (seatIds !== undefined || areaId === undefined) return { faultyIndex: index };
    else if (quantity !== undefined) items.push({ areaId, quantity, ...rest });
    else if (bestAvailable !== undefined) {
      items.push({ areaId, bestAvailable, ...rest, ...(adjacent === undefined ? {} : { adjacent }) });
    }
  }
  return { items };
}

/** How many tickets an item asks for. */
export function ticketsOf(item: CartItem): number {
  if ('seatIds' in item) return item.seatIds.length;
  return 'quantity' in item ? item.quantity : item.bestAvailable;
}
