/**
 * docker-compose.yml and the Dockerfile cannot be run where there is no Docker engine; what can be checked of
 * them without one is checked here: every service is there and started by its own main.ts, its required
 * configuration is given and passes its schema, and what is copied or started exists.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'tap';
import { parse } from 'yaml';
import { LegacyConfig } from '../../services/legacy/config.ts';
import { CheckoutConfig } from '../../services/checkout/config.ts';
import { GatewayConfig } from '../../services/gateway/config.ts';
import { OperatorConfig } from '../../services/operator/config.ts';
import { ProjectorConfig } from '../../services/projector/config.ts';
import { RelayConfig } from '../../services/relay/config.ts';
import { SandboxConfig } from '../../services/sandbox/config.ts';
import { SellingConfig } from '../../services/selling/config.ts';
import { WorkerConfig } from '../../services/worker/config.ts';
import { loadConfig } from '../../services/shared/platform/config.ts';

interface ComposeService {
  command?: string[] | string;
  environment?: Record<string, string | number>;
  depends_on?: Record<string, unknown>;
  build?: { dockerfile: string; target: string };
}

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
const configs = {
  legacy: LegacyConfig,
  checkout: CheckoutConfig,
  gateway: GatewayConfig,
  operator: OperatorConfig,
  projector: ProjectorConfig,
  relay: RelayConfig,
  sandbox: SandboxConfig,
  selling: SellingConfig,
  worker: WorkerConfig,
};

/** `${NAME:-default}` as compose fills it in when nothing is set. */
function filled(environment: ComposeService['environment']): Record<string, string> {
  return Object.fromEntries(Object.entries(environment ?? {}).map(([name, value]) =>
    [name, String(value).replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1')]));
}

test('every service is in docker-compose.yml, with a configuration that it takes', async (t) => {
  const folders = readdirSync(new URL('services/', root))
    .filter((name) => existsSync(new URL(`services/${name}/main.ts`, root)));
  t.strictSame(folders.toSorted(), Object.keys(configs).toSorted());
  for (const [name, schema] of Object.entries(configs)) {
    const service = compose.services[name];
    t.strictSame(service?.command, [`services/${name}/main.ts`], `${name} is started by its main.ts`);
    t.doesNotThrow(() => loadConfig(schema, filled(service?.environment)), `${name} takes its environment`);
  }
});

test('what docker-compose.yml names exists', async (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    const [program] = Array.isArray(service.command) ? service.command : [];
    if (program !== undefined) t.ok(existsSync(new URL(program, root)), `${name}: ${program}`);
    for (const other of Object.keys(service.depends_on ?? {})) {
      t.ok(compose.services[other] !== undefined, `${name} depends on ${other}`);
    }
    if (service.build !== undefined) {
      const dockerfile = read(service.build.dockerfile);
      t.match(dockerfile, new RegExp(`^FROM .* AS ${service.build.target}$`, 'm'), `${name} has its stage`);
    }
  }
});

test('what the Dockerfile copies exists and passes .dockerignore', async (t) => {
  const allowed = read('.dockerignore').split('\n').filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copies = read('infra/docker/Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm);
  for (const path of [...copies].flatMap(([, paths]) => paths?.split(' ') ?? [])) {
    t.ok(existsSync(new URL(path, root)), `${path} exists`);
    t.ok(allowed.includes(path), `${path} is not ignored`);
  }
});
