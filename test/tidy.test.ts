/**
 * The rules of style that a program can check. Each failure is a sentence that begins with file:line.
 * `npm run check` runs this; it needs no server.
 */
import t from 'tap';
import { docstringFaults, headerFaults, leftoverFaults } from './tidy/comment-rules.ts';
import {
  documentFaults,
  environmentExampleFaults,
  reasonDocumentFaults,
  scriptDocumentFaults,
  versionFaults,
} from './tidy/document-rules.ts';
import { deadFileFaults, environmentFaults, importFaults } from './tidy/import-rules.ts';
import { luaBindingFaults, luaHeaderFaults, luaRegistrationFaults } from './tidy/lua-rules.ts';
import { fileNameFaults, unitFaults } from './tidy/name-rules.ts';
import { projectFiles } from './tidy/project-files.ts';
import type { ProjectFile } from './tidy/project-files.ts';
import { awaitedReplyFaults } from './tidy/reply-rules.ts';
import { functionFaults, lengthFaults } from './tidy/shape-rules.ts';
import { deadSqlFaults, migrationFaults, sqlInCodeFaults } from './tidy/sql-rules.ts';

const rules: Record<string, (files: ProjectFile[]) => string[]> = {
  'files and lines are short': lengthFaults,
  'functions are short': functionFaults,
  'files are named after what they export': fileNameFaults,
  'units come last in names': unitFaults,
  'imports stay within their boundaries': importFaults,
  'only main.ts reads the environment or exits': environmentFaults,
  'nobody awaits an answer that was sent': awaitedReplyFaults,
  'no file is dead': deadFileFaults,
  'nothing is left over': leftoverFaults,
  'shared functions have docstrings': docstringFaults,
  'opening comments are short': headerFaults,
  'Lua headers tell the truth': luaHeaderFaults,
  'Lua binds KEYS and ARGV once': luaBindingFaults,
  'every Lua file is used': luaRegistrationFaults,
  'SQL lives in .sql files': sqlInCodeFaults,
  'migrations are named and bounded': migrationFaults,
  'no SQL file is dead': deadSqlFaults,
  'what documents name exists': documentFaults,
  '.env.example and the configuration agree': environmentExampleFaults,
  'docs/reasons.md and the catalogue agree': reasonDocumentFaults,
  'every npm script is explained': scriptDocumentFaults,
  'versions are exact': versionFaults,
};

const files = projectFiles();

for (const [name, rule] of Object.entries(rules)) {
  t.test(name, async (t) => {
    const faults = rule(files);
    for (const fault of faults) t.fail(fault, { diagnostic: false });
    if (faults.length === 0) t.pass(name);
  });
}
