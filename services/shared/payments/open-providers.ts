import type { PaymentProvider } from './provider.ts';
import { openSandboxProvider } from './sandbox-provider.ts';

/** What of a service's configuration is about providers; .env.example explains each. */
export interface ProvidersConfig {
  SANDBOX_URL?: string;
  SANDBOX_KEY?: string;
  SANDBOX_WEBHOOK_SECRET?: string;
  /** the selling API as providers reach it */
  PAYMENT_WEBHOOKS_URL?: string;
  /** of one request to a provider */
  PAYMENT_TIMEOUT_MS: number;
}

/** The providers that are configured. Throws a sentence when what belongs together is not set together. */
export function openProviders(config: ProvidersConfig): PaymentProvider[] {
  return [sandboxOf(config)].filter((one) => one !== undefined);
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
