import t from 'tap';
import { messageIdOf } from '../../../services/worker/message-id-of.ts';

t.test('the id of a message is of event, sale and webhook', async (t) => {
  const id = messageIdOf('w', 's', 'e');
  t.match(id, /^msg_[\w-]{27}$/);
  t.equal(messageIdOf('w', 's', 'e'), id);
  for (const other of [messageIdOf('x', 's', 'e'), messageIdOf('w', 'x', 'e'), messageIdOf('w', 's', 'x')]) {
    t.not(other, id);
  }
});
