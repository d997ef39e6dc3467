import { envSchema } from 'env-schema';
import type { Static, TObject } from 'typebox';

/**
 * Reads a service's configuration from environment variables, with the schema's defaults and conversions.
 *
 * @param schema a TypeBox object, one property per variable
 * @param env only `main.ts` passes `process.env`
 * @throws Error with one sentence that names the variable
 */
export function loadConfig<T extends TObject>(schema: T, env: NodeJS.ProcessEnv): Static<T> {
  return envSchema<Static<T>>({ schema: { ...schema }, data: env, dotenv: false, env: false });
}
