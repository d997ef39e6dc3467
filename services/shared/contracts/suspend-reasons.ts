/**
 * Why a sale is recovering, as `{pNN}:suspended` says it: its outbox has an event that the log does not take;
 * a script failed in the middle; Redis has nothing of it, or nothing readable; Redis is at an earlier or
 * another event than the log; an operator said so.
 */
export const SUSPEND_REASONS = [
  'contradicts_the_log', 'script_error', 'state_missing', 'behind_the_log', 'operator',
] as const;
export type SuspendReason = (typeof SUSPEND_REASONS)[number];
