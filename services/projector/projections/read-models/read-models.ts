import { buyerOrders } from './buyer-orders.ts';
import { occupancy } from './occupancy.ts';
import type { ReadModel } from './read-model.ts';
import { revenueByCategory } from './revenue-by-category.ts';
import { saleTotals } from './sale-totals.ts';
import { salesPerMinute } from './sales-per-minute.ts';

/**
 * All read models. One that changes is a new version beside the old one here (another file, another table),
 * until a release in which the old one is nowhere served.
 */
export const READ_MODELS: ReadModel[] = [
  occupancy, saleTotals, salesPerMinute, revenueByCategory, buyerOrders,
];
