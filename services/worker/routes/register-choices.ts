import type { FastifyInstance, FastifyReply } from 'fastify';
import { html } from 'ghtml';
import { formatTime } from '../../shared/contracts/format-time.ts';
import { loadSql } from '../../shared/platform/pg.ts';
import type { Pool } from '../../shared/platform/pg.ts';

const sql = {
  readChoice: loadSql(import.meta.url, '../recalls/sql/read-choice.sql'),
  noteChoice: loadSql(import.meta.url, '../recalls/sql/note-choice.sql'),
};

interface Choice {
  saleId: string;
  orderId: string;
  state: 'to_ask' | 'asked' | 'kept' | 'to_cancel' | 'cancelled' | 'refused';
  newDate: Date | null;
  answerBy: Date | null;
  reason: string;
  isOpen: boolean;
  showName: string;
}

type One = { Params: { token: string } };
const PATH = '/choices/:token';
const FORM_BYTES_MAX = 1_024;
const STATES = { keep: 'kept', refund: 'to_cancel' } as const;

const SAID: Record<Choice['state'], string> = {
  to_ask: 'The time to choose is over: your tickets are good for the new date.',
  asked: 'The time to choose is over: your tickets are good for the new date.',
  kept: 'You keep your tickets: they are good for the new date.',
  to_cancel: 'Your tickets are being cancelled. Your money goes back the way it was paid.',
  cancelled: 'Your tickets were cancelled. Your money goes back the way it was paid.',
  refused: 'Your tickets could not be cancelled by themselves: the box office will look into it.',
};

/** Where buyers of a moved show keep their tickets or have their money back. Who has the link may. */
export function registerChoices(app: FastifyInstance, { pool }: { pool: Pool }): void {
  app.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', {
      parseAs: 'string', bodyLimit: FORM_BYTES_MAX,
    }, (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))));

    scope.get<One>(PATH, async (request, reply) => show(reply, await read(pool, request.params.token)));

    scope.post<One & { Body: Record<string, string> | null }>(PATH, async (request, reply) => {
      const { params: { token }, body } = request;
      const chosen = body?.['choice'];
      if (chosen === 'keep' || chosen === 'refund') await pool.query(sql.noteChoice, [token, STATES[chosen]]);
      return show(reply, await read(pool, token));
    });
  });
}

async function read(pool: Pool, token: string): Promise<Choice | undefined> {
  return (await pool.query<Choice>(sql.readChoice, [token])).rows[0];
}

function show(reply: FastifyReply, choice: Choice | undefined): FastifyReply {
  const page = choice === undefined ? pageOf('No such choice', html`<p>The address may be mistyped.</p>`)
    : pageOf(choice.showName, bodyOf(choice));
  return reply.code(choice === undefined ? 404 : 200).type('text/html; charset=utf-8')
    .header('cache-control', 'no-store').header('referrer-policy', 'no-referrer')
    .header('content-security-policy', "default-src 'none'; form-action 'self'; base-uri 'none'; "
      + "frame-ancestors 'none'")
    .send(page);
}

function bodyOf({ state, newDate, answerBy, reason, isOpen, orderId }: Choice): string {
  const told = html`<p>The new date is <b>${newDate === null ? '' : formatTime(newDate)}</b>. ${reason}</p>
<p>Order ${orderId}.</p>`;
  const isAsked = state === 'to_ask' || state === 'asked';
  if (!isOpen || !isAsked) return html`!${told}<p><b>${SAID[state]}</b></p>`;
  return html`!${told}
<p>Please choose until ${answerBy === null ? '' : formatTime(answerBy)}.
Who says nothing keeps the tickets.</p>
<form method="post">
<p><button name="choice" value="keep">Keep the tickets</button></p>
<p><button name="choice" value="refund">Money back</button></p>
</form>`;
}

function pageOf(title: string, main: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
</head>
<body>
<main>
<h1>${title}</h1>
!${main}
</main>
</body>
</html>
`;
}
