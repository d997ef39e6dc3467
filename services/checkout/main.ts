import { loadConfig } from '../shared/platform/config.ts';
import { runService } from '../shared/platform/run-service.ts';
import { createCheckoutApp } from './checkout-app.ts';
import { CheckoutConfig } from './config.ts';

await runService('checkout', process.env['LOG_LEVEL'], async (log) => {
  const config = loadConfig(CheckoutConfig, process.env);
  const app = await createCheckoutApp(config, log);
  const url = await app.listen({ host: config.HOST, port: config.PORT });
  return { url, stop: () => app.close() };
});
