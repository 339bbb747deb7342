import { PALETTE, type Scheme } from "../figures/style.ts";
import { figureVariables } from "./recolour.ts";

/** The page has the colours of its figures, and a few of its own for what is judged. */
function variables(scheme: Scheme, judged: Readonly<Record<string, string>>): string {
  const { paper, ink, quiet, rule, primary } = PALETTE[scheme];
  return (
    Object.entries({ paper, ink, quiet, rule, accent: primary, note: primary, ...judged })
      .map(([name, colour]) => `--${name}:${colour};`)
      .join("") + figureVariables(scheme)
  );
}

const light = variables("light", { panel: "#f7f5ef", pass: "#2b6a3f", warn: "#9c4610", "warn-panel": "#fbf1e6" });
const dark = variables("dark", { panel: "#1e2225", pass: "#93cba0", warn: "#eb9a63", "warn-panel": "#2b211a" });

/** The report's style sheet: one column of text, one of contents, both schemes, and paper. */
export const PAGE_STYLE = `
:root{color-scheme:light;${light}
--serif:"Iowan Old Style","Palatino Linotype",Palatino,"URW Palladio L",P052,"Book Antiqua",Georgia,"Liberation Serif",serif;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root:not([data-scheme=light]){color-scheme:dark;${dark}}}
:root[data-scheme=dark]{color-scheme:dark;${dark}}
*{box-sizing:border-box}
html{scroll-padding-top:1.5rem;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.62 var(--serif);text-rendering:optimizeLegibility}
a{color:var(--accent);text-underline-offset:.17em;text-decoration-thickness:.06em}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:1rem;top:-4rem;background:var(--paper);padding:.5rem 1rem;z-index:2;font-family:var(--sans)}
.skip:focus{top:1rem}
.page{max-width:83rem;margin:0 auto;padding:0 1.5rem}
.masthead{padding:1.6rem 0 1.1rem;border-bottom:1px solid var(--ink);display:flex;gap:1.5rem;justify-content:space-between;align-items:flex-start}
.masthead>div{min-width:0}
.kicker{font:600 .75rem/1.4 var(--sans);letter-spacing:.13em;text-transform:uppercase;color:var(--accent);margin:0 0 .25rem}
h1{font-size:clamp(1.6rem,3.4vw,2.1rem);line-height:1.15;font-weight:600;margin:0 0 .3rem;letter-spacing:-.012em;overflow-wrap:anywhere}
.subtitle{margin:0;color:var(--quiet);font:.9rem/1.55 var(--sans)}
.tools{display:flex;gap:.5rem;flex:none}
button{font:500 .82rem/1 var(--sans);color:var(--ink);background:var(--paper);border:1px solid var(--rule);border-radius:.3rem;padding:.55rem .8rem;cursor:pointer;white-space:nowrap}
button:hover{border-color:var(--quiet)}
[hidden]{display:none!important}
.columns{display:grid;grid-template-columns:minmax(0,1fr);gap:0 2.75rem}
.toc{font:.875rem/1.45 var(--sans);padding:1.25rem 0;border-bottom:1px solid var(--rule)}
.toc h2{font:600 .75rem/1.4 var(--sans);letter-spacing:.1em;text-transform:uppercase;color:var(--quiet);margin:0 0 .5rem}
.toc ol{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem}
.toc a{color:var(--ink);text-decoration:none;display:inline-block;padding:.2rem 0}
.toc a:hover{color:var(--accent);text-decoration:underline}
.toc .mark{color:var(--warn)}
.toc a[aria-current]{color:var(--accent);font-weight:600}
main{min-width:0;padding-bottom:4rem}
@media (min-width:66rem){
.columns{grid-template-columns:11.5rem minmax(0,1fr)}
.toc{border:0;padding-top:1.8rem}
.toc a{padding:.12rem 0}
.toc a[aria-current]{box-shadow:-.75rem 0 0 -.6rem var(--accent)}
.toc>div{position:sticky;top:1.75rem;max-height:calc(100vh - 3.5rem);overflow-y:auto}
.toc ol{display:block}
}
section{padding-top:1.5rem}
section+section{margin-top:1.5rem;border-top:1px solid var(--rule)}
h2{font-size:1.35rem;line-height:1.25;font-weight:600;margin:0 0 .7rem;letter-spacing:-.006em}
h3{font:600 .95rem/1.4 var(--sans);margin:1.6rem 0 .4rem}
p{margin:0 0 .7rem;hanging-punctuation:first}
.aside{color:var(--quiet);font:.875rem/1.55 var(--sans)}
.key{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.9rem,1fr));gap:.8rem 1rem;margin:1.1rem 0 .8rem}
.key div{border-top:2px solid var(--ink);padding-top:.5rem;min-width:0}
.key dt{font:.8rem/1.4 var(--sans);color:var(--quiet);display:flex;justify-content:space-between;gap:0 .4rem;align-items:baseline;flex-wrap:wrap}
.key dd{margin:.2rem 0 0;font-size:1.06rem;line-height:1.3;font-variant-numeric:lining-nums tabular-nums}
.key .error{display:block;font:.8rem/1.35 var(--sans);color:var(--quiet);font-variant-numeric:tabular-nums}
.verdicts{list-style:none;margin:0;padding:0}
.verdicts li{display:grid;grid-template-columns:4.6rem minmax(0,1fr);gap:0 .9rem;padding:.3rem 0;font-size:1rem;line-height:1.5}
.verdicts.here{margin-bottom:.7rem}
.verdicts.here li{grid-template-columns:minmax(0,1fr)}
sub{font-size:.72em;line-height:0}
.level{font:600 .82rem/1.9 var(--sans);white-space:nowrap}
.level svg{width:.72em;height:.72em;margin-right:.45em;fill:currentColor}
.pass{color:var(--pass)}.note{color:var(--note)}.warn{color:var(--warn)}
.caveats{background:var(--warn-panel);border-left:3px solid var(--warn);padding:.6rem 1rem;margin:0 0 .9rem;font-size:.95rem;line-height:1.5}
.caveats h3{margin:0 0 .3rem}
.caveats ul{margin:0;padding-left:1.1rem}
.state{font:600 .82rem/1.5 var(--sans);color:var(--warn);margin:0 0 .8rem}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;width:100%;font:.875rem/1.45 var(--sans);font-variant-numeric:lining-nums tabular-nums}
th,td{text-align:left;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
thead th{font-weight:600;border-bottom:1px solid var(--ink)}
tbody th{font-weight:500}
.filter label{font:.875rem/1.5 var(--sans);color:var(--quiet)}
.filter{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;font:.875rem/1.5 var(--sans)}
.filter[hidden]{display:none}
.filter select{font:inherit;color:var(--ink);background:var(--panel);border:1px solid var(--rule);border-radius:.3rem;padding:.3rem .4rem;margin-left:.5rem;max-width:min(18rem,100%)}
.filter input{font:inherit;color:var(--ink);background:var(--panel);border:1px solid var(--rule);border-radius:.3rem;padding:.3rem .6rem;margin-left:.5rem;width:14rem;max-width:100%}
.index td:first-child{font-weight:600}
.index td:nth-child(2){min-width:13rem}
.number{text-align:right;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
.readings{margin:0 0 .9rem;border-top:1px solid var(--ink)}
.readings th,.readings td{padding-top:.32rem;padding-bottom:.32rem}
.readings.all th{width:30%}
.readings th math{color:var(--quiet);margin-left:.35em}
.readings:not(.all) .value{text-align:right}
.readings .value{white-space:nowrap}
.more{max-width:52rem}
.more p,.more ul{margin:.5rem 0}
.more ul{padding-left:1.1rem}
.readings .how{color:var(--quiet);line-height:1.5}
.explain{margin:0}
.explain dt{font:600 .82rem/1.5 var(--sans);color:var(--ink);margin:.9rem 0 .1rem}
.explain dd{margin:0}
.explain dd{font:1rem/1.55 var(--serif)}
.term{color:inherit;text-decoration:underline dotted;text-decoration-color:var(--accent)}
.tip{position:fixed;z-index:3;max-width:min(24rem,calc(100vw - 1rem));background:var(--ink);color:var(--paper);font:.82rem/1.45 var(--sans);padding:.35rem .6rem;border-radius:.3rem;pointer-events:none}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
figure{margin:0;min-width:0;position:relative}
figure+figure{margin-top:1.1rem}
.bar{float:right;display:flex;gap:.3rem;margin:.3rem 0 0 1rem}
.bar button{padding:.28rem .45rem;font-size:.72rem;color:var(--quiet);min-width:1.6rem}
.drawing{max-width:600px}
.drawing.side{max-width:430px}
.drawing.zoomed{cursor:grab;touch-action:none}
.drawing.zoomed svg{overflow:hidden!important}
.ring{fill:none;stroke:var(--ink);stroke-width:1.5px;vector-effect:non-scaling-stroke}
figure .drawing svg{font-family:var(--sans);display:block;width:100%;height:auto;overflow:visible}
.narrow{display:none}
figcaption{font:.875rem/1.55 var(--sans);color:var(--quiet);max-width:42.5rem;margin-bottom:.3rem}
figcaption strong{color:var(--ink);display:block;font-weight:600}
details{font:.875rem/1.5 var(--sans);margin-top:.3rem}
summary{cursor:pointer;color:var(--accent);width:max-content;max-width:100%;padding:.2rem 0}
details table{margin-top:.4rem}
details .scroll{max-height:22rem;overflow:auto}
.command{position:relative;background:var(--panel);border:1px solid var(--rule);border-radius:.3rem;margin:.4rem 0 1rem}
.command pre{margin:0;padding:.85rem 1rem;font:.85rem/1.6 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere}
.command button{position:absolute;right:.45rem;top:.42rem}
.command:has(button:not([hidden])) pre{padding-right:6rem}
code{white-space:nowrap}
code,.hash{font-family:var(--mono);font-size:.86em;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:minmax(6.5rem,max-content) minmax(0,1fr);gap:.3rem 1.5rem;font:.875rem/1.55 var(--sans);margin:0 0 1rem}
.facts dt{color:var(--quiet)}
.facts dd{margin:0;overflow-wrap:anywhere}
.glossary dt{font-weight:600;font-size:1.05rem;margin-top:1.4rem}
.glossary dd{margin:.15rem 0 0}
.glossary .formula{overflow-x:auto;overflow-y:hidden;padding:.35rem 0}
.glossary .source{font:.82rem/1.5 var(--sans);color:var(--quiet)}
footer{border-top:1px solid var(--rule);padding:1.2rem 0 2.5rem;font:.82rem/1.6 var(--sans);color:var(--quiet)}
math{font-style:normal}
@media (max-width:77.99rem){
.story>div+div{margin-top:.9rem}
.hero>div+div{margin-top:1.1rem}
}
@media (min-width:78rem){
.story,.hero{display:grid;grid-template-columns:minmax(0,600px) minmax(0,1fr);gap:0 2.5rem;align-items:start}
}
.hero{margin-top:.8rem}
.hero>div:empty{display:none}
@media (max-width:36rem){
body{font-size:1rem}
.page{padding:0 1.1rem}
.masthead{padding-top:1.5rem;flex-direction:column-reverse;gap:.9rem}
.tools{align-self:stretch;justify-content:flex-end}
.wide{display:none}
.narrow{display:block}
.key{grid-template-columns:repeat(2,minmax(0,1fr))}
.readings.all,.readings.all tbody,.readings.all tr,.readings.all th,.readings.all td{display:block;width:auto!important}
.readings.all tr{border-bottom:1px solid var(--rule);padding:.55rem 0}
.readings.all th,.readings.all td{border:0;padding:0}
.verdicts li{grid-template-columns:minmax(0,1fr)}
.facts{grid-template-columns:minmax(0,1fr);gap:0}
.facts dd{margin-bottom:.5rem}
}
@media print{
:root,:root[data-scheme],:root:not([data-scheme=light]){color-scheme:light;${light}--paper:#fff;--figure-paper:#fff}
body{font-size:10.5pt}
.page{max-width:none;padding:0}
.columns{display:block}
.toc,.tools,.skip,.screen,.command button,.bar,.tip,.numbers-of summary,.numbers-of .scroll{display:none}
.masthead{padding-top:0}
section,section+section{margin-top:1.2rem;padding-top:1.2rem}
h2,h3,figcaption,.explain dt,.glossary dt,.glossary .formula{break-after:avoid}
p,dd{orphans:3;widows:3}
.scroll,details .scroll{overflow:visible;max-height:none}
.scroll table{font-size:7.5pt}
.scroll th,.scroll td{padding-right:.4rem;overflow-wrap:break-word}
figure,tr,footer,.verdicts li,.key div{break-inside:avoid}
a{color:inherit;text-decoration:none}
@page{margin:18mm 20mm}
}
`;
