import type { FastifyInstance } from 'fastify';
import { toString as drawQr } from 'qrcode';
import { Type } from 'typebox';

/** A ticket code: base64url, 16 characters now (contracts/ticket-code.ts), with room to grow. */
const TicketCode = Type.String({ pattern: '^[A-Za-z0-9_-]{8,64}$' });

/**
 * GET /qr/{code}.svg: the code as a QR picture. It proves nothing and looks nothing up: any well-formed
 * code is drawn, and whether it opens a door is decided at the door. Private to the buyer's browser, since
 * the code is the ticket.
 */
export function registerTicketQr(app: FastifyInstance): void {
  app.get<{ Params: { code: string } }>(
    '/qr/:code.svg',
    {
      schema: { params: Type.Object({ code: TicketCode }, { additionalProperties: false }) },
    },
    async (request, reply) => {
      // Medium correction survives a creased print; a margin of two modules, the page adds the rest.
      const { code } = request.params;
      const svg = await drawQr(code, {
        type: 'svg',
        errorCorrectionLevel: 'M',
        margin: 2,
        // The smallest that holds any code of today's length: an order's tickets look alike.
        ...(code.length <= 24 && { version: 2 }),
      });
      return reply
        .type('image/svg+xml')
        .header('cache-control', 'private, max-age=86400, immutable')
        .send(svg);
    },
  );
}
