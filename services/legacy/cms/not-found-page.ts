import { html } from 'ghtml';
import { pageFrame } from './page-frame.ts';

/** Says what was not found and where to go on. */
export function notFoundPage(what: 'show' | 'order', id: string): string {
  const body = html`<h1>Not found</h1>
<p>There is no ${what} <b>${id}</b>.</p>
<p><a class="button" href="/cms/${what}s">All ${what}s</a></p>`;
  return pageFrame({ title: 'Not found', section: `${what}s`, body });
}
