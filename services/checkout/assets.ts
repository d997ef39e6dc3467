import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/**
 * The files of `public/`, under `/assets/{version}/…` where the version is a digest of all of them: what a
 * page links to never changes and may be kept for ever, and a new release is a new address. During a
 * deployment a page of one release may ask an instance of another: it gets that instance's file, not to be
 * kept.
 */
export interface Assets {
  /** address of one file */
  url(file: string): string;
  /** names of the browser modules */
  modules: string[];
}

const YEAR_SECONDS = 365 * 24 * 3600;
const SERVED = /^[a-z0-9-]+\.(?:js|css|svg)$/;

/** Serves the files and says where they are. */
export async function registerAssets(app: FastifyInstance): Promise<Assets> {
  const root = fileURLToPath(new URL('public/', import.meta.url));
  const files = readdirSync(root)
    .filter((file) => SERVED.test(file))
    .sort();
  const version = digestOf(root, files);
  await app.register(fastifyStatic, { root, serve: false, cacheControl: false });
  app.get<{ Params: { version: string; file: string } }>(
    '/assets/:version/:file',
    async (request, reply) => {
      const { file } = request.params;
      if (!files.includes(file)) return reply.callNotFound();
      const fresh = request.params.version === version;
      reply.header('cache-control', fresh ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache');
      return reply.sendFile(file);
    },
  );
  return {
    url: (file) => `/assets/${version}/${file}`,
    modules: files.filter((file) => file.endsWith('.js')),
  };
}

function digestOf(root: string, files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(`${root}${file}`));
  return hash.digest('base64url').slice(0, 12);
}
