/** A mail server that speaks just enough SMTP (RFC 5321) and does as it is told. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Teardown } from './teardown.ts';

export interface SmtpServer {
  url: string;
  /** Mails it was given whole, also those it refused. */
  mails: string[];
  /** The answer to the next mails, by how many came before: `250 ok` unless told otherwise; empty: none. */
  answer(decide: (count: number) => string): void;
}

/** Starts it; it ends in the teardown. */
export async function startSmtp(t: Teardown): Promise<SmtpServer> {
  const mails: string[] = [];
  const sockets = new Set<Socket>();
  let decide = (_count: number): string => '250 ok';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let mail: string[] | undefined;
    socket.write('220 test\r\n');
    createInterface({ input: socket }).on('line', (line) => {
      if (mail === undefined) {
        if (line === 'DATA') mail = [];
        socket.write(line === 'DATA' ? '354 go on\r\n' : `250 ${line.slice(0, 4)}\r\n`);
      } else if (line === '.') {
        const reply = decide(mails.push(mail.join('\n')) - 1);
        mail = undefined;
        if (reply === '') socket.destroy();
        else socket.write(`${reply}\r\n`);
      } else mail.push(line);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, mails,
    answer(how) {
      decide = how;
    },
  };
}
