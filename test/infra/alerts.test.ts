/** An alert on a metric that nobody measures never fires, and nobody would know. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { register } from 'prom-client';
import t from 'tap';
import { parse } from 'yaml';
import { createGatewayMetrics } from '../../services/gateway/gateway-metrics.ts';
import { createProjectorMetrics } from '../../services/projector/projector-metrics.ts';
import { createRelayMetrics } from '../../services/relay/relay-metrics.ts';
import { createWorkerMetrics } from '../../services/worker/worker-metrics.ts';

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook: string };
}

const root = new URL('../../', import.meta.url);
const folder = new URL('infra/alerts/', root);
const rules = readdirSync(folder).flatMap((file) => {
  const { groups } = parse(readFileSync(new URL(file, folder), 'utf8')) as
    { groups: { name: string; rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
});

createRelayMetrics(
  { entries: () => 0, waiting: () => 0, standing: async () => ({ fullestBytes: 0, oldestAtMs: undefined }) },
  { own: () => 0, free: () => 0, live: () => 1 },
);
createProjectorMetrics();
createWorkerMetrics();
createGatewayMetrics({}, { readAtMs: () => undefined });
const metrics = await register.getMetricsAsJSON();

t.test('every alert is on metrics that exist, and says where to read on', async (t) => {
  // As Prometheus sees them: a histogram is three series.
  const names = new Set(metrics.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name]));
  t.ok(rules.length > 8);
  for (const { alert, expr, labels, annotations, for: lasting } of rules) {
    const asked = expr.match(/\bonsale_\w+/g) ?? [];
    t.ok(asked.length > 0, `${alert} asks for something of ours`);
    t.same(asked.filter((name) => !names.has(name)), [], `${alert} asks for what is measured`);
    t.equal([...expr].filter((c) => c === '(').length, [...expr].filter((c) => c === ')').length, alert);
    t.match(labels.severity, /^(page|ticket)$/, alert);
    t.match(lasting ?? '1m', /^\d+[sm]$/, alert);
    t.ok(annotations.summary && annotations.description, alert);
    t.ok(existsSync(new URL(annotations.runbook, root)), `${alert}: ${annotations.runbook}`);
  }
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length, 'each name once');
});

t.test('what says of itself that it is for an alarm has one', async (t) => {
  const wanted = metrics.filter(({ help }) => /\balarm\b/.test(help)).map(({ name }) => name);
  t.ok(wanted.length >= 6);
  for (const name of wanted) t.ok(rules.some(({ expr }) => expr.includes(name)), name);
});
