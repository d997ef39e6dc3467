import { DatabaseError } from 'pg';

/**
 * True for what PostgreSQL refuses however often it is asked: SQLSTATE class 22 (data), 23 (constraints) and
 * 54 (its own limits, such as nesting). Everything else is the state of the database, and passes.
 */
export function isLasting(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^(2[23]|54)/.test(error.code ?? '');
}
