import { fileURLToPath } from 'node:url';
import { FIRST_SALES } from './open-first-sales.ts';
import type { Secrets } from './load-secrets.ts';
import type { ServerUrls } from './start-servers.ts';

export type StackEnvOptions = {
  /** Of `npm start`: what is set there wins. */
  given: NodeJS.ProcessEnv;
  secrets: Secrets;
  servers: ServerUrls;
  urlOf: (service: string) => string;
  /** Where mails are put unless there is an SMTP_URL. */
  mailFolder: string;
};

/** Where Node keeps compiled code between runs. */
export const compileCacheFolder = fileURLToPath(new URL('../../.cache/compile', import.meta.url));

/** The environment of all services; .env.example explains each variable. */
export function stackEnv({ given, secrets, servers, urlOf, mailFolder }: StackEnvOptions): NodeJS.ProcessEnv {
  const defaults = {
    KINESIS_STREAM: 'onsale',
    KINESIS_SHARDS: '4',
    AWS_REGION: 'eu-west-1',
    // The emulator takes any; with a KINESIS_ENDPOINT of one's own one gives one's own.
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    // Halves the processor time of a service's start from the second on (selling: 0.58 to 0.25 s).
    NODE_COMPILE_CACHE: compileCacheFolder,
    LOG_LEVEL: 'info',
    // On one machine all buyers of a load test have one address.
    SESSIONS_PER_MINUTE_MAX: '60000',
    PARTITIONS: '64',
    CHECKOUT_KEY: secrets.checkoutKey,
    ADMIN_CREDENTIALS: `local:admin:${secrets.adminToken}`,
    ID_SECRET: secrets.idSecret,
    SESSION_SECRET: secrets.sessionSecret,
    PASS_SECRET: secrets.passSecret,
    CONTACT_KEY: secrets.contactKey,
    CERTIFICATE_KEY: secrets.certificateKey,
    WEBHOOK_SECRET: secrets.webhookSecret,
    TICKET_KEYS: secrets.ticketKey,
    DOOR_KEY: secrets.doorKey,
    SANDBOX_KEY: secrets.sandboxKey,
    SANDBOX_WEBHOOK_SECRET: webhookSecretOf(secrets.sandboxWebhookKey),
    HANDOVER_KEY: secrets.handoverKey,
    HANDOVER_WEBHOOK_SECRET: webhookSecretOf(secrets.handoverWebhookKey),
    SANDBOX_DATABASE_URL: servers.databaseUrl,
    MAIL_FOLDER: mailFolder,
    // Receivers on this machine, to try it.
    WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8,::1/128',
    EVENT_STORE_URL: servers.databaseUrl,
    SHOWS: FIRST_SALES.join(','),
  };
  const set = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && value !== ''),
  );
  const credentials = set['ADMIN_CREDENTIALS'] ?? defaults.ADMIN_CREDENTIALS;
  const sellingToken = set['SELLING_TOKEN'] ?? adminTokenOf(credentials);
  const logToken = set['LOG_TOKEN'] ?? adminTokenOf(credentials);
  return {
    ...defaults,
    ...set,
    ...logToken !== undefined && { LOG_TOKEN: logToken, LOG_URL: urlOf('operator') },
    ...sellingToken !== undefined && { SELLING_TOKEN: sellingToken },
    HOST: '127.0.0.1',
    REDIS_URL: servers.redisUrl,
    DATABASE_URL: servers.databaseUrl,
    KINESIS_ENDPOINT: servers.kinesisEndpoint,
    SELLING_URL: urlOf('selling'),
    LEGACY_URL: urlOf('legacy'),
    GATEWAY_URL: urlOf('gateway'),
    SANDBOX_URL: urlOf('sandbox'),
    HANDOVER_URL: `${urlOf('legacy')}/handover`,
    PAYMENT_WEBHOOKS_URL: urlOf('selling'),
    CHECKOUT_URL: urlOf('checkout'),
  };
}

/** As Standard Webhooks writes it. */
function webhookSecretOf(key: string): string {
  return `whsec_${Buffer.from(key, 'base64url').toString('base64')}`;
}

/**
 * The token of the first credential with the role admin in `name:role:token,…`; undefined when there is
 * none.
 */
export function adminTokenOf(credentials: string | undefined): string | undefined {
  const admin = credentials?.split(',').find((credential) => credential.split(':')[1] === 'admin');
  return admin?.split(':').slice(2).join(':');
}
