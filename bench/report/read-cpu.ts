import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, whatever its kernel's tick. */
const TICK_MS = 10;

/** CPU time a process has used so far, all its threads; undefined where there is no /proc. */
export function readCpuMs(pid: number): number | undefined {
  try {
    // The name in brackets may hold blanks; after it: state is field 0, utime 11, stime 12.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}

/**
 * CPU time in µs that the main thread of a process has used so far, to the nanosecond and not to a tick;
 * undefined where there is no /proc. All of Redis' commands and scripts run in that thread.
 */
export function readThreadCpuUs(pid: number): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1000;
  } catch {
    return undefined;
  }
}
