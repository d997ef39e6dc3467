import { openHostedProvider } from './hosted-provider.ts';
import { openOfflineProvider } from './offline-provider.ts';
import type { PaymentProvider } from './provider.ts';
import { openStripeProvider } from './stripe-provider.ts';

/** What of a service's configuration is about providers; .env.example explains each. */
export interface ProvidersConfig {
  SANDBOX_URL?: string;
  SANDBOX_KEY?: string;
  SANDBOX_WEBHOOK_SECRET?: string;
  HANDOVER_URL?: string;
  HANDOVER_KEY?: string;
  HANDOVER_WEBHOOK_SECRET?: string;
  STRIPE_KEY?: string;
  STRIPE_WEBHOOK_SECRET?: string;
  STRIPE_API_URL?: string;
  /** whether one can pay at the box office */
  OFFLINE_PAYMENTS: boolean;
  /** the selling API as providers reach it */
  PAYMENT_WEBHOOKS_URL?: string;
  /** of one request to a provider */
  PAYMENT_TIMEOUT_MS: number;
}

/** The providers that are configured. Throws a sentence when what belongs together is not set together. */
export function openProviders(config: ProvidersConfig): PaymentProvider[] {
  const { OFFLINE_PAYMENTS: isOffline } = config;
  const offline = isOffline ? openOfflineProvider() : undefined;
  return [sandboxOf(config), stripeOf(config), handoverOf(config), offline]
    .filter((one) => one !== undefined);
}

function stripeOf(config: ProvidersConfig): PaymentProvider | undefined {
  const { STRIPE_KEY: key, STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_URL: url } = config;
  if (key === undefined && webhookSecret === undefined) return undefined;
  if (key === undefined || webhookSecret === undefined) {
    throw new Error('STRIPE_KEY and STRIPE_WEBHOOK_SECRET are set together');
  }
  const timeoutMs = config.PAYMENT_TIMEOUT_MS;
  return openStripeProvider({ key, webhookSecret, timeoutMs, ...url !== undefined && { url } });
}

function sandboxOf(config: ProvidersConfig): PaymentProvider | undefined {
  const { SANDBOX_URL: url, SANDBOX_KEY: key, SANDBOX_WEBHOOK_SECRET: webhookSecret } = config;
  return hostedOf('sandbox', { url, key, webhookSecret }, config);
}

function handoverOf(config: ProvidersConfig): PaymentProvider | undefined {
  const { HANDOVER_URL: url, HANDOVER_KEY: key, HANDOVER_WEBHOOK_SECRET: webhookSecret } = config;
  return hostedOf('handover', { url, key, webhookSecret }, config);
}

interface Hosted {
  url: string | undefined;
  key: string | undefined;
  webhookSecret: string | undefined;
}

function hostedOf(
  method: 'sandbox' | 'handover',
  { url, key, webhookSecret }: Hosted,
  { PAYMENT_WEBHOOKS_URL: base, PAYMENT_TIMEOUT_MS: timeoutMs }: ProvidersConfig,
): PaymentProvider | undefined {
  if (url === undefined) return undefined;
  if (key === undefined || webhookSecret === undefined || base === undefined) {
    const name = method.toUpperCase();
    throw new Error(`${name}_URL needs ${name}_KEY, ${name}_WEBHOOK_SECRET and PAYMENT_WEBHOOKS_URL`);
  }
  const webhookUrl = `${base.replace(/\/$/, '')}/v1/webhooks/${method}`;
  return openHostedProvider({ method, url, key, webhookSecret, webhookUrl, timeoutMs });
}
