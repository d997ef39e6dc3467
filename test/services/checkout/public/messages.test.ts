import t from 'tap';
import { REASONS } from '../../../../services/shared/contracts/reasons.ts';
import { loadBrowserModule } from '../load-browser-module.ts';

interface Messages {
  MESSAGES: Record<string, { title: string; advice: string }>;
  NOT_FOR_BUYERS: string[];
  messageFor(code: string): { title: string; advice: string };
}

/** What the browser alone can notice. */
const OF_THE_BROWSER = ['no_answer', 'no_connection', 'order_lost'];

const { MESSAGES, NOT_FOR_BUYERS, messageFor } = await loadBrowserModule<Messages>('messages.js');

t.test('every reason of the catalogue has its sentences for the buyer, and none is left over', async (t) => {
  const told = [...Object.keys(MESSAGES), ...NOT_FOR_BUYERS].toSorted();
  t.same(told, [...Object.keys(REASONS), ...OF_THE_BROWSER].toSorted());
});

t.test('each says what happened and what to do', async (t) => {
  for (const [code, { title, advice }] of Object.entries(MESSAGES)) {
    t.match(title, /^[A-Z].*\.$/, code);
    t.match(advice, /^[A-Z].*\.$/, code);
  }
});

t.test('a code of the future gets the general sentence', async (t) => {
  t.equal(messageFor('a_code_of_the_future'), MESSAGES['internal_error']);
});
