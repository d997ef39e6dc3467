import { html } from 'ghtml';
import type { Assets } from './assets.ts';

interface Shell {
  assets: Assets;
  title: string;
  /** body of the page, already HTML */
  main: string;
  /** browser module that brings the page to life */
  entry?: string;
  /** data attributes of the body, for that module */
  data?: Record<string, string>;
}

/** Modules that are a page's own, and the one that only describes types: no other page loads them ahead. */
const NOT_PRELOADED = ['show-page.js', 'order-page.js', 'sale-types.js'];

/** One HTML document. Texts are escaped; scripts and styles come from files only, as the CSP demands. */
export function pageShell({ assets, title, main, entry, data = {} }: Shell): string {
  const shared = assets.modules.filter((file) => !NOT_PRELOADED.includes(file));
  const icon = assets.url('icon.svg');
  const noScript = html`<noscript
    ><p class="notice bad">Buying tickets here needs JavaScript.</p></noscript
  >`;
  const attributes = Object.entries(data).map(([name, value]) => html` data-${kebab(name)}="${value}"`);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.url('style.css')}">
!${
    entry === undefined
      ? ''
      : html`!${shared.map((file) => html`<link rel="modulepreload" href="${assets.url(file)}" />`)}
          <script type="module" src="${assets.url(entry)}"></script>`
  }
</head>
<body!${attributes}>
<div id="banner" class="banner" role="alert" hidden></div>
<header class="site"><a class="brand" href="/"><img src="${icon}" alt=""> onsale</a></header>
<main>!${main}
!${entry === undefined ? '' : noScript}
</main>
</body>
</html>
`;
}

/** saleId → sale-id, as `dataset` reads it back */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
