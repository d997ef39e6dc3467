import { findFreePort, isPortFree } from './find-free-port.ts';

/** `port` is the preferred one; the variables, the first that is set wins, force another. */
export type PortWish = { name: string; port: number; variables: readonly string[] };

/**
 * A free port of 127.0.0.1 for each name: the one that a variable forces, else the preferred or the next
 * after it. Throws one sentence when a forced one is taken or is no port.
 */
export async function choosePorts(
  wishes: readonly PortWish[],
  env: NodeJS.ProcessEnv,
): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  for (const { name, variables } of wishes) {
    const variable = variables.find((candidate) => env[candidate]);
    if (variable !== undefined) ports.set(name, await forcedPort(name, variable, env[variable] as string));
  }
  for (const { name, port } of wishes) {
    if (!ports.has(name)) ports.set(name, await findFreePort(port, new Set(ports.values())));
  }
  return ports;
}

async function forcedPort(name: string, variable: string, text: string): Promise<number> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error(`${variable}=${text} is no port number: give one between 1 and 65535 for ${name}.`);
  }
  if (!(await isPortFree(port))) {
    throw new Error(
      `Port ${port} for ${name} (${variable}) is taken: stop what listens there or give another ${variable}.`,
    );
  }
  return port;
}
