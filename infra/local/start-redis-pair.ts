/** A Redis primary and its replica behind one address, to fail over from the one to the other. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findAnyFreePort } from './find-free-port.ts';
import type { LocalServer } from './local-server.ts';
import { startRedis } from './start-redis.ts';

export type RedisPair = {
  /** Leads to whichever is the primary; connections break when it fails over. */
  url: string;
  /** From now on the replica hears nothing of what the primary does, until the next failover. */
  holdBackReplication(): void;
  /**
   * Kills the primary with SIGKILL, promotes the replica as it is, lets the address lead to it and gives it a
   * replica of its own. What the replica had not heard is gone.
   */
  failOver(): Promise<void>;
  stop(): Promise<void>;
};

const waitMsMax = 20_000;

/** Neither keeps anything on disk. Throws when one of them does not start. */
export async function startRedisPair(folder: string): Promise<RedisPair> {
  let count = 0;
  const start = async (): Promise<LocalServer> => {
    count += 1;
    const port = await findAnyFreePort();
    return await startRedis({ folder: join(folder, `redis-${count}`), port, durable: false });
  };
  let primary = await start();
  const front = await openFront(primary.port);
  const link = await openFront(primary.port);
  let replica = await start();
  await command(primary.url, (redis) => redis.config('SET', 'repl-diskless-sync-delay', '0'));
  await replicate(replica, link.port);
  return {
    url: `redis://127.0.0.1:${front.port}`,
    holdBackReplication: () => link.holdBack(),
    async failOver() {
      primary.child.kill('SIGKILL');
      front.leadTo(undefined);
      link.leadTo(undefined);
      await primary.child.exited;
      await command(replica.url, (redis) => redis.replicaof('NO', 'ONE'));
      primary = replica;
      front.leadTo(primary.port);
      link.leadTo(primary.port);
      replica = await start();
      await command(primary.url, (redis) => redis.config('SET', 'repl-diskless-sync-delay', '0'));
      await replicate(replica, link.port);
    },
    async stop() {
      await Promise.all([front.close(), link.close()]);
      await Promise.all([primary.child.stop(), replica.child.stop()]);
    },
  };
}

async function command<T>(url: string, run: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await run(redis);
  } finally {
    redis.disconnect();
  }
}

/** Makes it a replica of what answers on the port, and waits until it has caught up once. */
async function replicate(replica: LocalServer, port: number): Promise<void> {
  await command(replica.url, async (redis) => {
    await redis.replicaof('127.0.0.1', port);
    const deadlineAtMs = Date.now() + waitMsMax;
    while (!(await redis.info('replication')).includes('master_link_status:up')) {
      if (Date.now() > deadlineAtMs) throw new Error('The replica does not reach its primary.');
      await sleep(20);
    }
  });
}

type Front = {
  port: number;
  /** Breaks what is open; without a port new connections are refused. */
  leadTo(port: number | undefined): void;
  /** What comes from the server is not passed on any more. */
  holdBack(): void;
  close(): Promise<void>;
};

async function openFront(firstPort: number): Promise<Front> {
  let target: number | undefined = firstPort;
  const clients = new Map<Socket, Socket>();
  const server: Server = createServer((client) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    clients.set(client, upstream);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clients.delete(client);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const [client, upstream] of clients) {
      client.destroy();
      upstream.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port;
      cut();
    },
    holdBack() {
      for (const upstream of clients.values()) upstream.unpipe().pause();
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
