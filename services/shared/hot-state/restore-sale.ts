import { randomBytes } from 'node:crypto';
import type { ChainableCommander, Redis } from 'ioredis';
import { definitionOf } from '../contracts/evolve-definition.ts';
import type { EventType } from '../contracts/events.ts';
import type { FoldedSale, SaleState } from '../contracts/folded-sale.ts';
import { partitionKeys, saleKeyList, saleKeys } from '../contracts/keys.ts';
import { compileLayout } from '../contracts/layout.ts';
import { packSale } from '../contracts/pack-sale.ts';
import type { PackedSale } from '../contracts/pack-sale.ts';
import type { ScriptArg } from '../platform/scripts.ts';
import { packDefinition, packRuns } from './pack-definition.ts';
import { redisNowMs } from './redis-now-ms.ts';
import { summarize } from './summarize.ts';

/** What was staged by somebody who died is gone after that; renaming comes long before. */
const STAGED_MS = 600_000;
/** Per command: keeps Redis answering others, and below what a reply buffer of the client holds. */
const VALUES_PER_COMMAND = 1_000;
/** How long records of ended holds are kept for repeats. */
export const REMEMBER_MS = 24 * 3_600_000;

/**
 * Calls a script that changes sales: its KEYS begin with generation, outbox and standing, its ARGV with
 * generation and nonce; `keys` and `args` are what follows.
 */
export interface StockCaller {
  call(partition: number, name: string, keys: string[], args: ScriptArg[]): Promise<unknown>;
}

export interface Restoring {
  partition: number;
  saleId: string;
  /** the state that Redis has the sale in; '' when it knows nothing of it */
  from: SaleState | '';
  /** from `recovering`: what `{pNN}:suspended` says of the sale; somebody else's recovery is not undone */
  since?: string;
  to: SaleState;
  /** of the event that says so; '' for none */
  type: EventType | '';
  data?: object;
  context: string;
}

export interface RestoreParts {
  redis: Redis;
  stock: StockCaller;
}

/**
 * Writes a folded sale into Redis: first under names of its own, part by part, then all at once by
 * lua/restore-sale.lua. Ended either way, nobody has ever seen a part of it; whoever repeats it begins anew.
 * Records of holds that ended more than a day ago are left out. The fold is the sale as it shall be, with the
 * head and seq that the log has: the event comes on top.
 *
 * @returns `ok`; `moved`: Redis has the sale in another state or at another event than the fold; `lapsed`:
 *   staging took so long that it began to go; `recovering`
 * @throws what packSale and Redis throw
 */
export async function restoreSale(
  parts: RestoreParts,
  fold: FoldedSale,
  restoring: Restoring,
): Promise<string> {
  const { redis } = parts;
  const definition = definitionOf(fold);
  const layout = compileLayout(definition);
  const packed = packSale(fold, definition, layout);
  forget(packed, await redisNowMs(redis), definition.holdSecondsMax * 1000);
  const { segments, fields } = packDefinition(definition, layout);
  const { state: _, seq: _seq, head: _head, epoch: _epoch, ...more } = packed.sale;
  const runs = packRuns(layout, packed.seats);
  const staged = stagedKeys(restoring);
  const isThere = await stageAll(redis, staged, { ...packed, runs, segments });
  const answer = await swap(parts, fold, restoring, { staged, isThere, fields: [
    ...fields, ...Object.entries({ ...more, homes: /[^0]/.test(packed.homes) ? 1 : 0 }).flat(),
  ] });
  if (answer !== 'ok') await redis.unlink(...staged);
  return answer;
}

/**
 * As `restoreSale`, of an archived sale: all that Redis keeps of it is where its log ends and a summary. The
 * fold needs to know the definition, without seats, and the head.
 */
export async function restoreArchived(
  parts: RestoreParts,
  fold: FoldedSale,
  restoring: Omit<Restoring, 'to' | 'type'>,
): Promise<string> {
  const definition = definitionOf(fold);
  return swap(parts, fold, { ...restoring, to: 'archived', type: '' }, {
    staged: stagedKeys(restoring), isThere: [],
    fields: ['version', definition.version, 'summary', summarize(definition)],
  });
}

/** As `restoreSale`, of a recovering sale of which the log has nothing: it never was, and goes. */
export async function dropSale(
  parts: RestoreParts,
  fold: FoldedSale,
  restoring: Omit<Restoring, 'to' | 'type'>,
): Promise<string> {
  return swap(parts, fold, { ...restoring, to: '', type: '' }, {
    staged: stagedKeys(restoring), isThere: [], fields: [],
  });
}

