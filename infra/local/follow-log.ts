/**
 * Shows what matters of a service's log file on the terminal: warnings, errors, and lines that are no JSON
 * (a crash). The service writes the file itself, so that neither of us can hold the other up.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

const everyMs = 250;
const readBytesMax = 256 * 1024;
/** Per service and look; the rest is counted only. */
const shownMax = 5;
const warnLevel = 40;

export type LogFollower = { stop(): void };

/** Follows from the file's present end. */
export function followLog(name: string, path: string, show: (line: string) => void): LogFollower {
  let position = statSync(path).size;
  let rest = '';
  const look = (): void => {
    const { text, end } = readFrom(path, position);
    position = end;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    const worth = lines.map(worthShowing).filter((line) => line !== undefined);
    for (const line of worth.slice(0, shownMax)) show(`${name}: ${line}`);
    if (worth.length > shownMax) show(`${name}: ${worth.length - shownMax} more lines like these in ${path}`);
  };
  const timer = setInterval(look, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      look();
    },
  };
}

function readFrom(path: string, position: number): { text: string; end: number } {
  // Somebody may have removed the file; the service goes on writing to what has no name any more.
  if (!existsSync(path)) return { text: '', end: 0 };
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(readBytesMax);
    const count = readSync(file, buffer, 0, readBytesMax, position);
    return { text: buffer.toString('utf8', 0, count), end: position + count };
  } finally {
    closeSync(file);
  }
}

function worthShowing(line: string): string | undefined {
  if (line.trim() === '') return undefined;
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level?: number;
      msg?: string;
      err?: { message?: string };
    };
    if (level === undefined || level < warnLevel) return undefined;
    return [msg, err?.message].filter((part) => part !== undefined).join(': ');
  } catch {
    return line;
  }
}
