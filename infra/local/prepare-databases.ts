import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Programs that migrate and seed and then end, in this order. */
const programs = [
  'services/legacy/prepare-main.ts', 'services/projector/prepare-main.ts', 'services/worker/prepare-main.ts',
  'services/sandbox/prepare-main.ts', 'services/gateway/prepare-main.ts',
];
/** Applied by those programs as well. */
const sharedMigrations = [
  'services/shared/platform/reader/migrations', 'services/shared/stream-outbox/migrations',
  'services/shared/routes/migrations',
];
const project = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Runs them; throws what the one that failed said.
 *
 * @param markerPath in the data of a PostgreSQL of our own: a file that notes from which state of the
 * services that database was prepared, so that the same state need not be prepared again (1.3 s of the
 * start); null for one that is given, which others may have changed
 */
export async function prepareDatabases(env: NodeJS.ProcessEnv, markerPath: string | null): Promise<void> {
  const state = sourceState();
  if (markerPath !== null && existsSync(markerPath) && readFileSync(markerPath, 'utf8') === state) return;
  for (const program of programs) {
    if (existsSync(join(project, program))) await runToEnd(join(project, program), env);
  }
  if (markerPath !== null) writeFileSync(markerPath, state);
}

/** Changes whenever a file of the services that prepare something changes: names, sizes and times. */
function sourceState(): string {
  const hash = createHash('sha256');
  for (const folder of [...programs.map((program) => join(program, '..')), ...sharedMigrations]) {
    const path = join(project, folder);
    if (!existsSync(path)) continue;
    for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()) {
      const { size, mtimeMs } = statSync(join(path, name));
      hash.update(`${folder} ${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function runToEnd(path: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(said.trim() || `${path} ended with code ${code}.`));
    });
  });
}
