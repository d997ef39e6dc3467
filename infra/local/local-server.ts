import type { GuardedChild } from './spawn-guarded.ts';

/** A Redis, PostgreSQL or Kinesis emulator that we started on 127.0.0.1. */
export type LocalServer = { url: string; port: number; child: GuardedChild };
