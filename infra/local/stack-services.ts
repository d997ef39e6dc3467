import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type StackService = {
  /** Folder below `services/`. */
  name: string;
  /** Key in `.data/stack.json`. */
  key: string;
  /** What there is to see at its URL; empty: nothing for people. */
  shows: string;
  port: number;
  /** The variable that forces another. */
  portVariable: string;
  /**
   * Stopped in this order, those with the same number together: doors first, then what carries their events
   * on.
   */
  stopStep: number;
};

const known: readonly StackService[] = [
  { name: 'relay', key: 'relay', shows: '', port: 4500, portVariable: 'RELAY_PORT', stopStep: 2 },
  { name: 'projector', key: 'projector', shows: '', port: 4600, portVariable: 'PROJECTOR_PORT', stopStep: 2 },
  {
    name: 'worker',
    key: 'worker',
    shows: 'organiser webhooks, tickets at the door, jobs',
    port: 4650,
    portVariable: 'WORKER_PORT',
    stopStep: 2,
  },
  {
    name: 'sandbox',
    key: 'sandbox',
    shows: 'a payment provider to try things with',
    port: 4670,
    portVariable: 'SANDBOX_PORT',
    stopStep: 2,
  },
  {
    name: 'selling',
    key: 'selling',
    shows: 'API of the sales; its reference at /docs',
    port: 4100,
    portVariable: 'SELLING_PORT',
    stopStep: 1,
  },
  {
    name: 'operator',
    key: 'operator',
    shows: 'log of a sale',
    port: 4400,
    portVariable: 'OPERATOR_PORT',
    stopStep: 1,
  },
  {
    name: 'legacy',
    key: 'cms',
    shows: 'CMS of the legacy application',
    port: 4300,
    portVariable: 'LEGACY_PORT',
    stopStep: 1,
  },
  {
    name: 'gateway',
    key: 'gateway',
    shows: 'the API of the buyers: each show to legacy or to selling',
    port: 4000,
    portVariable: 'GATEWAY_PORT',
    stopStep: 1,
  },
  {
    name: 'checkout',
    key: 'checkout',
    shows: 'pages of the buyers',
    port: 4200,
    portVariable: 'CHECKOUT_PORT',
    stopStep: 1,
  },
];

/** The services in the order in which they are started: those whose `main.ts` exists. */
export function stackServices(): StackService[] {
  return known.filter(({ name }) => existsSync(serviceMain(name)));
}

/** The program of a service. */
export function serviceMain(name: string): string {
  return fileURLToPath(new URL(`../../services/${name}/main.ts`, import.meta.url));
}
