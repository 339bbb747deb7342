import { markup, raw, type Html } from "./html.ts";
import { PAGE_SCRIPT } from "./page-script.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** A part of the page that the table of contents lists. */
export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
  /** Said beside the title in the table of contents. */
  readonly flag?: string;
}

export interface Page {
  readonly title: string;
  readonly kicker: string;
  readonly heading: string;
  readonly subtitle: string;
  readonly sections: readonly PageSection[];
  readonly footer: Html;
  /** JSON text that travels with the page. */
  readonly json: string;
}

/** What a content security policy calls the text of an element by. */
async function hashOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `'sha256-${btoa(String.fromCharCode(...digest))}'`;
}

/** The frame of a report: one file that needs nothing else. */
export async function renderPage({ title, kicker, heading, subtitle, sections, footer, json }: Page): Promise<string> {
  // Attributes of formulas move glyphs; sheets and scripts are these alone.
  const policy = `default-src 'none'; style-src-elem ${await hashOf(PAGE_STYLE)}; style-src-attr 'unsafe-inline'; script-src ${await hashOf(PAGE_SCRIPT)}; img-src data:`;
  const contents = sections.map(
    ({ id, title: name, flag }) =>
      markup`<li><a href="#${id}">${name}${flag && markup` <span class="mark">${flag}</span>`}</a></li>`,
  );
  const bodies = sections.map(
    ({
      id,
      title: name,
      body,
    }) => markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${name}</h2>
${body}
</section>
`,
  );
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${raw(policy)}">
<meta name="generator" content="Thalweg">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${raw(PAGE_STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the results</a>
<div class="page">
<header class="masthead">
<div><p class="kicker">${kicker}</p><h1>${heading}</h1><p class="subtitle">${subtitle}</p></div>
<div class="tools"><button type="button" id="save" hidden>Save JSON</button><button type="button" id="scheme" hidden>Dark</button></div>
</header>
<div class="columns">
<nav class="toc" aria-labelledby="contents-title"><div><h2 id="contents-title">Contents</h2><ol>${contents}</ol></div></nav>
<main id="main" tabindex="-1">
${bodies}</main>
</div>
<footer>${footer}</footer>
</div>
<script type="application/json" id="result">${raw(json.replaceAll("<", String.raw`\u003c`))}</script>
<script>${raw(PAGE_SCRIPT)}</script>
</body>
</html>
`.text;
}
