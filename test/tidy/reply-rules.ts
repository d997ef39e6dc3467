import type { ProjectFile } from './project-files.ts';

/**
 * Nobody looks at what an async function that answers a request gives: Fastify's reply is a thenable, so that
 * `await` waits until it is sent and gives undefined. Whoever takes that for "not answered" goes on working
 * for a caller who has been told otherwise. Such a function says what it found, and its caller answers.
 */
export function awaitedReplyFaults(files: ProjectFile[]): string[] {
  const services = files.filter(({ path }) => /^services\/.*\.ts$/.test(path));
  const names = new Set(services.flatMap(answeringNames));
  return services.flatMap(({ path, lines }) => lines.flatMap((line, index) =>
    [...line.matchAll(/\bawait (\w+)\(/g)].flatMap(([, name = '']) => names.has(name)
      ? [`${path}:${index + 1} awaits ${name}(), which answers the request: that gives undefined.`]
      : [])));
}

/** The functions of a file whose promise is of a reply, also under another name. */
function answeringNames({ text }: ProjectFile): string[] {
  const types = [...text.matchAll(/^type (\w+) = [^;]*\bFastifyReply\b[^;]*;/gm)].map(([, name]) => name);
  const reply = new RegExp(`\\b(?:${['FastifyReply', ...types].join('|')})\\b`);
  const functions = /\basync function (\w+)\([\s\S]*?\): (.*) \{\n/g;
  return [...text.matchAll(functions)].flatMap(([, name = '', promised = '']) =>
    reply.test(promised) ? [name] : []);
}
