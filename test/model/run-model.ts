import * as fc from 'fast-check';
import { commandArbitraries, move } from './model-commands.ts';
import type { ModelState } from './model-commands.ts';
import { checkMoney } from './model-payments.ts';
import { ModelWorld } from './model-world.ts';
import { inputOf, saleShapes } from './sale-shapes.ts';

/** What came of a run: how many commands were judged, how often each answer came up. */
export interface ModelRun {
  commands: number;
  events: number;
  answers: Map<string, number>;
}

export interface ModelOptions {
  redisUrl: string;
  /** commands to judge, at least */
  commands: number;
  seed: number;
  /** of one failed run, as it was printed: only that is run again */
  path?: string | undefined;
  /** told from time to time how far it is */
  say?: (text: string) => void;
}

/** Runs at once: while one waits for a hold to lapse, the others go on. */
const LANES = 8;
const RUNS_PER_ROUND = 8;
const STEPS_MAX = 120;
/** Which of the two sales stays a draft at first. */
const DRAFTS = [undefined, undefined, undefined, undefined, undefined, undefined, 0, 1];
/** So long a failure is made smaller. */
const SHRINK_MS_MAX = 20_000;

/**
 * Runs random commands on random sales until enough have been judged. Throws the error of fast-check with the
 * seed, the path and the shortest list of commands that still fails.
 */
export async function runModel(options: ModelOptions): Promise<ModelRun> {
  const { commands, seed, path, say } = options;
  const done: ModelRun = { commands: 0, events: 0, answers: new Map() };
  let round = 0;
  let failure: Error | undefined;
  const lane = async (partition: number): Promise<void> => {
    while (done.commands < commands && failure === undefined) {
      // Rounds count on from the seed: a failure names the one it was found with, which finds it at once.
      const parameters = {
        seed: seed + round++, numRuns: RUNS_PER_ROUND, includeErrorInReport: true,
        ...(path !== undefined && { path }),
      };
      await fc.assert(worldProperty(options.redisUrl, partition, done), parameters);
      say?.(`${done.commands} commands`);
      if (path !== undefined) return;
    }
  };
  const lanes = Array.from({ length: path === undefined ? LANES : 1 }, async (_, partition) => {
    try {
      await lane(partition);
    } catch (error) {
      failure ??= error as Error;
    }
  });
  await Promise.all(lanes);
  if (failure !== undefined) throw failure;
  return done;
}

function worldProperty(redisUrl: string, partition: number, done: ModelRun): fc.IAsyncProperty<unknown> {
  const commands = fc.commands(commandArbitraries(), { maxCommands: STEPS_MAX, size: 'max' });
  const shapes = fc.tuple(saleShapes, saleShapes);
  let failedAtMs = Infinity;
  return fc.asyncProperty(shapes, fc.constantFrom(...DRAFTS), commands, async (shapes, drafts, steps) => {
    if (performance.now() - failedAtMs > SHRINK_MS_MAX) return;
    const world = new ModelWorld(redisUrl, partition);
    try {
      await world.open(shapes.map((shape) => inputOf(shape, world.openedAtMs)));
      for (const at of [0, 1]) if (drafts !== at) await move(world, at, 'open');
      await fc.asyncModelRun(() => ({ model: { steps: 0, shapes } satisfies ModelState, real: world }),
        steps);
      await world.check();
      for (const sale of world.sales) checkMoney(sale);
    } catch (error) {
      failedAtMs = Math.min(failedAtMs, performance.now());
      throw error;
    } finally {
      await world.close();
      done.commands += world.judged;
      done.events += world.sales.reduce((sum, { events }) => sum + events.length, 0);
      for (const [answer, n] of world.answers) done.answers.set(answer, (done.answers.get(answer) ?? 0) + n);
    }
  });
}

/** A seed from the environment, or a new one. */
export function seedOf(text: string | undefined): number {
  return text === undefined || text === '' ? Date.now() % 2 ** 31 : Number(text);
}
