import type { StackService } from './stack-services.ts';

export type StackSummary = {
  services: readonly StackService[];
  urlOf: (name: string) => string;
  stack: { redisUrl: string; databaseUrl: string; kinesisEndpoint: string; checkoutKey: string };
  readyMs: number;
  folder: string;
};

const exampleHold = { buyerId: 'me', items: [{ areaId: 'main-floor', quantity: 2 }] };

/** What the terminal shows when all is ready: a table of what to open and one line to try. */
export function stackSummary({ services, urlOf, stack, readyMs, folder }: StackSummary): string {
  const rows = [
    ...services.filter(({ shows }) => shows !== '').map(({ name, shows }) => [name, urlOf(name), shows]),
    ...services
      .filter(({ shows }) => shows === '')
      .map(({ name }) => [name, `${urlOf(name)}/metrics`, 'metrics']),
    ['redis', stack.redisUrl, ''],
    ['postgres', stack.databaseUrl, ''],
    ['kinesis', stack.kinesisEndpoint, ''],
  ];
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const table = rows.map(([name = '', url = '', shows = '']) =>
    `  ${name.padEnd(width(0))}  ${url.padEnd(width(1))}  ${shows}`.trimEnd(),
  );
  return [
    '',
    `ready after ${(readyMs / 1000).toFixed(1)} s`,
    '',
    ...table,
    '',
    'try, to hold two tickets:',
    '',
    `  curl -s ${urlOf('selling')}/v1/sales/warehouse-night/holds `
      + `-H 'authorization: Bearer ${stack.checkoutKey}' -H 'content-type: application/json' `
      + `-H 'idempotency-key: my-first-hold' -d '${JSON.stringify(exampleHold)}'`,
    '',
    `All addresses and keys are in ${folder}/stack.json, logs in ${folder}/logs. Ctrl-C stops everything.`,
    '',
  ].join('\n');
}
