import { setTimeout as sleep } from 'node:timers/promises';

const RESEND_MS = 5;

/** Tries again until `send` resolves, as whoever must not lose anything does. */
export async function untilTaken<T>(send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!isTransient(error as Error)) throw error;
      await sleep(RESEND_MS);
    }
  }
}

/** The client's own mistakes are not cured by sending again. */
function isTransient({ name }: Error): boolean {
  return !['InvalidArgumentException', 'ValidationException', 'ResourceNotFoundException'].includes(name);
}
