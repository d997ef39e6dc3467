import { createLogFold } from '../../services/shared/contracts/log-fold.ts';
import type { LogFold } from '../../services/shared/contracts/log-fold.ts';
import type { Judgement } from '../../services/shared/contracts/log-rule.ts';
import type { SimParts } from './sim-world.ts';

const ACCEPTED: Judgement = { verdict: 'accepted', reason: '' };

/** Mistakes that somebody could make, each of which breaks a promise in some history. */
export const BROKEN_PARTS: Record<string, Partial<SimParts>> = {
  'a relay accepts what comes after a gap': { createRelayFold: acceptsGaps },
  'a reader accepts what comes after a gap': { createReaderFold: acceptsGaps },
  'a relay lets the last of two rivals win': { createRelayFold: lastWins },
  'a reader lets the last of two rivals win': { createReaderFold: lastWins },
  'a relay takes what it has forgotten for a contradiction': { createRelayFold: forgetsIds },
  'a relay announces what it has sent': { announcesOnSend: true },
  'a relay trims the outbox past what is open': { trimsPastOpen: true },
  'a relay sets events aside and lets the sale go on': { suspendsNobody: true },
  'readers take children before their parents': { readsChildrenFirst: true },
  'a reader moves on from what it could not store': { losesBatches: true },
  'the API goes by positions': { acknowledgesByPosition: true },
};

function acceptsGaps(): LogFold {
  const fold = createLogFold();
  const { judge } = fold;
  fold.judge = (event, acceptedBefore) => {
    if (event.seq <= fold.head(event.saleId).seq + 1) return judge(event, acceptedBefore);
    fold.setHead(event.saleId, { seq: event.seq, id: event.id });
    return ACCEPTED;
  };
  return fold;
}

function lastWins(): LogFold {
  const fold = createLogFold();
  const { judge } = fold;
  fold.judge = (event, acceptedBefore) => {
    const head = fold.head(event.saleId);
    if (event.seq !== head.seq || event.id === head.id) return judge(event, acceptedBefore);
    fold.setHead(event.saleId, { seq: event.seq, id: event.id });
    return ACCEPTED;
  };
  return fold;
}

/** Knows the heads only. */
function forgetsIds(): LogFold {
  const fold = createLogFold();
  const { standing } = fold;
  fold.standing = (event) => {
    const known = standing(event);
    const isOld = known === 'unknown' || (known === 'accepted' && event.seq < fold.head(event.saleId).seq);
    return isOld ? 'contradicted' : known;
  };
  return fold;
}
