/**
 * A TCP proxy of the test's own in front of a real server, to cut the way there and open it again. `cut`
 * ends all connections and refuses new ones, as a server that is gone does. `silence` leaves the connections
 * open and lets nothing through them any more, as a host that vanished does; new ones work. With `swallow`
 * new ones are silent as well, until `open`.
 */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Teardown } from './teardown.ts';

export interface TcpProxy {
  /** The given URL, by way of the proxy. */
  url: string;
  cut(): void;
  silence(): void;
  swallow(): void;
  open(): void;
}

/** Listens on a free port in front of `targetUrl`, until the teardown. */
export async function startTcpProxy(t: Teardown, targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let isOpen = true;
  let isSwallowing = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    if (!isOpen) client.destroy();
    else if (isSwallowing) client.resume();
    else client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  const silence = (): void => {
    for (const socket of sockets) socket.unpipe().resume();
  };
  t.teardown(async () => {
    cut();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = new URL(targetUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href.replace(/\/$/, ''),
    cut,
    silence,
    swallow: () => {
      isSwallowing = true;
      silence();
    },
    open: () => {
      isOpen = true;
      isSwallowing = false;
    },
  };
}