function stagedKeys({ partition, saleId }: Pick<Restoring, 'partition' | 'saleId'>): string[] {
  const nonce = randomBytes(9).toString('base64url');
  return saleKeyList(partition, saleId).slice(1).map((key) => `${key}:staged:${nonce}`);
}

async function swap(
  { stock }: RestoreParts,
  { head, epoch }: FoldedSale,
  restoring: Omit<Restoring, 'to'> & { to: SaleState | '' },
  { staged, isThere, fields }: { staged: string[]; isThere: boolean[]; fields: (string | number)[] },
): Promise<string> {
  const { partition, saleId, from, since = '', to, type, data = {}, context } = restoring;
  const { sales, due, suspended, accepted, unconfirmed } = partitionKeys(partition);
  const { contradicted } = saleKeys(partition, saleId);
  return String(await stock.call(partition, 'restore-sale', [
    sales, due, suspended, accepted, unconfirmed, contradicted, ...saleKeyList(partition, saleId), ...staged,
  ], [
    context, saleId, from, since, to, type, JSON.stringify(data), head.seq, head.id, epoch,
    staged.map((_, i) => (isThere[i] === true ? 1 : 0)).join(''), ...fields,
  ]));
}

/** Leaves out what lua/forget-holds.lua would have forgotten by now: old records, and who is only history. */
function forget(packed: PackedSale, nowMs: number, holdMaxMs: number): void {
  const { holds, buyers } = packed;
  packed.ended = packed.ended.filter((id) => {
    const record = holds[id] ?? '';
    const isKept = Number(record.slice(record.lastIndexOf('\t') + 1)) >= nowMs - REMEMBER_MS;
    if (!isKept) delete holds[id];
    return isKept;
  });
  const known = new Set(Object.values(holds).map((record) => record.split('\t')[2]));
  for (const [buyerId, text] of Object.entries(buyers)) {
    const [tickets, live, , , coolUntilMs = 0, returned = ''] = text.split(' ');
    const caps = Array.from(returned.matchAll(/@(\d+)/g), ([, capMs]) => Number(capMs) + holdMaxMs);
    const isHistory = tickets === '0' && live === '0' && Math.max(Number(coolUntilMs), ...caps) <= nowMs;
    if (isHistory && !known.has(buyerId)) delete buyers[buyerId];
  }
}

type Staged = PackedSale & { runs: Buffer; segments: Buffer };

/** Stages the keys of a sale behind the first, in the order of saleKeyList; says which there are. */
async function stageAll(redis: Redis, keys: string[], packed: Staged): Promise<boolean[]> {
  const { definition, areas, seats, homes, runs, segments } = packed;
  const { holds, expiry, ended, buyers, orders, codes } = packed;
  const text = (value: string | Buffer) => async (key: string) => {
    // A sale without seats has these keys as well, and they are empty.
    await inOneStep(redis, key, (step) => step.set(key, value));
    return true;
  };
  type Add = (step: ChainableCommander, key: string, part: string[]) => void;
  const list = (values: (string | number)[], add: Add) =>
    async (key: string) => {
      for (let i = 0; i < values.length; i += VALUES_PER_COMMAND) {
        const part = values.slice(i, i + VALUES_PER_COMMAND).map(String);
        await inOneStep(redis, key, (step) => add(step, key, part));
      }
      return values.length > 0;
    };
  const hash = (fields: Record<string, string>) =>
    list(Object.entries(fields).flat(), (step, key, part) => step.hset(key, ...part));
  const parts = [
    text(definition), hash(areas), text(seats), text(homes), text(runs), text(segments), hash(holds),
    list(expiry.flatMap(({ member, expiresAtMs }) => [expiresAtMs, member]),
      (step, key, part) => step.zadd(key, ...part)),
    list(ended, (step, key, part) => step.rpush(key, ...part)),
    hash(buyers), hash(orders), hash(codes),
  ];
  const isThere: boolean[] = [];
  for (const [i, stage] of parts.entries()) isThere.push(await stage(keys[i] ?? ''));
  return isThere;
}

/** Writes, and in the same step says when it lapses: there is never a staged key that stays. */
async function inOneStep(
  redis: Redis,
  key: string,
  write: (step: ChainableCommander) => void,
): Promise<void> {
  const step = redis.multi();
  write(step);
  for (const [error] of await step.pexpire(key, STAGED_MS).exec() ?? []) if (error) throw error;
}
