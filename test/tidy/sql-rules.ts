import { isComment } from './import-rules.ts';
import type { ProjectFile } from './project-files.ts';

const sql =
  /\b(SELECT\s.+\sFROM\s|INSERT INTO\s|UPDATE\s\w+\sSET\s|DELETE FROM\s|CREATE TABLE\s|ALTER TABLE\s)/;

/** STYLE 25: SQL lives in `.sql` files. */
export function sqlInCodeFaults(files: ProjectFile[]): string[] {
  return files
    .filter(({ path }) => /^services\/.*\.ts$/.test(path))
    .flatMap((file) =>
      file.lines.flatMap((line, index) =>
        !isComment(line) && sql.test(line)
          ? [`${file.path}:${index + 1} has SQL in it; put it into a .sql file.`]
          : [],
      ),
    );
}

/**
 * STYLE 25: migrations are `NNNN_verb_noun.sql`, numbered without gaps, and give up instead of queueing for
 * a lock.
 */
export function migrationFaults(files: ProjectFile[]): string[] {
  const migrations = files.filter(({ path }) => /\/migrations\/.*\.sql$/.test(path));
  const folders = Map.groupBy(migrations, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  const misnumbered = [...folders.values()].flatMap((inFolder) =>
    inFolder
      .filter((file, index) => numberOf(file) !== index + 1)
      .map(({ path }) => `${path}:1 is out of the count 0001, 0002 ….`),
  );
  const faults = migrations.flatMap((file) => {
    const name = file.path.split('/').at(-1) ?? '';
    if (!/^\d{4}_[a-z]+(_[a-z0-9]+)+\.sql$/.test(name))
      return [`${file.path}:1 is not named NNNN_verb_noun.sql.`];
    return /lock_timeout/i.test(file.text) ? [] : [`${file.path}:1 sets no lock_timeout.`];
  });
  return [...misnumbered, ...faults];
}

function numberOf({ path }: ProjectFile): number {
  return Number(/\/(\d+)_[^/]*$/.exec(path)?.[1] ?? 0);
}

/** A `.sql` file that no code names is dead; the runner of migrations finds its own. */
export function deadSqlFaults(files: ProjectFile[]): string[] {
  const code = files.filter(({ path }) => /^(services|bench|test)\/.*\.ts$/.test(path));
  return files
    .filter(
      ({ path }) =>
        /^services\/.*\.sql$/.test(path) && !path.includes('/migrations/') && !path.endsWith('schema.sql'),
    )
    .filter(({ path }) => !code.some(({ text }) => text.includes(path.split('/').at(-1) as string)))
    .map(({ path }) => `${path}:1 is read by nobody; remove it.`);
}
