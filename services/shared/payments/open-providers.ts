import { openOfflineProvider } from './offline-provider.ts';
import type { PaymentProvider } from './provider.ts';
import { openSandboxProvider } from './sandbox-provider.ts';
import { openStripeProvider } from './stripe-provider.ts';

/** What of a service's configuration is about providers; .env.example explains each. */
export interface ProvidersConfig {
  SANDBOX_URL?: string;
  SANDBOX_KEY?: string;
  SANDBOX_WEBHOOK_SECRET?: string;
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
  return [sandboxOf(config), stripeOf(config), isOffline ? openOfflineProvider() : undefined]
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
  if (url === undefined) return undefined;
  const { PAYMENT_WEBHOOKS_URL: base } = config;
  if (key === undefined || webhookSecret === undefined || base === undefined) {
    throw new Error('SANDBOX_URL needs SANDBOX_KEY, SANDBOX_WEBHOOK_SECRET and PAYMENT_WEBHOOKS_URL');
  }
  const webhookUrl = `${base.replace(/\/$/, '')}/v1/webhooks/sandbox`;
  return openSandboxProvider({ url, key, webhookSecret, webhookUrl, timeoutMs: config.PAYMENT_TIMEOUT_MS });
}
