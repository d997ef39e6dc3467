import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Operators' credentials: who calls, and what they may do. Configured as `name:role:token`, joined by commas.
 */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Operator {
  name: string;
  role: Role;
}

export interface Credentials {
  /** the operator whose token it is; compares all tokens in constant time */
  find(token: string): Operator | undefined;
}

const TOKEN_CHARS_MIN = 16;

/** Reads ADMIN_CREDENTIALS. Throws a sentence that says what is wrong, without the token. */
export function readCredentials(list: string): Credentials {
  const entries = list.split(',').filter(Boolean).map((entry) => {
    const [name = '', role = '', token = ''] = entry.split(':');
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name) || !isRole(role) || token.length < TOKEN_CHARS_MIN) {
      throw new Error(
        `ADMIN_CREDENTIALS: "${name}" needs the form name:role:token, a role of ${ROLES.join(', ')} `
        + `and a token of at least ${TOKEN_CHARS_MIN} characters`,
      );
    }
    return { operator: { name, role }, digest: digestOf(token) };
  });
  return {
    find(token) {
      const digest = digestOf(token);
      let found: Operator | undefined;
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.operator;
      return found;
    },
  };
}

/** True if the role includes the rights of `needed`. */
export function hasRole(operator: Operator, needed: Role): boolean {
  return ROLES.indexOf(operator.role) >= ROLES.indexOf(needed);
}

/** The token of an `authorization: Bearer …` header; empty if there is none. */
export function bearerOf(header: string | undefined): string {
  return header?.startsWith('Bearer ') === true ? header.slice('Bearer '.length) : '';
}

/** True if both texts are the same, in a time that does not tell how much of them is. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function isRole(role: string): role is Role {
  return (ROLES as readonly string[]).includes(role);
}
