/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** A name as an SQL identifier; names cannot be statement parameters. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
