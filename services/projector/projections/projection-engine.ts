import { isEventType } from '../../shared/contracts/events.ts';
import { upcast } from '../../shared/contracts/upcast.ts';
import type { Log } from '../../shared/platform/log.ts';
import { backoffMs, createPause } from '../../shared/platform/pause.ts';
import type { Pause } from '../../shared/platform/pause.ts';
import { isPgAway } from '../../shared/platform/pg.ts';
import type { ProjectorMetrics } from '../projector-metrics.ts';
import type { KnownEvent, Projection, StoredEvent } from './projection.ts';
import { ProjectionFault } from './projection-fault.ts';
import type { PlannedRun, ProjectionProgress } from './projection-progress.ts';
import type { SurveyScope } from './survey-scope.ts';

/** More per transaction gives no more throughput and longer waits for everybody else. */
const EVENTS_PER_BATCH_MAX = 1_000;
/** Small sales share a transaction; the rows of all of them are locked until it ends. */
const SALES_PER_BATCH_MAX = 32;
/**
 * Transactions in a row that are planned while the one before is written; then all that changes meanwhile
 * (what is parked, what is followed) is looked up again.
 */
const AHEAD_MAX = 8;
/** Each needs a connection. */
export const BATCHES_AT_ONCE = 3;
/** How often everything is looked over for what nobody woke this process for. */
const SURVEY_MS = 1_000;
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;

/** What one projection or several, all at the same position, have before them of one sale. */
interface Run {
  saleId: string;
  from: number;
  events: readonly StoredEvent[];
  projections: readonly Projection[];
  /** as many were read as were asked for */
  hasMore: boolean;
}

type Planned = PlannedRun & Pick<Run, 'hasMore'>;

/**
 * Brings projections behind the event store: each event has its effect once, in order per sale and
 * projection, because effect and position move in one transaction. Several sales share a transaction. An
 * event that cannot be applied is parked with its reason: that projection of that sale waits until an
 * operator retries or skips (shared/projections); all else goes on. What PostgreSQL refuses for a reason that
 * may pass is tried again, apart from everything else. While PostgreSQL is away nothing is parked: it waits
 * and goes on.
 */
export class ProjectionEngine {
  readonly #progress: ProjectionProgress;
  readonly #scope: SurveyScope;
  readonly #upkeep: () => Promise<Projection[]>;
  readonly #metrics: ProjectorMetrics;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #surveyPause: Pause = createPause(this.#stopping.signal);
  readonly #waiting = new Set<string>();
  readonly #working = new Map<string, Promise<void>>();
  /** sale and projection that failed last time: they go into no common transaction until they did not */
  readonly #apart = new Set<string>();
  #batches = 0;
  #projections: Projection[] = [];
  #trouble = 'the positions are not read yet';
  #surveying: Promise<void> | undefined;

  /**
   * @param options.upkeep asked again and again for the projections to follow, so that they can change while
   *   it works; throws when PostgreSQL does not answer
   */
  constructor(options: {
    progress: ProjectionProgress;
    upkeep: () => Promise<Projection[]>;
    metrics: ProjectorMetrics;
    log: Log;
  }) {
    this.#progress = options.progress;
    this.#scope = options.progress.createScope();
    this.#upkeep = options.upkeep;
    this.#metrics = options.metrics;
    this.#log = options.log;
  }

  /** Begins in the background. Can be called twice. */
  start(): void {
    this.#surveying ??= this.#keepSurveying();
  }

  /** Lets the transactions under way end. Can be called twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#surveying;
    await Promise.all(this.#working.values());
  }

  /** There may be more events of these sales. */
  wake(saleIds: Iterable<string>): void {
    for (const saleId of saleIds) this.#waiting.add(saleId);
    this.#dispatch();
  }

  /** What keeps it from working, a sentence each. A parked sale is not among it: all others go on. */
  troubles(): string[] {
    return this.#trouble === '' ? [] : [this.#trouble];
  }

