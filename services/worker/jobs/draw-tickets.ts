import { createRequire } from 'node:module';
import { openSync } from 'fontkit';
// Its types do not know the name that the library exports it by.
// oxlint-disable-next-line import/no-named-as-default
import PDFDocument from 'pdfkit';
import { create as createQr } from 'qrcode';
import { formatMoney } from '../../shared/contracts/format-money.ts';
import { formatTime } from '../../shared/contracts/format-time.ts';
import type { OrderedTicket, TicketOrder } from './ticket-order.ts';

/** An order and the token of each of its tickets, in the same order. */
export interface SignedOrder {
  order: TicketOrder;
  tokens: string[];
}

const require = createRequire(import.meta.url);
/**
 * The fonts of PDF itself know Latin-1 only; these know what buyers in Europe are called. Opened once, since
 * reading their tables for each document was most of its work; two pages take 40 ms of processor time now.
 */
const REGULAR = openFont('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
const BOLD = openFont('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf');

/** A5 upright, in points of 1/72 inch. */
const PAGE = { width: 420, height: 595, margin: 32 };
const BAND_HEIGHT = 104;
const QR_SIDE = 216;
/** What a scanner needs around a QR: four modules (ISO/IEC 18004). */
const QUIET_MODULES = 4;
const INK = '#1b1b2b';
const PALE = '#6b6b80';

/**
 * The tickets of an order as a PDF, a page each: show, place, price, name, and a QR that is drawn rather than
 * embedded as a picture, so that it is sharp at any size. The same order gives the same pages.
 */
export async function drawTickets({ order, tokens }: SignedOrder): Promise<Buffer> {
  const doc = new PDFDocument({
    size: [PAGE.width, PAGE.height], margin: 0, autoFirstPage: false, lang: 'en',
    info: {
      Title: `Tickets for ${order.showName}`, Subject: `Order ${order.orderId}`, Creator: 'onsale',
      CreationDate: order.createdAt,
    },
  });
  doc.registerFont('regular', REGULAR);
  doc.registerFont('bold', BOLD);
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => doc.once('end', resolve).once('error', reject));
  for (const [i, ticket] of order.tickets.entries()) {
    doc.addPage();
    drawBand(doc, order);
    drawPlace(doc, order, ticket);
    drawQr(doc, tokens[i] ?? '');
    drawFoot(doc, order, { ticket, page: i + 1 });
  }
  doc.end();
  await ended;
  return Buffer.concat(chunks);
}

/** The types of the library do not know yet that it takes fonts that are open. */
function openFont(path: string): PDFKit.Mixins.PDFFontSource {
  return openSync(require.resolve(path)) as unknown as PDFKit.Mixins.PDFFontSource;
}

type Doc = InstanceType<typeof PDFDocument>;

function drawBand(doc: Doc, { showName, startsAt, venueName }: TicketOrder): void {
  doc.rect(0, 0, PAGE.width, BAND_HEIGHT).fill(INK);
  doc.fillColor('#ffffff').font('bold').fontSize(sizeThatFits(doc, showName, { max: 24, min: 12 }));
  doc.text(showName, PAGE.margin, 30, { width: innerWidth, height: 34, ellipsis: true, lineBreak: false });
  const when = startsAt === null ? [] : [formatTime(startsAt)];
  // Of a show that no venue is known for, the projector says `onsale`.
  const where = venueName === 'onsale' ? [] : [venueName];
  doc.font('regular').fontSize(11)
    .text([...when, ...where].join('  ·  '), PAGE.margin, 68, oneLine(innerWidth));
}

function drawPlace(doc: Doc, { currency }: TicketOrder, ticket: OrderedTicket): void {
  const top = BAND_HEIGHT + 24;
  field(doc, { label: 'AREA', text: ticket.areaName, x: PAGE.margin, y: top, width: 200 });
  if (ticket.seatLabel !== null) {
    field(doc, { label: 'ROW', text: ticket.rowLabel ?? '', x: 244, y: top, width: 64 });
    field(doc, { label: 'SEAT', text: ticket.seatLabel, x: 320, y: top, width: 68 });
  }
  field(doc, { label: 'NAME', text: ticket.holder ?? '', x: PAGE.margin, y: top + 52, width: 200 });
  const priceText = `${formatMoney(ticket.priceMinor, currency)}, ${ticket.ticketType}`;
  field(doc, { label: 'PRICE', text: priceText, x: 244, y: top + 52, width: 144 });
}

interface Field { label: string; text: string; x: number; y: number; width: number }

function field(doc: Doc, { label, text, x, y, width }: Field): void {
  doc.fillColor(PALE).font('regular').fontSize(7.5).text(label, x, y, { characterSpacing: 1 });
  doc.fillColor(INK).font('bold').fontSize(sizeThatFits(doc, text, { max: 15, min: 8, width }))
    .text(text, x, y + 12, oneLine(width));
}

/** One path of runs of dark modules: a fraction of the size of a square for each. */
function drawQr(doc: Doc, token: string): void {
  // Spelled out, since finding the best mix of modes for such a text costs more than drawing it.
  const { modules } = createQr([{ data: Buffer.from(token), mode: 'byte' }], { errorCorrectionLevel: 'M' });
  const side = QR_SIDE / (modules.size + 2 * QUIET_MODULES);
  const left = (PAGE.width - QR_SIDE) / 2 + QUIET_MODULES * side;
  const top = 250 + QUIET_MODULES * side;
  for (let row = 0; row < modules.size; row++) {
    for (let from = 0; from < modules.size;) {
      let to = from;
      while (to < modules.size && modules.get(row, to)) to += 1;
      if (to > from) doc.rect(left + from * side, top + row * side, (to - from) * side, side);
      from = to + 1;
    }
  }
  doc.fill('#000000');
}

function drawFoot(
  doc: Doc, { orderId, tickets }: TicketOrder, { ticket, page }: { ticket: OrderedTicket; page: number },
): void {
  doc.fillColor(INK).font('regular').fontSize(9)
    .text(ticket.ticketId, PAGE.margin, 476, { ...oneLine(innerWidth), align: 'center' });
  doc.moveTo(PAGE.margin, 520).lineTo(PAGE.width - PAGE.margin, 520).lineWidth(0.5).stroke(PALE);
  doc.fillColor(PALE).fontSize(8)
    .text('Admits one person, once. Whoever shows a copy first is let in, so keep it to yourself.',
      PAGE.margin, 532, { width: innerWidth });
  doc.text(`Order ${orderId}`, PAGE.margin, 556, oneLine(innerWidth - 80));
  const count = `ticket ${page} of ${tickets.length}`;
  doc.text(count, PAGE.margin, 556, { ...oneLine(innerWidth), align: 'right' });
}

const innerWidth = PAGE.width - 2 * PAGE.margin;

function oneLine(width: number) {
  return { width, height: 22, ellipsis: true, lineBreak: false } as const;
}

/** The largest size at which the text is one line of that width; the smallest one cuts it off. */
function sizeThatFits(
  doc: Doc, text: string, { max, min, width = innerWidth }: { max: number; min: number; width?: number },
): number {
  for (let size = max; size > min; size--) {
    if (doc.fontSize(size).widthOfString(text) <= width) return size;
  }
  return min;
}
