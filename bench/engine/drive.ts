import type { PlaceAnswer } from '../../services/selling/stock.ts';

/** What became of a run of claims. */
export interface Driven {
  accepted: number;
  /** by reason */
  refused: Map<string, number>;
  seconds: number;
  /** of the process that sent them, load and engine's client together */
  clientCpuUs: number;
}

/**
 * A closed loop in this process: as many claims under way as `inFlight` says, and a new one for each that is
 * answered, until `count` have been sent. Without an async function per buyer, since the load shares its
 * core with what is measured.
 */
export function drive(
  place: (n: number) => Promise<PlaceAnswer>,
  { count, inFlight }: { count: number; inFlight: number },
): Promise<Driven> {
  return new Promise((resolve, reject) => {
    const refused = new Map<string, number>();
    const cpuBefore = process.cpuUsage();
    const startedAtMs = performance.now();
    let sent = 0;
    let answered = 0;
    let accepted = 0;
    const next = (): void => {
      const n = sent;
      sent += 1;
      place(n).then(note, reject);
    };
    const note = (answer: PlaceAnswer): void => {
      answered += 1;
      if (answer.ok) accepted += 1;
      else refused.set(answer.reason, (refused.get(answer.reason) ?? 0) + 1);
      if (sent < count) next();
      else if (answered === count) {
        const { user, system } = process.cpuUsage(cpuBefore);
        const seconds = (performance.now() - startedAtMs) / 1000;
        resolve({ accepted, refused, seconds, clientCpuUs: user + system });
      }
    };
    for (let i = Math.min(inFlight, count); i > 0; i--) next();
  });
}
