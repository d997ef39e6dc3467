import type { ServerResponse } from 'node:http';

interface PutRecordsReply {
  Records: { SequenceNumber?: string; ShardId?: string; ErrorCode?: string; ErrorMessage?: string }[];
}

const CODES = ['ProvisionedThroughputExceededException', 'InternalFailure'] as const;

/**
 * Answers a PutRecords as a busy Kinesis does: 200, and every other record was not taken, with an ErrorCode
 * of its own. `turn` decides which half it is, so that a record that is sent again passes in the end. What is
 * to pass is given to `send`, as the body of a PutRecords.
 */
export async function failRecords(
  body: Buffer,
  turn: number,
  response: ServerResponse,
  send: (body: Buffer) => Promise<Buffer>,
): Promise<void> {
  const call = JSON.parse(body.toString()) as { Records: unknown[] };
  const isTaken = (i: number): boolean => (i + turn) % 2 === 0;
  const passing = call.Records.filter((_, i) => isTaken(i));
  const reply = passing.length === 0
    ? { Records: [] }
    : JSON.parse((await send(Buffer.from(JSON.stringify({ ...call, Records: passing })))).toString()) as
      PutRecordsReply;
  const taken = reply.Records.values();
  const records = call.Records.map((_, i) => (isTaken(i)
    ? taken.next().value
    : { ErrorCode: CODES[i % CODES.length], ErrorMessage: 'as the test wants it' }));
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ FailedRecordCount: call.Records.length - passing.length, Records: records }));
}
