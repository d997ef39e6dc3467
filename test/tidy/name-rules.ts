import { isCode, isTypeScript, isTest } from './project-files.ts';
import type { ProjectFile } from './project-files.ts';

const empty =
  /^(utils?|helpers?|common|managers?|services?|misc|stuff|lib)$|[-.](utils?|helpers?|common|manager|impl)$/;
/** What a framework or a convention names, not we. */
const given = ['main', 'config', 'index'];

/** STYLE 3: a file has a kebab-case name, and it is that of something it exports. */
export function fileNameFaults(files: ProjectFile[]): string[] {
  return files.flatMap((file) => {
    const name = file.path.split('/').at(-1) ?? '';
    if (!/\.(ts|mjs|js|lua)$/.test(name)) return [];
    const base = name.replace(/(\.test|\.d)?\.\w+$/, '');
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(base)) return [`${file.path}:1 is not named in kebab-case.`];
    if (empty.test(base))
      return [`${file.path}:1 has a name that says nothing; name it after what it exports.`];
    if (!isTypeScript(file) || isTest(file) || given.includes(base) || /(^|-)main$/.test(base)) return [];
    const exported = exportedNames(file.text);
    if (
      exported.length === 0 ||
      exported.length >= 3 ||
      exported.some((candidate) => isNamedAfter(base, candidate))
    )
      return [];
    return [`${file.path}:1 exports ${exported.slice(0, 3).join(', ')}, but nothing that gives it its name.`];
  });
}

export function exportedNames(text: string): string[] {
  const declared = text.matchAll(
    /^export (?:declare )?(?:async )?(?:function\*?|const|class|type|interface|let) (\w+)/gm,
  );
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(',').map((one) => one.trim().split(/\s+/).at(-1) ?? ''),
  );
  const names = [...[...declared].map(([, name = '']) => name), ...listed];
  return [...new Set(names)].filter((name) => name !== '');
}

/**
 * One word in common is enough (`http-server` exports `createHttp`), and a file of many exports is named
 * after what they have in common, which no program can judge.
 */
function isNamedAfter(base: string, exported: string): boolean {
  const words = exported.split(/_|(?<=[a-z0-9])(?=[A-Z])/).map((word) => stem(word.toLowerCase()));
  return base.split('-').some((word) => words.includes(stem(word)));
}

/** `migrations` and `migrate`, `compression` and `compress` are one word here. */
function stem(word: string): string {
  return word.replace(/ies$/, 'y').replace(/s$/, '').slice(0, 5);
}

const bare = /^\s*(?:export )?(?:const|let|var) (timeout|ttl|size|price|delay|duration|interval|age)\b(?!\()/;
const unitless =
  /^\s*(?:export )?(?:const|let) (\w+(?:Timeout|Ttl|Delay|Duration|_TIMEOUT|_TTL|_DELAY))\b\s*[=:]\s*[\d(]/;

/** STYLE 8: units come last in a name. */
export function unitFaults(files: ProjectFile[]): string[] {
  return files.filter(isCode).flatMap((file) =>
    file.lines.flatMap((line, index) => {
      const name = (bare.exec(line) ?? unitless.exec(line))?.[1];
      return name === undefined
        ? []
        : [`${file.path}:${index + 1} names a quantity ${name}, without its unit.`];
    }),
  );
}
