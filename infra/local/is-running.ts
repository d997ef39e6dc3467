import { existsSync, readFileSync } from 'node:fs';

/**
 * Whether a process exists (and is no zombie); with `program`, whether its command line contains that
 * text, since process ids are used again. Where the command line cannot be read the id alone decides.
 */
export function isRunning(pid: number, program?: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (!existsSync('/proc/self/cmdline')) return true;
  try {
    // A zombie has an empty command line: it is dead, only nobody has asked for its exit code yet.
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return commandLine !== '' && (program === undefined || commandLine.includes(program));
  } catch {
    return false;
  }
}
