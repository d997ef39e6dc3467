import { randomBytes } from 'node:crypto';
import type { ChainableCommander, Redis } from 'ioredis';
import { definitionOf } from '../shared/contracts/evolve-definition.ts';
import type { EventType } from '../shared/contracts/events.ts';
import type { FoldedSale, SaleState } from '../shared/contracts/folded-sale.ts';
import { partitionKeys, saleKeyList } from '../shared/contracts/keys.ts';
import { compileLayout } from '../shared/contracts/layout.ts';
import { packSale } from '../shared/contracts/pack-sale.ts';
import type { PackedSale } from '../shared/contracts/pack-sale.ts';
import { packDefinition, packRuns } from './pack-definition.ts';
import type { Stock } from './stock.ts';
import { REMEMBER_MS } from './sweeper.ts';

/** What was staged by somebody who died is gone after that; renaming comes long before. */
const STAGED_MS = 600_000;
/** Per command: keeps Redis answering others, and below what a reply buffer of the client holds. */
const VALUES_PER_COMMAND = 1_000;

export interface Restoring {
  partition: number;
  saleId: string;
  /** the state that Redis has the sale in; '' when it knows nothing of it */
  from: SaleState | '';
  to: SaleState;
  /** of the event that says so; its data is empty */
  type: EventType;
  context: string;
}

/**
 * Writes a folded sale into Redis: first under names of its own, part by part, then all at once by
 * lua/restore-sale.lua. Ended either way, nobody has ever seen a part of it; whoever repeats it begins anew.
 * Records of holds that ended more than a day ago are left out.
 *
 * @returns `ok`; `moved`: Redis has the sale in another state or at another event than the fold; `lapsed`:
 *   staging took so long that it began to go; `recovering`
 * @throws what packSale and Redis throw
 */
export async function restoreSale(
  { redis, stock }: { redis: Redis; stock: Stock },
  fold: FoldedSale,
  { partition, saleId, from, to, type, context }: Restoring,
): Promise<string> {
  const definition = definitionOf(fold);
  const layout = compileLayout(definition);
  const packed = packSale(fold, definition, layout);
  forget(packed, await redisNowMs(redis), definition.holdSecondsMax * 1000);
  const { segments, fields } = packDefinition(definition, layout);
  const { state: _, seq, head, epoch, ...more } = packed.sale;
  const runs = packRuns(layout, packed.seats);
  const own = saleKeyList(partition, saleId);
  const nonce = randomBytes(9).toString('base64url');
  const staged = own.slice(1).map((key) => `${key}:staged:${nonce}`);
  const isThere = await stageAll(redis, staged, { ...packed, runs, segments });
  const { sales, due } = partitionKeys(partition);
  const answer = String(await stock.call(partition, 'restore-sale', [sales, due, ...own, ...staged], [
    context, saleId, from, to, type, seq ?? '', head ?? '', epoch ?? '',
    isThere.map((there) => (there ? 1 : 0)).join(''),
    ...fields, ...Object.entries({ ...more, homes: /[^0]/.test(packed.homes) ? 1 : 0 }).flat(),
  ]));
  if (answer !== 'ok') await redis.unlink(...staged);
  return answer;
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

async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}
