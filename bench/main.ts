/**
 * `npm run bench -- NAME`: measures one scenario, or all without a name, and writes bench/results/latest/.
 * Exits 1 with one sentence for an unknown name, before anything is started, and when a scenario fails.
 */
import { openLab } from './open-lab.ts';
import { describeMachine } from './report/describe-machine.ts';
import { formatTable } from './report/format-table.ts';
import { writeResult } from './report/write-result.ts';
import type { Scenario } from './scenario.ts';
import { ack } from './scenarios/ack.ts';
import { baselines } from './scenarios/baselines.ts';
import { cms } from './scenarios/cms.ts';
import { compression } from './scenarios/compression.ts';
import { engine, engineOneCore } from './scenarios/engine.ts';
import { gateway } from './scenarios/gateway.ts';
import { httpHold } from './scenarios/http-hold.ts';
import { recovery } from './scenarios/recovery.ts';
import { lag } from './scenarios/lag.ts';
import { orders } from './scenarios/orders.ts';
import { ordersSandbox } from './scenarios/orders-sandbox.ts';
import { projector } from './scenarios/projector.ts';
import { relay } from './scenarios/relay.ts';
import { seated } from './scenarios/seated.ts';
import { watchers } from './scenarios/watchers.ts';

const scenarios: Scenario[] = [
  engine, engineOneCore, seated, httpHold, gateway, baselines, watchers, relay, ack, recovery, compression,
  projector, lag, cms, orders, ordersSandbox,
];

const names = process.argv.slice(2);
const unknown = names.find((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown === undefined) {
  const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const scenario of chosen) if (process.exitCode === undefined) await measure(scenario);
} else {
  process.exitCode = 1;
  process.stderr.write(`There is no benchmark ${unknown}; there are:\n`);
  for (const { name, summary } of scenarios) process.stderr.write(`  ${name.padEnd(16)} ${summary}\n`);
}

async function measure(scenario: Scenario): Promise<void> {
  const startedAt = new Date();
  const machine = describeMachine();
  const lab = openLab();
  const stop = (): void => {
    process.exitCode = 130;
    void lab.stop();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    say(`${scenario.name}: ${scenario.summary}`);
    const findings = await scenario.run(lab, say);
    const paths = writeResult(scenario, startedAt, machine, findings);
    say(`\n${formatTable(findings.table)}\n`);
    for (const path of paths) say(path);
  } catch (error) {
    process.exitCode ??= 1;
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${scenario.name} failed: ${why}\n`);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    await lab.stop();
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
