import { html } from 'ghtml';

/**
 * The frame of every CMS page. `ghtml` escapes each `${…}` of a template; only HTML that another template has
 * made may go in raw, with `!${…}`.
 */
export interface PageContent {
  title: string;
  /** none: a page for buyers, which leads nowhere else */
  section?: 'shows' | 'orders';
  /** HTML made by a template */
  body: string;
}

/**
 * A whole HTML document. No script, no font and no picture from elsewhere: see the CSP in `cms-routes.ts`.
 */
export function pageFrame({ title, section, body }: PageContent): string {
  const current = (name: string): string => (name === section ? 'page' : 'false');
  const nav = html`<a class="brand" href="/cms/shows">Box office</a>
<nav>
<a href="/cms/shows" aria-current="${current('shows')}">Shows</a>
<a href="/cms/orders" aria-current="${current('orders')}">Orders</a>
</nav>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Box office</title>
<link rel="stylesheet" href="/cms/cms.css">
<link rel="icon" href="data:,">
</head>
<body>
<header class="top">
!${section === undefined ? '<span class="brand">Box office</span>' : nav}
</header>
<main>
!${body}
</main>
</body>
</html>
`;
}
