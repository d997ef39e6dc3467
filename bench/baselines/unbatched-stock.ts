import { readPlaced, Stock } from '../../services/selling/stock.ts';
import type { HoldClaim, PlaceAnswer } from '../../services/selling/stock.ts';

/** Our own script, one call per request as it comes: what batching saves is the difference to `Stock`. */
export class UnbatchedStock extends Stock {
  override async placeHold(partition: number, claim: HoldClaim): Promise<PlaceAnswer> {
    const answers = await this.sendPlaces(partition, [claim]);
    return readPlaced(typeof answers === 'string' ? answers : answers[0] ?? '', claim);
  }
}