  #dispatch(): void {
    // What waits before the first survey is looked at then: until it nobody knows what to follow.
    if (this.#projections.length === 0) return;
    while (this.#batches < BATCHES_AT_ONCE && !this.#stopping.signal.aborted) {
      const saleIds = this.#takeBatch();
      if (saleIds.length === 0) return;
      this.#batches += 1;
      const work = this.#advance(saleIds).finally(() => {
        this.#batches -= 1;
        for (const saleId of saleIds) this.#working.delete(saleId);
        this.#dispatch();
      });
      for (const saleId of saleIds) this.#working.set(saleId, work);
    }
  }

  /** A fair share of what waits, so that the transactions at once are of one length. */
  #takeBatch(): string[] {
    // One that is being worked on stays waiting, and is looked at once more when that is done.
    const free = [...this.#waiting].filter((saleId) => !this.#working.has(saleId));
    const share = Math.ceil(free.length / (BATCHES_AT_ONCE - this.#batches));
    const taken = free.slice(0, Math.min(share, SALES_PER_BATCH_MAX));
    for (const saleId of taken) this.#waiting.delete(saleId);
    return taken;
  }

  async #keepSurveying(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        this.#projections = await this.#upkeep();
        const behind = await this.#survey();
        this.#forgetApart(new Set(behind));
        if (this.#apart.size === 0) this.#trouble = '';
        this.wake(behind);
      } catch (error) {
        this.#scope.forget();
        this.#trouble = `the projections cannot be surveyed: ${(error as Error).message}`;
        this.#log.warn({ err: error }, 'the projections cannot be surveyed');
      }
      await this.#surveyPause.wait(SURVEY_MS);
    }
  }

  /** Who is behind, among those that something may have happened to; what failed here is among them. */
  async #survey(): Promise<string[]> {
    const keys = this.#projections.map(({ key }) => key);
    for (const unit of this.#apart) this.#scope.keep(unit.split(' ').slice(0, 1));
    const { behind, parked } = await this.#progress.survey(keys, await this.#scope.next(keys));
    this.#metrics.parked.reset();
    for (const [projection, saleIds] of parked) this.#metrics.parked.set({ projection }, saleIds.length);
    this.#scope.keep([...behind, ...[...parked.values()].flat()]);
    return behind;
  }

  /** Somebody else got further with what failed here, or nobody has to any more. */
  #forgetApart(behind: ReadonlySet<string>): void {
    const keys = new Set(this.#projections.map(({ key }) => key));
    for (const unit of this.#apart) {
      const [saleId = '', key = ''] = unit.split(' ');
      if (!behind.has(saleId) || !keys.has(key)) this.#apart.delete(unit);
    }
  }

  /** Applies the next events of some sales; who has more waits again. Never rejects. */
  async #advance(saleIds: string[]): Promise<void> {
    for (let failures = 0; !this.#stopping.signal.aborted;) {
      try {
        await this.#tryAdvance(saleIds);
        return;
      } catch (error) {
        failures += 1;
        this.#trouble = `the projections cannot be written: ${(error as Error).message}`;
        if (failures % 20 === 1) this.#log.warn({ err: error, saleIds }, 'projections cannot be written');
        await createPause(this.#stopping.signal).wait(backoffMs(failures, RETRY_MS_MIN, RETRY_MS_MAX));
      }
    }
  }

  async #tryAdvance(saleIds: string[]): Promise<void> {
    const { together, alone } = await this.#planAll(await this.#nextRuns(saleIds));
    let planned = together;
    for (let n = 0; planned.length > 0; n++) {
      const next = n < AHEAD_MAX && !this.#othersWait() ? this.#planAhead(planned) : [];
      const failed = await this.#applyTogether(planned);
      alone.push(...failed);
      // What failed or was done by somebody else is not where the next begins.
      planned = failed.length === 0 && !this.#stopping.signal.aborted ? await next : [];
    }
    for (const run of alone) {
      for (const projection of run.projections) await this.#applyAlone(run, projection);
    }
    if (this.#apart.size === 0) this.#trouble = '';
  }

  /** Apart from the others: what failed last time, and what cannot be planned. */
  async #planAll(runs: readonly Run[]): Promise<{ together: Planned[]; alone: Run[] }> {
    const together: Planned[] = [];
    const alone: Run[] = [];
    for (const run of runs) {
      const isApart = run.projections.some(({ key }) => this.#apart.has(unitOf(run.saleId, key)));
      const plan = isApart ? undefined : await this.#planned(run);
      if (plan === undefined) alone.push(run);
      else together.push(plan);
    }
    return { together, alone };
  }

  /**
   * What follows if all of these runs are done: their positions are compared when it is written, so it may
   * turn out to be for nothing. Never rejects; what cannot be read or planned is left to the next look.
   */
  async #planAhead(planned: readonly Planned[]): Promise<Planned[]> {
    const groups = planned.filter(({ hasMore }) => hasMore).map(({ saleId, from, events, effects }) => ({
      saleId, seq: events.at(-1)?.seq ?? from, projections: effects.map(({ projection }) => projection),
    }));
    try {
      return (await this.#planAll(await this.#readRuns(groups))).together;
    } catch {
      return [];
    }
  }

  /** Sales that nobody works on, and no transaction is free for them. */
  #othersWait(): boolean {
    return this.#batches >= BATCHES_AT_ONCE
      && [...this.#waiting].some((saleId) => !this.#working.has(saleId));
  }

  /** What is to be done of some sales; those of which something is to be done wait again for what follows. */
  async #nextRuns(saleIds: string[]): Promise<Run[]> {
    const projections = this.#projections;
    const states = await this.#progress.states(projections.map(({ key }) => key), saleIds);
    const groups = saleIds.flatMap((saleId) => {
      const bySeq = new Map<number, Projection[]>();
      for (const projection of projections) {
        const state = states.get(saleId)?.get(projection.key);
        if (state === undefined || state.isParked) continue;
        bySeq.set(state.seq, [...bySeq.get(state.seq) ?? [], projection]);
      }
      return [...bySeq].map(([seq, group]) => ({ saleId, seq, projections: group }));
    });
    return this.#readRuns(groups);
  }

  async #readRuns(groups: { saleId: string; seq: number; projections: Projection[] }[]): Promise<Run[]> {
    if (groups.length === 0) return [];
    const countMax = Math.ceil(EVENTS_PER_BATCH_MAX / groups.length);
    const events = await this.#progress.eventsBehind(groups, countMax);
    const runs = groups.map(({ seq: from, ...group }, i): Run => {
      const found = events[i] ?? [];
      return { ...group, from, events: found, hasMore: found.length === countMax };
    });
    for (const run of runs) if (run.hasMore) this.#waiting.add(run.saleId);
    return runs.filter((run) => run.events.length > 0);
  }

  /** undefined when one of its projections cannot make anything of the events. */
  async #planned({ projections, ...run }: Run): Promise<Planned | undefined> {
    try {
      const known = run.events.flatMap(ofToday);
      const effects = [];
      for (const projection of projections) effects.push({ projection, plan: await projection.plan(known) });
      return { ...run, effects };
    } catch {
      return undefined;
    }
  }

  /** @returns the runs whose projections have to be looked at one by one */
  async #applyTogether(planned: Planned[]): Promise<Run[]> {
    const alone: Run[] = [];
    try {
      for (const [run, outcome] of await this.#progress.apply(planned)) {
        if (outcome.kind === 'done') this.#report(run);
        else if (outcome.kind === 'moved') this.#waiting.add(run.saleId);
        else alone.push(runOf(run));
      }
      return alone;
    } catch (error) {
      if (isPgAway(error as Error)) throw error;
      this.#log.warn({ err: error }, 'sales are projected one by one');
      return planned.map(runOf);
    }
  }

  /** One projection of one sale; what PostgreSQL refuses for now is left to the next survey. */
  async #applyAlone(run: Run, projection: Projection): Promise<void> {
    const unit = unitOf(run.saleId, projection.key);
    try {
      await this.#applyOrSplit({ ...run, projections: [projection] }, projection);
      this.#apart.delete(unit);
    } catch (error) {
      if (isPgAway(error as Error)) throw error;
      this.#apart.add(unit);
      const { saleId } = run;
      this.#trouble = `${projection.key} of ${saleId} cannot be written: ${(error as Error).message}`;
      this.#log.warn({ err: error, saleId, projection: projection.key }, 'a projection cannot be written');
    }
  }

  /**
   * Applies a run of events at once; when that cannot be, its halves, down to the one event that is at
   * fault.
   *
   * @returns false when it went no further: somebody else did, or an event is parked
   */
  async #applyOrSplit(run: Run, projection: Projection): Promise<boolean> {
    const { saleId, events } = run;
    const { done, fault } = await this.#tryRun(run, projection);
    if (done) return true;
    if (fault === undefined) {
      this.#waiting.add(saleId);
      return false;
    }
    const [only] = events;
    if (events.length === 1 && only !== undefined) {
      await this.#park(run, projection, only, fault);
      return false;
    }
    const middle = Math.floor(events.length / 2);
    const from = events[middle - 1]?.seq ?? run.from;
    return await this.#applyOrSplit({ ...run, events: events.slice(0, middle) }, projection)
      && await this.#applyOrSplit({ ...run, from, events: events.slice(middle) }, projection);
  }

  async #tryRun(run: Run, projection: Projection): Promise<{ done: boolean; fault?: Error }> {
    let plan: unknown;
    try {
      plan = await projection.plan(run.events.flatMap(ofToday));
    } catch (error) {
      return { done: false, fault: new ProjectionFault((error as Error).message, { cause: error }) };
    }
    const planned = { ...run, effects: [{ projection, plan }] };
    const outcome = (await this.#progress.apply([planned])).get(planned);
    if (outcome?.kind === 'refused') return { done: false, fault: outcome.error };
    if (outcome?.kind === 'done') this.#report(planned);
    return { done: outcome?.kind === 'done' };
  }

  async #park({ saleId, from }: Run, { key }: Projection, stored: StoredEvent, fault: Error): Promise<void> {
    const isParked = await this.#progress.park(key, saleId, from, stored, fault.message);
    const { seq, event: { id } } = stored;
    if (!isParked) return;
    this.#metrics.parked.inc({ projection: key });
    this.#log.error({ projection: key, saleId, seq, id, err: fault }, 'an event is parked, its sale waits');
  }

  #report({ events, effects }: PlannedRun): void {
    const nowMs = Date.now();
    for (const { projection: { key } } of effects) {
      this.#metrics.projected.inc({ projection: key }, events.length);
      if (key !== LAG_OF) continue;
      for (const { event } of events) {
        if (event.type !== 'order.confirmed') continue;
        this.#metrics.projectionLagMs.observe(Math.max(0, nowMs - Date.parse(event.time)));
      }
    }
  }
}

/** The lag is told of the rows that the company lives on; a read model that is built anew has none. */
const LAG_OF = 'legacy';

function unitOf(saleId: string, key: string): string {
  return `${saleId} ${key}`;
}

function runOf({ effects, ...run }: Planned): Run {
  return { ...run, projections: effects.map(({ projection }) => projection) };
}

/** Nothing for a type that is unknown here: it passes by. */
function ofToday({ seq, event }: StoredEvent): KnownEvent[] {
  return isEventType(event.type) ? [{ seq, event: upcast(event) }] : [];
}
