/** What is sealed is opened with its key only, and only as it was sealed, whoever wrote the JWE. */
import { randomBytes } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import t from 'tap';
import { openContact, sealContact } from '../../../../services/shared/platform/contact-seal.ts';

const key = randomBytes(32);
const contact = { name: 'Ann Ä.', email: 'ann@example.org' };

t.test('a contact is opened as it was sealed', async (t) => {
  t.same(await openContact(key, sealContact(key, contact)), contact);
  const foreign = await new CompactEncrypt(Buffer.from(JSON.stringify(contact)))
    .setProtectedHeader({ enc: 'A256GCM', alg: 'dir' }).encrypt(key);
  t.same(await openContact(key, foreign), contact, 'with the header of another writer');
});

t.test('nothing else is opened', async (t) => {
  const sealed = sealContact(key, contact);
  await t.rejects(openContact(randomBytes(32), sealed), 'with another key');
  const parts = sealed.split('.');
  for (const part of [2, 3, 4]) {
    const text = parts[part] ?? '';
    const changed = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
    await t.rejects(openContact(key, parts.with(part, changed).join('.')), `part ${part} changed`);
    const shortened = parts.with(part, text.slice(0, -4));
    await t.rejects(openContact(key, shortened.join('.')), `part ${part} shortened`);
    await t.rejects(openContact(key, parts.with(part, '').join('.')), `part ${part} gone`);
  }
  await t.rejects(openContact(key, `${sealed}.${parts[4]}`), 'one part more');
  await t.rejects(openContact(key, parts.slice(0, 4).join('.')), 'one part less');
});
