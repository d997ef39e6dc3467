/**
 * The text of a sealed contact: a compact JWE (RFC 7516) `header.encryptedKey.iv.ciphertext.tag`, whose key
 * is of that order alone, and travels in it, wrapped. What is kept for good is the form without it,
 * `header..iv.ciphertext.tag`: all digests are over that one, and it cannot be opened once the key, which
 * is kept elsewhere under the iv, has been erased. The tag does not cover the encrypted key, so both forms
 * are sealed alike.
 */
export const SEALED_HEADER = Buffer.from('{"alg":"A256KW","enc":"A256GCM"}').toString('base64url');

/** In any text: the header, the encrypted key of 40 bytes, the iv of 12. */
const WITH_KEY = new RegExp(`${SEALED_HEADER}\\.([\\w-]{54})\\.([\\w-]{16})(?=\\.)`, 'g');

/** The encrypted key of a contact, and the iv that it is kept under; both base64url. */
export interface ContactKey {
  iv: string;
  encryptedKey: string;
}

/** The form that is kept for good; what is no sealed contact with a key of its own stays as it is. */
export function withoutKey(sealed: string): string {
  return sealed.includes(SEALED_HEADER) ? sealed.replace(WITH_KEY, `${SEALED_HEADER}..$2`) : sealed;
}

/** All keys in a text, such as that of many events, and the text without them. */
export function takeKeys(text: string): { text: string; keys: ContactKey[] } {
  const keys: ContactKey[] = [];
  if (!text.includes(SEALED_HEADER)) return { text, keys };
  const without = text.replace(WITH_KEY, (_, encryptedKey: string, iv: string) => {
    keys.push({ iv, encryptedKey });
    return `${SEALED_HEADER}..${iv}`;
  });
  return { text: without, keys };
}

/** The iv of a contact whose key is kept elsewhere; undefined where it is not. */
export function ivOfKeyless(sealed: string): string | undefined {
  const [header, key, iv] = sealed.split('.');
  return header === SEALED_HEADER && key === '' ? iv : undefined;
}
