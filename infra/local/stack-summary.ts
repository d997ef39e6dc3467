import type { StackService } from './stack-services.ts';

export type StackSummary = {
  services: readonly StackService[];
  urlOf: (name: string) => string;
  stack: { redisUrl: string; databaseUrl: string; kinesisEndpoint: string; adminToken: string };
  readyMs: number;
  folder: string;
};

const exampleSale = {
  name: 'Try it',
  currency: 'EUR',
  categories: [{ categoryId: 'standing', name: 'Standing', prices: { adult: 2500 } }],
  areas: [{ areaId: 'floor', name: 'Floor', kind: 'general', capacity: 100, categoryId: 'standing' }],
};

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
    'try, to put a sale of 100 tickets up:',
    '',
    `  curl -sX PUT ${urlOf('selling')}/admin/v1/sales/try-it ` +
      `-H 'authorization: Bearer ${stack.adminToken}' ` +
      `-H 'content-type: application/json' -d '${JSON.stringify(exampleSale)}'`,
    '',
    `All addresses and keys are in ${folder}/stack.json, logs in ${folder}/logs. Ctrl-C stops everything.`,
    '',
  ].join('\n');
}
