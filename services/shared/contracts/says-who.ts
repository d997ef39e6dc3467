/** What is known of an operator who does something, beside the name. */
export interface OperatorSays {
  role?: string | undefined;
  /** the address that the request came from */
  from?: string | undefined;
  /** why, in their own words */
  why?: string | undefined;
}

/** Of `actorwhy`, in UTF-16 units; more is cut off. It travels with every event of a call. */
export const WHY_CHARS_MAX = 200;

/** The attributes of an event that say it; none for what is not known. */
export function saysWho(
  { role = '', from = '', why = '' }: OperatorSays,
): { actorrole?: string; actorfrom?: string; actorwhy?: string } {
  const reason = plainWhy(why);
  return {
    ...role !== '' && { actorrole: role },
    ...from !== '' && { actorfrom: from },
    ...reason !== '' && { actorwhy: reason },
  };
}

/** As the context of an event carries it: printable ASCII without blanks (contracts/outbox.ts). */
export function packDoer({ role = '', from = '', why = '' }: OperatorSays): string {
  return [role, from, plainWhy(why)].map(encodeURIComponent).join();
}

/** Reads what `packDoer` wrote. */
export function readDoer(text: string): OperatorSays {
  const [role, from, why] = text.split(',').map(decodeURIComponent);
  return { role, from, why };
}

/** One line, with nothing in it that a terminal would obey or that cannot be encoded. */
function plainWhy(why: string): string {
  return why.toWellFormed().replaceAll(/\p{C}+/gu, ' ').trim().slice(0, WHY_CHARS_MAX).toWellFormed();
}
