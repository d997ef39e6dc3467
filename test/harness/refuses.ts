import type tap from 'tap';
import type { Desk } from './open-desk.ts';

/** Asserts that a call is refused with exactly this answer, and that it changed no byte in the partition. */
export async function refuses(
  t: Pick<typeof tap, 'same'>,
  desk: Desk,
  work: () => Promise<unknown>,
  reason: string,
  detail = '',
): Promise<void> {
  const before = await desk.dump();
  const answer = await work();
  t.same(answer, typeof answer === 'string' ? reason : { ok: false, reason, detail });
  t.same(await desk.dump(), before, `${reason} leaves no trace`);
}
