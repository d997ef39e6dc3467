import { dirname, normalize } from 'node:path/posix';
import { REASONS } from '../../services/shared/contracts/reasons.ts';
import { inProject, isCode } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';

type Span = { file: ProjectFile; lineNumber: number; text: string };

const ownFolders = /^(services|lua|infra|bench|test|docs|\.ci|\.github)\//;
/** Variables of the system and of npm, which a document may name without our code reading them. */
const foreign = /^(AWS_|NODE_|npm_|PATH$|HOME$|CI$|PG|LD_LIBRARY_PATH$)/;

/** STYLE 14: what a document names exists. */
export function documentFaults(files: ProjectFile[]): string[] {
  const spans = files.filter(({ path }) => path.endsWith('.md')).flatMap(codeSpans);
  const scripts = Object.keys(manifest(files).scripts);
  const code = files.filter(
    (file) => isCode(file) || /\.(sh|yml|yaml|example)$|Dockerfile$|\.ci\/run$/.test(file.path),
  );
  const isKnown = (name: string): boolean => code.some(({ text }) => text.includes(name));
  return spans.flatMap((span) => {
    const fault =
      scriptFault(span, scripts) ??
      pathFault(span) ??
      variableFault(span, isKnown) ??
      metricFault(span, isKnown);
    return fault === undefined ? [] : [`${span.file.path}:${span.lineNumber} ${fault}.`];
  });
}

function manifest(files: ProjectFile[]): { scripts: Record<string, string> } {
  return JSON.parse(files.find(({ path }) => path === 'package.json')?.text ?? '{"scripts":{}}') as {
    scripts: Record<string, string>;
  };
}

/** Text between backticks, and the lines of fenced blocks. */
function codeSpans(file: ProjectFile): Span[] {
  let fenced = false;
  return file.lines.flatMap((line, index) => {
    if (/^\s*```/.test(line)) {
      fenced = !fenced;
      return [];
    }
    const texts = fenced ? [line] : [...line.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
    return texts.map((text) => ({ file, lineNumber: index + 1, text }));
  });
}

function scriptFault({ text }: Span, scripts: string[]): string | undefined {
  const name = /\bnpm run ([\w:-]+)/.exec(text)?.[1] ?? /\bnpm (start|test)\b/.exec(text)?.[1];
  return name === undefined || scripts.includes(name)
    ? undefined
    : `names npm run ${name}, which package.json does not have`;
}

function pathFault({ file, text }: Span): string | undefined {
  const path = text.trim().replace(/:\d+$/, '');
  // Patterns (NNNN, *, <name>, {pNN}) and sentences are no paths.
  if (!ownFolders.test(path) || /[*<>{}\s…]|NNNN|NAME/.test(path) || path.startsWith('bench/results/'))
    return undefined;
  if (inProject(path) || inProject(normalize(`${dirname(file.path)}/${path}`))) return undefined;
  return `names ${path}, which does not exist`;
}

function variableFault({ text }: Span, isKnown: (name: string) => boolean): string | undefined {
  const name = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(=.*)?$/.exec(text.trim())?.[1];
  return name === undefined || foreign.test(name) || isKnown(name)
    ? undefined
    : `names ${name}, which no code reads`;
}

function metricFault({ text }: Span, isKnown: (name: string) => boolean): string | undefined {
  const name = /^(onsale_[a-z_]+)(\{.*\})?$/.exec(text.trim())?.[1];
  return name === undefined || isKnown(name) ? undefined : `names the metric ${name}, which nothing measures`;
}

/** STYLE 14: .env.example has each variable of the services' configuration, and no other. */
export function environmentExampleFaults(files: ProjectFile[]): string[] {
  const example = files.find(({ path }) => path === '.env.example');
  if (example === undefined) return ['.env.example:1 is missing.'];
  const named = new Set([...example.text.matchAll(/^#? ?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name));
  const configs = files.filter(({ path }) => /^services\/[^/]+\/config\.ts$/.test(path));
  const wanted = configs.flatMap((file) =>
    [...file.text.matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map(([, name = '']) => ({ file, name })),
  );
  const others = files
    .filter((file) => /^infra\/.*\.(ts|mjs)$/.test(file.path))
    .map(({ text }) => text)
    .join('\n');
  const missing = wanted
    .filter(({ name }) => !named.has(name))
    .map(({ file, name }) => `${file.path}:1 reads ${name}, which .env.example does not explain.`);
  const surplus = [...named]
    .filter(
      (name) => !foreign.test(name) && !wanted.some((one) => one.name === name) && !others.includes(name),
    )
    .map((name) => `.env.example:1 names ${name}, which nobody reads.`);
  return [...missing, ...surplus];
}

/** STYLE 14: docs/reasons.md, once it is there, has a row for every code of the catalogue and no other. */
export function reasonDocumentFaults(files: ProjectFile[]): string[] {
  const page = files.find(({ path }) => path === 'docs/reasons.md');
  if (page === undefined) return [];
  const named = [...page.text.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code = '']) => code);
  return [
    ...Object.keys(REASONS)
      .filter((code) => !named.includes(code))
      .map((code) => `docs/reasons.md:1 lacks ${code}.`),
    ...named
      .filter((code) => !Object.hasOwn(REASONS, code))
      .map((code) => `docs/reasons.md:1 has ${code}, which is no reason.`),
  ];
}

/** STYLE 14, the other way round: every npm script is explained somewhere, once there is a README. */
export function scriptDocumentFaults(files: ProjectFile[]): string[] {
  const documents = files
    .filter(({ path }) => path.endsWith('.md'))
    .map(({ text }) => text)
    .join('\n');
  if (!files.some(({ path }) => path === 'README.md')) return [];
  return Object.keys(manifest(files).scripts)
    .filter((name) => !new RegExp(`npm (run )?${name}\\b`).test(documents))
    .map((name) => `package.json:1 has the script ${name}, which no document explains.`);
}

/** Versions are exact: a clone of next year is the one that was tested. */
export function versionFaults(files: ProjectFile[]): string[] {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(
    files.find(({ path }) => path === 'package.json')?.text ?? '{}',
  ) as Record<string, Record<string, string>>;
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !/^\d/.test(version))
    .map(([name, version]) => `package.json:1 asks for ${name} ${version}; give an exact version.`);
}
