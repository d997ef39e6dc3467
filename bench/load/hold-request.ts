/** A POST as `hammer` sends it. */
export function postRequest(path: string, body: string, headers: Record<string, string> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${lines}`
    + `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/**
 * The hold that all scenarios of one hot sale ask for: one ticket of a general area, every request another
 * buyer with another Idempotency-Key, so that nothing but the stock decides. `run` keeps the buyers of two
 * runs apart.
 */
export function holdRequest(
  { path, areaId, checkoutKey, run }: { path: string; areaId: string; checkoutKey: string; run: string },
): (n: number) => string {
  const authorization = `Bearer ${checkoutKey}`;
  return (n) => postRequest(
    path,
    `{"buyerId":"b-${run}-${n}","items":[{"areaId":"${areaId}","quantity":1}]}`,
    { authorization, 'idempotency-key': `k-${run}-${n}` },
  );
}
