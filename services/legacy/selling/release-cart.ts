import { assertNever } from '../../shared/contracts/assert-never.ts';
import { withTransaction } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';
import { closeCarts } from './close-carts.ts';
import { lockCart } from './lock-cart.ts';
import { refused } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/**
 * Gives a cart back, once; a repeat, or a cart that has expired meanwhile, is answered as done. Works for a
 * show that has moved to onsale too: what was claimed here must not stay claimed.
 *
 * @returns the refusal cart_unknown, or cart_ordered when an order was made of it
 */
export async function releaseCart(pool: Pool, slug: string, cartId: string): Promise<Outcome<object>> {
  return withTransaction(pool, async (client) => {
    const cart = await lockCart(client, slug, cartId);
    if (cart === undefined) return refused('cart_unknown');
    switch (cart.status) {
      case 'open':
        await closeCarts(client, [cartId], cart.lapsed ? 'expired' : 'released');
        return { ok: true };
      case 'released':
      case 'expired':
        return { ok: true };
      case 'ordered':
        return refused('cart_ordered');
      default:
        return assertNever(cart.status);
    }
  });
}
