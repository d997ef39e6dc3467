import type { LogFold } from '../../services/shared/contracts/log-fold.ts';
import type { HistoryPlan } from './plan-history.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SimBus } from './sim-bus.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { SimReader } from './sim-reader.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What a history is made of; everything in it shares one time and one chance. */
export interface SimWorld {
  plan: HistoryPlan;
  time: VirtualTime;
  random: SeededRandom;
  /** what is tested, or a version of it that is broken on purpose */
  parts: SimParts;
  bus: SimBus;
  cluster: SimCluster;
  /** the reader whose store is the event store that relays ask */
  eventStore: SimReader;
  /** event ids of which a buyer was told that they are in the log */
  acknowledged: Set<string>;
  /** how often a sale was stopped because its outbox seemed to contradict the log */
  stops: number;
  /** true when nothing goes wrong any more */
  isCalm(): boolean;
  /** says what happens, to whoever repeats a history */
  trace(text: () => string): void;
  /** a promise was broken: the history ends */
  fail(sentence: string): void;
}

/** Where a broken part can be put in. */
export interface SimParts {
  createRelayFold(): LogFold;
  createReaderFold(): LogFold;
  /** announces what the bus took, without reading it back */
  announcesOnSend: boolean;
  readsChildrenFirst: boolean;
  /** trims behind everything that was read from the outbox */
  trimsPastOpen: boolean;
  /** the API takes any announcement that came later for that of its own event */
  acknowledgesByPosition: boolean;
  /** moves its checkpoint although what was read could not be stored */
  losesBatches: boolean;
  /** sets events aside and lets their sale go on */
  suspendsNobody: boolean;
}
