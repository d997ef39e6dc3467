/**
 * Gets a Redis server for machines that have none: Debian's package as root, else the same package
 * unpacked into `.cache/redis` (no root needed), else Homebrew. Throws one sentence when none of them is
 * possible.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findRedis, redisCacheFolder } from './find-redis.mjs';

const aptMs = 180_000;
/**
 * What the server of Debian and Ubuntu needs beside the C library; a release may lack one or have it built
 * in.
 */
const debianPackages = ['redis-server', 'redis-tools'];
const debianLibraries = [
  'libjemalloc2',
  'liblzf1',
  'libatomic1',
  'liblua5.1-0',
  'libhiredis0.14',
  'libhiredis1.1.0',
];

/** @param {(sentence: string) => void} say */
export async function installRedis(say) {
  if (has('apt-get')) {
    if (process.getuid?.() === 0) {
      say('installing redis-server with apt-get …');
      if (installPackage()) return;
    }
    say('unpacking redis-server into .cache/redis …');
    if (unpackPackages()) return;
  }
  if (has('brew')) {
    say('installing redis with Homebrew …');
    if (run('brew', ['install', 'redis'])) return;
  }
  throw new Error(
    'No Redis was found or could be installed: install redis-server (or valkey-server), or set REDIS_URL.',
  );
}

function installPackage() {
  // RUNLEVEL=1: the package's own server on port 6379 is not wanted.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const args = ['install', '-y', '--no-install-recommends', 'redis-server'];
  return (
    (run('apt-get', args, { env }) ||
      (run('apt-get', ['update'], { env }) && run('apt-get', args, { env }))) &&
    findRedis() !== null
  );
}

/** With lists of our own: without root apt can neither write the system's nor rely on their being there. */
function unpackPackages() {
  const apt = join(redisCacheFolder, '../apt');
  const folders = [join(apt, 'lists/partial'), join(apt, 'cache/archives/partial'), join(apt, 'packages')];
  for (const folder of [redisCacheFolder, ...folders]) mkdirSync(folder, { recursive: true });
  const options = [
    '-o',
    `Dir::State::Lists=${join(apt, 'lists')}`,
    '-o',
    `Dir::Cache=${join(apt, 'cache')}`,
    '-o',
    'APT::Sandbox::User=',
  ];
  const cwd = join(apt, 'packages');
  if (!run('apt-get', [...options, 'update'])) return false;
  if (!run('apt-get', [...options, 'download', ...debianPackages], { cwd })) return false;
  for (const library of debianLibraries) run('apt-get', [...options, 'download', library], { cwd });
  for (const name of readdirSync(cwd)) run('dpkg', ['-x', name, redisCacheFolder], { cwd });
  rmSync(apt, { recursive: true, force: true });
  const redis = findRedis();
  const works = redis !== null && run(redis.path, ['--version'], { env: { ...process.env, ...redis.env } });
  if (!works) rmSync(redisCacheFolder, { recursive: true, force: true });
  return works;
}

function has(command) {
  return run('sh', ['-c', `command -v ${command}`]);
}

/** Whether the command ended well; what it printed is not shown. */
function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: aptMs, ...options }).status === 0;
}
