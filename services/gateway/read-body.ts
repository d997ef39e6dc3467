import type { IncomingMessage } from 'node:http';

/** As much as both sides take. */
export const BODY_BYTES_MAX = 64 * 1024;

/**
 * The whole body of a request, so that a caller who sends it byte by byte occupies none of a side's
 * connections, and a repeat is whole or none. Null where there is none.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | null | 'too_large' | 'gone'> | null {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) return null;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    request.on('data', (chunk: Buffer) => {
      byteCount += chunk.length;
      if (byteCount > BODY_BYTES_MAX) {
        // What still comes is read and forgotten, so that the answer is not lost with the connection.
        resolve('too_large');
        chunks.length = 0;
      } else {
        chunks.push(chunk);
      }
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0] ?? null : Buffer.concat(chunks)));
    request.once('close', () => resolve('gone'));
    request.once('error', () => resolve('gone'));
  });
}
