import type { FastifyInstance } from 'fastify';
import type { RunningService } from './run-service.ts';

/**
 * Lets a service's HTTP side listen. `close` ends all that the service has opened, `app` among it; it runs
 * once however often the service is stopped, and also when the port is taken.
 *
 * @throws Error when it cannot listen there
 */
export async function serve(
  app: Pick<FastifyInstance, 'listen'>,
  { HOST: host, PORT: port }: { HOST: string; PORT: number },
  close: () => Promise<void>,
): Promise<RunningService> {
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => stopped ??= close();
  try {
    return { url: await app.listen({ host, port }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
