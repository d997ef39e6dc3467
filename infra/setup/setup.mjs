/**
 * The set-up that `npm start`, `npm test` and the others run first, on a bare clone too: dependencies, the
 * test runner's build, a Redis. Plain JavaScript without dependencies, for any Node from 20.
 *
 * Guarantees: when nothing is missing it does nothing, in a few milliseconds; what it does, it says, with
 * how far it is; two of them at once in one folder wait for each other. When something cannot be had it
 * says in one sentence what to do and exits 1. It changes nothing outside this folder, except that as root
 * on Debian it installs the package redis-server.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findRedis } from './find-redis.mjs';
import { installRedis } from './install-redis.mjs';

const project = fileURLToPath(new URL('../../', import.meta.url));
const markerPath = join(project, 'node_modules/.onsale-set-up');
const nodeMajorMin = 20;

try {
  await setUp();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function setUp() {
  if (Number(process.versions.node.split('.')[0]) < nodeMajorMin) {
    throw new Error(
      `Node ${process.versions.node} is too old for the set-up: install Node ${nodeMajorMin} or later.`,
    );
  }
  const needsRedis = !process.env.REDIS_URL && findRedis() === null;
  if (process.env.ONSALE_REDIS_SERVER && needsRedis) {
    throw new Error(
      `ONSALE_REDIS_SERVER names ${process.env.ONSALE_REDIS_SERVER}, which is not there: correct it.`,
    );
  }
  if (isMarked() && !needsRedis) return;
  await alone(async () => {
    if (!isMarked()) {
      if (!isInstalled()) await installDependencies();
      await buildTestRunner();
      writeFileSync(markerPath, fingerprint());
    }
    if (needsRedis && findRedis() === null) await installRedis(say);
  });
  say('set-up is complete');
}

function say(sentence) {
  process.stdout.write(`set-up: ${sentence}\n`);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const name of ['package-lock.json', '.taprc']) hash.update(readFileSync(join(project, name)));
  return hash.digest('hex');
}

function isMarked() {
  return existsSync(markerPath) && readFileSync(markerPath, 'utf8') === fingerprint();
}

/** Whether npm itself noted every package that the lockfile asks for: an `npm install` by hand counts too. */
function isInstalled() {
  const notedPath = join(project, 'node_modules/.package-lock.json');
  if (!existsSync(notedPath)) return false;
  const noted = JSON.parse(readFileSync(notedPath, 'utf8')).packages;
  return wantedPackages().every(
    ([path, { version, optional }]) => optional || noted[path]?.version === version,
  );
}

function wantedPackages() {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  return Object.entries(packages).filter(([path]) => path !== '');
}

async function installDependencies() {
  const wanted = wantedPackages()
    .filter(([, { optional }]) => !optional)
    .map(([path]) => join(project, path));
  say(`installing ${wanted.length} packages with npm, about a minute …`);
  const progress = setInterval(() => {
    const count = wanted.filter((path) => existsSync(join(path, 'package.json'))).length;
    say(`… ${count} of ${wanted.length} packages`);
  }, 10_000);
  // The time limit per request: without it one install hung for nine minutes. The log level hides npm's
  // warnings that Node 20 is too old for some packages: those run under the Node 24 that is being installed.
  const args = [
    'ci',
    '--include=dev',
    '--fetch-timeout=20000',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
  ];
  const [command, first] = npmCommand();
  const code = await run(command, [...first, ...args]).finally(() => clearInterval(progress));
  if (code !== 0)
    throw new Error('npm could not install the packages (see above): check the network and start again.');
}

/** The npm that runs us, under the Node that runs it: the one in node_modules is about to be replaced. */
function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  return npm?.endsWith('.js') && node && existsSync(npm) ? [node, [npm]] : ['npm', []];
}

/**
 * tap generates its `Test` class from .taprc's plugins; the default build has the TypeScript loader we
 * cannot use.
 */
async function buildTestRunner() {
  say('building the test runner …');
  const code = await run(join(project, 'node_modules/.bin/tap'), ['build']);
  if (code !== 0) throw new Error('The test runner could not be built: remove node_modules and start again.');
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: project, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}.`)));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** One set-up at a time in this folder; a lock whose owner is gone is taken over. */
async function alone(work) {
  const lockPath = join(project, '.cache/set-up.lock');
  mkdirSync(join(project, '.cache'), { recursive: true });
  let told = false;
  while (!tryLock(lockPath)) {
    if (!told) say('waiting for another set-up of this folder …');
    told = true;
    await sleep(300);
  }
  try {
    await work();
  } finally {
    rmSync(lockPath, { force: true });
  }
}

function tryLock(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST')
      throw new Error(`${path} cannot be written (${error.code}): make this folder writable.`);
  }
  const owner = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  if (owner > 0 && !isRunning(owner)) rmSync(path, { force: true });
  return false;
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
