import { isRedisAway } from '../shared/platform/problem.ts';

/**
 * True if the error is a script's own, raised while it ran, so that nobody knows what it has written. What
 * Redis refuses before a script begins, or before its first write, is none; nor is a connection that broke:
 * the script then runs to its end or not at all.
 */
export function isScriptFault(error: Error): boolean {
  return error.name === 'ReplyError' && !isRedisAway(error) && !REFUSED.test(error.message);
}

const REFUSED = /^(NOSCRIPT|MOVED|ASK|NOAUTH|NOPERM|NOREPLICAS|CROSSSLOT|EXECABORT)|SCRIPT KILL/;
