import CircuitBreaker from 'opossum';
import { openProviders } from '../shared/payments/open-providers.ts';
import { ProviderRefused } from '../shared/payments/provider.ts';
import type { PaymentAsk, PaymentProvider, PaymentStart } from '../shared/payments/provider.ts';
import type { SellingConfig } from './config.ts';

/** A provider is not healthy when half of the payments begun in ten seconds, five or more, have failed. */
const HEALTH = {
  timeout: false, volumeThreshold: 5, errorThresholdPercentage: 50, rollingCountTimeout: 10_000,
  resetTimeout: 5_000,
} as const;

/** A method that this API has been told how to take money by. */
export interface PaymentMethod {
  provider: PaymentProvider;
  /** how long an order owns its places, counted from its first attempt */
  payMs: number;
  /** Makes the payment; while the provider is not healthy it throws at once, without asking it. */
  start(ask: PaymentAsk): Promise<PaymentStart>;
}

/** By name. `free` is none of them: nobody is asked for money. */
export type PaymentMethods = ReadonlyMap<string, PaymentMethod>;

/** Throws a sentence when what belongs together is not set together, or says nothing. */
export function openPaymentMethods(config: SellingConfig): PaymentMethods {
  const seconds = readSeconds(config.PAYMENT_SECONDS);
  return new Map(openProviders(config).map((provider): [string, PaymentMethod] => {
    const payMs = (seconds.get(provider.method) ?? config.PAYMENT_SECONDS_MAX) * 1_000;
    const breaker = new CircuitBreaker((ask: PaymentAsk) => provider.start(ask), {
      ...HEALTH, errorFilter: (error: Error) => error instanceof ProviderRefused,
    });
    return [provider.method, { provider, payMs, start: (ask) => breaker.fire(ask) }];
  }));
}

/** Reads `method:seconds,…`. */
function readSeconds(text: string): Map<string, number> {
  return new Map(text.split(',').filter(Boolean).map((part): [string, number] => {
    const [, method = '', seconds = ''] = /^([a-z]+):([1-9]\d{0,6})$/.exec(part) ?? [];
    if (method === '') throw new Error(`PAYMENT_SECONDS has ${part}, which is no method:seconds`);
    return [method, Number(seconds)];
  }));
}
