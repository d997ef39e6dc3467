import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Findings, Scenario } from '../scenario.ts';
import { describeCommit, describeVersions } from './describe-machine.ts';
import type { Machine } from './describe-machine.ts';
import { drawChart } from './draw-chart.ts';

const FOLDER = new URL('../results/latest/', import.meta.url);

/** Writes NAME.json and NAME.svg of a scenario; gives their paths. */
export function writeResult(
  { name }: Scenario,
  startedAt: Date,
  machine: Machine,
  { conditions, results, chart }: Findings,
): string[] {
  mkdirSync(FOLDER, { recursive: true });
  const record = {
    name,
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    machine,
    versions: describeVersions(),
    commit: describeCommit() ?? null,
    command: `npm run bench -- ${name}`,
    conditions,
    results,
  };
  const files = [
    { file: `${name}.json`, text: `${JSON.stringify(record, null, 2)}\n` },
    { file: `${name}.svg`, text: drawChart(chart) },
  ];
  return files.map(({ file, text }) => {
    const url = new URL(file, FOLDER);
    writeFileSync(url, text);
    return fileURLToPath(url);
  });
}
