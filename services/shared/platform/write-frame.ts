/**
 * One server-sent event as bytes. `data` is JSON and therefore of one line; an event without an id leaves
 * the client's last one as it is.
 */
export function writeFrame(event: string, data: Buffer | string, id?: string): Buffer {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${head}event: ${event}\ndata: ${data.toString()}\n\n`);
}
