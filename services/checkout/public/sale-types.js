/**
 * The shapes that the selling API sends (DESIGN section 7), as far as these pages read them. Types only:
 * the browser never loads this file.
 *
 * @typedef {{ seatId: string, label: string, x: number, y: number, categoryId: string }} Seat
 * @typedef {{ rowId: string, seats: Seat[] }} Row
 * @typedef {{ categoryId: string, name: string, prices: Record<string, number> }} Category prices in minor
 *   units
 * @typedef {{ areaId: string, name: string, kind: 'seated' | 'general', capacity: number, categoryId?:
 *   string, rows?: Row[] }} Area
 * @typedef {'draft' | 'open' | 'paused' | 'closed' | 'recovering'} SaleState
 * @typedef {{ saleId: string, name: string, state: SaleState, currency: string, opensAt: string | null,
 *   closesAt: string | null, holdSeconds: number, holdSecondsMax: number, buyerLimit: number,
 *   paymentMethods: string[], categories: Category[], areas: Area[] }} Sale
 * @typedef {{ areaId: string, kind: 'seated' | 'general', capacity: number, free: number, held: number,
 *   sold: number }} AreaAvailability
 * @typedef {{ saleId: string, state: SaleState, seq: number, areas: AreaAvailability[] }} Availability
 * @typedef {{ saleId: string, seq: number, areas: { areaId: string, states: string }[] }} SeatStates one
 *   character per seat in the order of the layout: 0 free, h held, s sold, b blocked
 * @typedef {{ areaId: string, seatId?: string, seatLabel?: string, ticketType: string, price: number }}
 *   HoldItem
 * @typedef {{ holdId: string, status?: 'live' | 'released' | 'expired' | 'ordered', items: HoldItem[],
 *   total: number, currency: string, expiresAt: string, expiresAtMax: string }} Hold
 * @typedef {{ ticketId: string, code: string, areaId: string, seatId?: string, seatLabel?: string,
 *   ticketType: string }} Ticket
 * @typedef {{ orderId: string, holdId: string, status: 'confirmed' | 'pending', items: HoldItem[], tickets:
 *   Ticket[], total: number, currency: string, confirmedAt: string | null }} Order
 * @typedef {{ seatIds: string[], ticketType?: string } | { areaId: string, quantity: number, ticketType?:
 *   string } | { areaId: string, bestAvailable: number, adjacent?: 'required' | 'preferred' | 'any',
 *   ticketType?: string }} RequestItem
 */
export {};
