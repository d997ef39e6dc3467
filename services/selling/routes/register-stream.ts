import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { ProblemView, SaleParams } from '../../shared/contracts/http-schemas.ts';
import { Counter, Gauge } from '../../shared/platform/metrics.ts';
import { sendProblem } from '../../shared/platform/problem.ts';
import { EventStream } from '../../shared/platform/event-stream.ts';
import type { SellingContext } from '../selling-context.ts';
import { sendUnknown } from '../send-unknown.ts';

type OneSale = { Params: Static<typeof SaleParams> };

const DESCRIPTION = `Server-sent events; ids are \`epoch-seq\`.

- \`snapshot\` comes first, unless Last-Event-ID is current or shortly behind: what GET availability says,
  and in each seated area \`states\` of GET seats.
- \`change\`: \`{ seq, prev, state, areas: [{ areaId, free, held, sold, seats?: [[at, states], …] }] }\`. It
  changes the sale at \`prev\`: who has another seq has missed some, and opens the stream anew without
  Last-Event-ID. \`at\` counts in the area's \`states\`.
- \`reset\`: \`{ reason, seq }\`. What was known is void, a snapshot follows. After the reason
  \`definition\` the sale itself is to be read anew; the others are \`missed\` and \`recovered\`.

Comments come every 15 seconds. A client that does not read what it is sent is disconnected.`;

/** The stream of one sale, for anybody. Streams end when the server closes; their clients come back. */
export function registerStream(app: FastifyInstance, context: SellingContext): void {
  const { watches } = context;
  countStreams(context);
  // Before the server waits for its connections to end.
  app.addHook('preClose', () => watches.stop());
  app.get<OneSale>('/v1/sales/:saleId/stream', {
    exposeHeadRoute: false,
    schema: {
      summary: 'Availability and seat changes as they happen',
      description: DESCRIPTION,
      tags: ['sales'],
      params: SaleParams,
      response: {
        200: { description: 'events', content: { 'text/event-stream': { schema: Type.String() } } },
        '4xx': ProblemView,
        '5xx': ProblemView,
      },
    },
  }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (!watches.hasRoom()) return sendProblem(reply, 'overloaded');
    const watch = watches.of(request.params.saleId);
    const copy = await watch.look();
    if (copy === undefined) {
      watches.forget(watch);
      return sendUnknown(context, request.params.saleId, 'sale_unknown', reply);
    }
    // Many may have come in while it was read.
    if (!watches.hasRoom()) return sendProblem(reply, 'overloaded');
    reply.hijack();
    if (reply.raw.destroyed) return reply;
    const stream = new EventStream(reply.raw, reply.getHeaders() as OutgoingHttpHeaders,
      () => { watches.droppedCount += 1; });
    watch.join(stream, copy, lastIdOf(request.headers['last-event-id']));
    return reply;
  });
}

/** An empty one, as a browser sends it at times, is none. */
function lastIdOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? header : undefined;
}

function countStreams({ watches }: SellingContext): void {
  new Gauge({
    name: 'onsale_selling_streams',
    help: 'Open streams of this process',
    collect() { this.set(watches.streamCount()); },
  });
  new Counter({
    name: 'onsale_selling_streams_dropped_total',
    help: 'Streams cut off because their client did not read',
    collect() {
      this.reset();
      this.inc(watches.droppedCount);
    },
  });
}
