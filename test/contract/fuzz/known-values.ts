/**
 * A value that exists: `holdId` number 17 of those seen so far. What is generated names it, and only when it
 * is sent does it become a text, so that a seed generates the same requests whatever ids a run has.
 */
export class Known {
  readonly name: string;
  readonly at: number;

  constructor(name: string, at: number) {
    this.name = name;
    this.at = at;
  }
}

/** Ids and codes are worth remembering; a title or a time is not. */
const REMEMBERED = /(Id|Type|[cC]ode|[mM]ethod|[pP]ass)$/;
const PER_NAME_MAX = 400;

/** Names of requests under which answers give the same thing another name. */
const ALIASES: Record<string, string> = {
  method: 'paymentMethod', accessCode: 'code', promotionCode: 'code', seat_guid: 'seatId',
};

/** What the answers of the API have named so far, by field name and sale. */
export class KnownValues {
  #bySale = new Map<string, Map<string, string[]>>();

  /** Whether there is anything under the name, of whichever sale. */
  has(name: string): boolean {
    const stored = storedName(name);
    return [...this.#bySale.values()].some((values) => values.has(stored));
  }

  /** Remembers all ids and codes in what was sent or answered about a sale. */
  note(saleId: string, json: unknown): void {
    if (Array.isArray(json)) for (const one of json) this.note(saleId, one);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return;
    for (const [name, value] of Object.entries(json)) {
      const stored = storedName(name);
      for (const one of Array.isArray(value) ? value : [value]) {
        if (typeof one === 'string' && REMEMBERED.test(stored)) this.#add(saleId, stored, one);
        else this.note(saleId, one);
      }
    }
  }

  /** The text that it stands for in a request about that sale; its own name if there is none. */
  resolve(saleId: string, { name, at }: Known): string {
    const values = this.#bySale.get(saleId)?.get(storedName(name)) ?? this.#anyOf(storedName(name));
    return values[at % values.length] ?? name;
  }

  #add(saleId: string, name: string, value: string): void {
    const ofSale = this.#bySale.get(saleId) ?? new Map<string, string[]>();
    this.#bySale.set(saleId, ofSale);
    const values = ofSale.get(name) ?? [];
    ofSale.set(name, values);
    if (values.includes(value)) return;
    if (values.length < PER_NAME_MAX) values.push(value);
    // The last half makes room, so that what the set-up made stays.
    else values.splice(PER_NAME_MAX / 2, 1, value);
  }

  #anyOf(name: string): string[] {
    for (const values of this.#bySale.values()) {
      const found = values.get(name);
      if (found !== undefined) return found;
    }
    return [];
  }
}

/** `seatIds` are many of what is one `seatId`. */
function storedName(name: string): string {
  const one = name.replace(/s$/, '');
  return ALIASES[one] ?? one;
}
