import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Programs that migrate and seed and then end, in this order. */
const programs = ['services/legacy/prepare-main.ts', 'services/projector/prepare-main.ts'];

/** Runs them; throws what the one that failed said. With nothing to do they take a fraction of a second. */
export async function prepareDatabases(env: NodeJS.ProcessEnv): Promise<void> {
  for (const program of programs) {
    const path = fileURLToPath(new URL(`../../${program}`, import.meta.url));
    if (existsSync(path)) await runToEnd(path, env);
  }
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
