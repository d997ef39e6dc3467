/**
 * The shapes that the selling API sends (DESIGN section 7), as far as these pages read them. Types only:
 * the browser never loads this file.
 *
 * @typedef {{ seatId: string, label: string, x: number, y: number, categoryId: string, accessible?: true,
 *   companion?: true }} Seat
 * @typedef {{ rowId: string, seats: Seat[] }} Row
 * @typedef {{ categoryId: string, name: string, prices: Record<string, number> }} Category prices in minor
 *   units
 * @typedef {{ areaId: string, name: string, kind: 'seated' | 'general', capacity: number, categoryId?:
 *   string, rows?: Row[] }} Area
 * @typedef {{ feeId: string, name?: string, per: 'ticket' | 'order', amount?: number, percent?: number }}
 *   FeeRule
 * @typedef {{ taxId: string, name?: string, percent: number, included: boolean }} TaxRule
 * @typedef {{ groupId: string, capacity: number, areaIds: string[], parentId?: string }} Group
 * @typedef {'draft' | 'open' | 'paused' | 'closed' | 'recovering'} SaleState
 * @typedef {{ saleId: string, name: string, state: SaleState, currency: string, opensAt: string | null,
 *   closesAt: string | null, holdSeconds: number, holdSecondsMax: number, buyerLimit: number,
 *   paymentMethods: string[], categories: Category[], areas: Area[], holdLimit?: number, groups?: Group[],
 *   channels?: { channelId: string }[], fees?: FeeRule[], taxes?: TaxRule[] }} Sale what is optional here is
 *   missing from a selling service of the release before
 * @typedef {{ areaId: string, kind: 'seated' | 'general', capacity: number, free: number, held: number,
 *   sold: number, blocked?: number, reserved?: number }} AreaAvailability reserved: of `free`, for channels
 * @typedef {{ saleId: string, state: SaleState, seq: number, areas: AreaAvailability[], groups?: { groupId:
 *   string, free: number }[], venue?: { free: number } }} Availability
 * @typedef {{ saleId: string, seq: number, areas: { areaId: string, states: string }[] }} SeatStates one
 *   character per seat in the order of the layout: 0 free, h held, s sold, b blocked; free
 *   for some: w accessible, c beside it, A and on for channels
 * @typedef {{ feeId: string, amount: number }} Fee
 * @typedef {{ taxId: string, amount: number, included: boolean }} Tax
 * @typedef {{ areaId: string, seatId?: string, seatLabel?: string, ticketType: string, price: number, fees?:
 *   Fee[], taxes?: Tax[] }} HoldItem one ticket
 * @typedef {{ holdId: string, status?: 'live' | 'released' | 'expired' | 'ordered', items: HoldItem[],
 *   fees?: Fee[], taxes?: Tax[], total: number, currency: string, together?: boolean, expiresAt: string,
 *   expiresAtMax: string }} Hold
 * @typedef {{ ticketId: string, code: string, areaId: string, seatId?: string, seatLabel?: string,
 *   ticketType: string }} Ticket
 * @typedef {{ method: string, attempt: number, deadline?: string, redirectUrl?: string, clientSecret?: string
 *   }} OrderPayment `deadline`: until then the order owns its places
 * @typedef {{ orderId: string, holdId: string, status: 'confirmed' | 'pending' | 'failed' | 'expired' |
 *   'cancelled', waitingFor?: 'log' | 'payment', payment?: OrderPayment, items: HoldItem[], tickets:
 *   Ticket[], fees?: Fee[], taxes?: Tax[], total: number, currency: string, confirmedAt?: string | null }}
 *   Order
 * @typedef {{ seatIds: string[], ticketType?: string, accessible?: boolean } | { areaId: string, quantity:
 *   number, ticketType?: string } | { areaId?: string, categoryId?: string, bestAvailable: number, adjacent?:
 *   'required' | 'preferred' | 'any', accessible?: boolean }} RequestItem
 */
export {};
