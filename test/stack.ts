/** Everything a test file needs of the running servers, in one import. */
export { openTestStack } from './harness/open-test-stack.ts';
export type { TestStack } from './harness/open-test-stack.ts';
export { startPrivateRedis } from './harness/start-private-redis.ts';
export type { PrivateRedis } from './harness/start-private-redis.ts';
export { startService } from './harness/start-service.ts';
export type { TestService } from './harness/start-service.ts';
