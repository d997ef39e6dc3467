import { randomBytes } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Mail } from './compose-mail.ts';

/**
 * Where mails go. The mailbox keeps a mail once, whoever sends it how often. A mail server cannot promise
 * that: whoever dies between its answer and the note of it sends the mail again, under the same Message-ID.
 */
export interface MailTransport {
  /** Throws when it was not taken, or nobody knows. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** All together they stay far below what PostgreSQL gives an idle transaction (platform/pg.ts). */
const SMTP_LIMITS = {
  dnsTimeout: 3_000, connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 8_000,
};

/**
 * @param options.smtpUrl `smtp://user:password@host:port`, `smtps://…`; undefined: the mailbox
 * @param options.folder of the mailbox, one file a mail; made when it is needed
 */
export function createMailTransport(
  { smtpUrl, folder, connectionsMax }:
  { smtpUrl?: string | undefined; folder: string; connectionsMax: number },
): MailTransport {
  return smtpUrl === undefined ? createMailbox(folder) : createSmtp(smtpUrl, connectionsMax);
}

function createSmtp(url: string, connectionsMax: number): MailTransport {
  const smtp = createTransport({ url, pool: true, maxConnections: connectionsMax, ...SMTP_LIMITS });
  return {
    async send(mail) {
      await smtp.sendMail(mail);
    },
    close: () => smtp.close(),
  };
}

/** Each mail is there whole or not at all, under the name of its Message-ID. */
function createMailbox(folder: string): MailTransport {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    async send(mail) {
      const { message } = await composer.sendMail(mail);
      const name = mail.messageId.replace(/^<|@.*$/g, '');
      await mkdir(folder, { recursive: true });
      const draft = join(folder, `.${name}.${randomBytes(6).toString('hex')}`);
      await writeFile(draft, message as Buffer, { mode: 0o600, flush: true });
      try {
        await link(draft, join(folder, `${name}.eml`));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        await rm(draft, { force: true });
      }
    },
    close: () => composer.close(),
  };
}
