import type { FastifyInstance } from 'fastify';

/**
 * Many clients send `content-type: application/json` with every write. Where a route takes no body, none is
 * what they sent, not broken JSON. Not for a server that passes bodies on: its proxy reads them its own way.
 */
export function acceptEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '' && takesNoBody(request.routeOptions.schema?.body)) done(null, null);
    else void parseJson(request, String(body), done);
  });
}

function takesNoBody(schema: unknown): boolean {
  if (schema === undefined) return true;
  const { anyOf } = schema as { anyOf?: { type?: unknown }[] };
  return anyOf?.some(({ type }) => type === 'null') ?? false;
}
