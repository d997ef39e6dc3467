export type StackOptions = { clean: boolean; help: boolean };

export const usage = [
  'npm start -- [--clean]   starts everything on this machine; Ctrl-C stops it.',
  '  --clean                start from nothing: remove the data of earlier runs first',
  'REDIS_URL, DATABASE_URL and KINESIS_ENDPOINT name servers to use instead of our own.',
  'See .env.example for the rest.',
].join('\n');

/** Throws one sentence for an option that does not exist. */
export function parseOptions(args: readonly string[]): StackOptions {
  const unknown = args.find((arg) => !['--clean', '--help', '-h'].includes(arg));
  if (unknown !== undefined)
    throw new Error(`Unknown option ${unknown}: npm start knows --clean and --help.`);
  return { clean: args.includes('--clean'), help: args.includes('--help') || args.includes('-h') };
}
