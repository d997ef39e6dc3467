import { createSecrets } from '../open-lab.ts';
import type { Lab, LabServer } from '../open-lab.ts';
import { awaitReady, busEnv } from './bus-services.ts';
import { createDatabase } from './projected-database.ts';

/** Selling beside the legacy application, with all that lies between the two. */
export interface Company {
  redisUrl: string;
  databaseUrl: string;
  selling: LabServer;
  cms: LabServer;
  adminToken: string;
  checkoutKey: string;
  idSecret: string;
}

export const COMPANY_PARTITIONS = 64;
const SHARDS = 4;

/** Starts one process of each: selling, relay, projector, legacy. */
export async function openCompany(lab: Lab): Promise<Company> {
  const { url: redisUrl } = await lab.bareRedis('shared');
  const databaseUrl = await createDatabase(lab, 'company');
  const endpoint = await lab.kinesisUrl();
  const { adminToken, ...secrets } = createSecrets();
  const env = {
    ...busEnv({ redisUrl, endpoint, streamName: 'company', shards: SHARDS, partitions: COMPANY_PARTITIONS }),
    ...secrets, DATABASE_URL: databaseUrl, CONFIRM_WAIT_MS: '10000',
  };
  const [relay, projector, cms] = await Promise.all([
    lab.startServer('relay', env), lab.startServer('projector', env), lab.startServer('legacy', env),
  ]);
  await Promise.all([awaitReady(relay.url), awaitReady(projector.url)]);
  const selling = await lab.startServer('selling', env);
  const { CHECKOUT_KEY: checkoutKey, ID_SECRET: idSecret } = secrets;
  return { redisUrl, databaseUrl, selling, cms, adminToken, checkoutKey, idSecret };
}
