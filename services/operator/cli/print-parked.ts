import type { Static } from 'typebox';
import type { ParkedAnswer, ProjectionAnswer } from '../http-schemas.ts';

type Print = (line: string) => void;

/** What waits for an operator. */
export function printParked(
  { projections, partitions }: Static<typeof ParkedAnswer>, print: Print,
): void {
  for (const { projection, saleId, seq, type, reason, parkedAt } of projections) {
    print(`${saleId}  ${projection}  event ${seq}, ${type}, since ${parkedAt}: ${reason}`);
  }
  for (const { partition, records, reason, parkedAt } of partitions) {
    print(`partition ${partition}  ${records} records, since ${parkedAt}: ${reason}`);
  }
  if (partitions.length > 0) {
    print('Partitions are released beside their projector: docs/runbooks/parked-partitions.md.');
  }
  if (projections.length + partitions.length === 0) print('Nothing is parked.');
}

/** One projection of a sale. */
export function printProjection(answer: Static<typeof ProjectionAnswer>, print: Print): void {
  const { saleId, projection, seq, headSeq, behind, parked, replayable, event, acts } = answer;
  print(`${projection} of ${saleId}: at event ${seq} of ${headSeq}, ${behind} behind${
    replayable ? '' : ', cannot be replayed'}`);
  if (parked === null) print('It is not parked.');
  else print(`parked at event ${parked.seq}, ${parked.type}, since ${parked.parkedAt}: ${parked.reason}`);
  if (event !== null) print(JSON.stringify(event));
  for (const act of acts) {
    const where = act.seq === null ? '' : ` event ${act.seq}`;
    const waits = act.doneAt === null ? ' (not begun)' : '';
    print(`${act.askedAt}  ${act.act}${where} by ${act.actor}${waits}: ${act.why}`);
  }
}
