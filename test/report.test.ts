import { compile } from "vega-lite";
import { beforeAll, describe, expect, it } from "vitest";
import { resultText } from "../src/cli/result-text.ts";
import { styleOf } from "../src/cli/terminal.ts";
import { figuresOf } from "../src/report/figures-of.ts";
import { PALETTE } from "../src/figures/style.ts";
import { quote } from "../src/report/provenance.ts";
import { renderReport } from "../src/report/render-report.ts";
import { vegaLite } from "../src/figures/vega-lite.ts";
import { renderSvg } from "../src/report/render-svg.ts";
import { decodeResult, encodeResult, type ResultDocument } from "../src/documents/result-kinds.ts";
import { sampleProfile } from "./sample-profile.ts";
import { readingsOf } from "./support/result-with.ts";

/** A copy to be changed by a test. */
function copy(): ResultDocument<"profile"> {
  const document = decodeResult(encodeResult(sampleProfile));
  if (document.schema !== "thalweg/profile@1") throw new Error("The sample is a profile.");
  return document;
}

/** A profile of which only the loss was measured. */
function bare(): ResultDocument<"profile"> {
  const document = copy();
  const nothing = Object.fromEntries(Object.keys(document.result.hessian).map((key) => [key, null]));
  const {
    hessian,
    gradient,
    gaussNewton,
    residual,
    stability,
    noise,
    flatness,
    symmetries,
    layers,
    attribution,
    units,
    lines,
    ...rest
  } = document.result;
  const empty = Object.fromEntries(
    Object.keys({
      gradient,
      gaussNewton,
      residual,
      stability,
      noise,
      flatness,
      symmetries,
      layers,
      attribution,
      units,
      lines,
    }).map((key) => [key, null]),
  );
  const changed = { ...document, result: { ...rest, ...empty, hessian: { ...hessian, ...nothing }, verdicts: [] } };
  const decoded = decodeResult(JSON.stringify(changed));
  if (decoded.schema !== "thalweg/profile@1") throw new Error("The sample is a profile.");
  return decoded;
}

describe("figures", () => {
  const figures = figuresOf(sampleProfile).figures;

  it("are drawn for every measured part, under names of their own", () => {
    expect(new Set(figures.map(({ name }) => name)).size).toBe(figures.length);
    const instruments = sampleProfile.result.sections.map(({ instrument }) => instrument);
    for (const { instrument } of figures) expect(instruments).toContain(instrument);
    expect(figures.length).toBeGreaterThanOrEqual(10);
  });

  it.each(figures.map((figure) => [figure.name, figure] as const))(
    "%s: valid, self-contained, with the table of its numbers",
    async (_, figure) => {
      const warnings: unknown[] = [];
      const logger = { level: () => logger, error: warn, warn, info: () => logger, debug: () => logger };
      function warn(...message: unknown[]) {
        warnings.push(message);
        return logger;
      }
      expect(JSON.parse(JSON.stringify(figure.spec))).toEqual(figure.spec);
      compile(vegaLite(figure.spec), { logger });
      expect(warnings.filter((message) => !String(message).includes("fit-y"))).toEqual([]);
      expect(figure.table.rows.length).toBeGreaterThan(0);
      for (const row of figure.table.rows) expect(row).toHaveLength(figure.table.columns.length);
      const svg = await renderSvg(figure.spec);
      expect(svg).not.toMatch(/NaN|undefined|Infinity|url\((?!#)|href=/);
    },
  );

  it("follow the scheme: no colour of the light one is left in the others", async () => {
    const [figure] = figures;
    const light = new Set<string>(Object.values(PALETTE.light));
    for (const theme of ["dark", "page"] as const) {
      const colours = (await renderSvg(figure.spec, theme)).match(/#[0-9a-f]{6}\b/g) ?? [];
      expect(colours.filter((colour) => light.has(colour))).toEqual([]);
    }
    expect(await renderSvg(figure.spec, "page")).toContain("var(--figure-primary)");
  });

  it.each([
    [
      "what terminals and parsers obey, directions, what is not seen, quotes and markup",
      [
        "\u0000\u0007\u001b[2J\u007f\u0085\u009b\u2028\u2029\ufffe\uffff\ud800" +
          "\u202eabc\u2066\u200b\ufeff" +
          `"'\\\n\t</script><!--]]>&amp;<b>\${datum}{{`,
      ],
    ],
    ["names of JavaScript's own, and with none", ["__proto__", ""]],
  ])("and the report show names with %s", async (_what, names) => {
    const quoted = (name: string | undefined) => `"${JSON.stringify(name).slice(1, -1)}"`;
    const text = names.reduce(
      (all, name, i) => all.replaceAll(quoted(sampleProfile.model?.tensors[i].name), () => quoted(name)),
      encodeResult(sampleProfile),
    );
    const document = decodeResult(text);
    const { figures: drawn, failed } = figuresOf(document);
    expect(failed).toEqual([]);
    expect(drawn.length).toBe(figures.length);
    const pages = [...(await Promise.all(drawn.map(({ spec }) => renderSvg(spec)))), await renderReport(document)];
    for (const page of pages) {
      const shown = page.replace(/<script type="application\/json"[\s\S]*?<\/script>/, "");
      expect(shown).not.toMatch(
        // oxlint-disable-next-line no-control-regex -- They are what is looked for.
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|<b>/,
      );
      expect(shown).not.toContain("could not be drawn");
      expect(page.match(/<\/script>/g) ?? []).toHaveLength(page.startsWith("<svg") ? 0 : 2);
    }
  });

  it("show small numbers beside large ones: a smallest eigenvalue of a millionth does not lie at 0", async () => {
    const document = copy();
    document.result.hessian.bottom = [{ value: -4e-5, residual: 1e-9 }];
    const figure = figuresOf(document).figures.find(({ name }) => name === "extremal-eigenvalues");
    if (figure === undefined) throw new Error("It is drawn.");
    const svg = await renderSvg(figure.spec, "page");
    const height = (tip: string) =>
      Number(new RegExp(`data-tip="${tip}[^"]*"[^>]*translate\\([\\d.]+,([\\d.]+)\\)`).exec(svg)?.[1]);
    const [first, last, bottom] = [height("λ₁ ="), height("λ₁₀ ="), height("λₙ =")];
    expect(last - first).toBeGreaterThan(5);
    expect(bottom - last).toBeGreaterThan(40);
    expect(svg).toContain("−10⁻⁵");
  });

  it("say what each mark shows where a page draws them, and nowhere else", async () => {
    for (const { spec, table } of figures) {
      const page = await renderSvg(spec, "page");
      expect([...page.matchAll(/ data-tip="[^"]+"/g)].length).toBeGreaterThanOrEqual(Math.min(table.rows.length, 2));
      expect(page).not.toMatch(/data-tip="[^"]*(?:undefined|NaN|null)/);
      expect(await renderSvg(spec)).not.toMatch(/data-tip|<path [^>]* opacity="0"/);
    }
  });

  it("are left out where nothing was measured", () => expect(figuresOf(bare()).figures).toEqual([]));

  it("stand a spectrum with numbers that are none", async () => {
    const document = copy();
    document.result.hessian.top = [{ value: Number.NaN, residual: Number.POSITIVE_INFINITY }];
    document.result.gaussNewton = { top: document.result.hessian.top, trace: null };
    for (const { spec } of figuresOf(document).figures) expect(await renderSvg(spec)).not.toContain("NaN");
  });
});

describe("readings", () => {
  it("say n/a and never 0 for what was not measured", () => {
    const { result } = bare();
    const wrong = result.sections
      .filter(({ instrument }) => instrument !== "loss")
      .flatMap(({ instrument }) => readingsOf(instrument, result).filter(({ value }) => value !== "n/a"));
    expect(wrong).toEqual([]);
  });

  it("show the errors of what was", () => {
    const values = ["eigenvalues", "trace", "noise", "spectrum"].flatMap((name) =>
      readingsOf(name, sampleProfile.result).map(({ value }) => value),
    );
    expect(values).toContain("215 ± 3");
    expect(values).toContain("590 ± 120");
    expect(values).toContain("31.0 ± 2.0 %");
  });
});

describe("report", () => {
  let page = "";
  beforeAll(async () => {
    page = await renderReport(sampleProfile);
  });

  it("is one file below 2 MB that asks the network for nothing", () => {
    expect(Buffer.byteLength(page)).toBeLessThan(2e6);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(
      /<link[^>]+href="(?!data:)|<script[^>]+src=|@import|<img|<iframe|url\((?!&quot;#|#|data:)/,
    );
  });

  it("carries the result to the last bit", () => {
    const [, json] = /<script type="application\/json" id="result">([\s\S]*?)<\/script>/.exec(page) ?? [];
    expect(decodeResult(json)).toEqual(sampleProfile);
  });

  it("has every section with its texts, its verdicts in words, checks with figures, and the command", () => {
    for (const { instrument, title } of sampleProfile.result.sections) {
      expect(page).toContain(`<section id="${instrument}"`);
      expect(page).toContain(title);
    }
    for (const word of ["What it does not mean", "What to try next", "warn</span>", "note</span>", "pass</span>"])
      expect(page).toContain(word);
    expect(page).toContain("3.1 × 10⁻⁶");
    expect(page).toContain("thalweg profile &#39;digits mlp.onnx&#39; --data digits --params &#39;*&#39;");
    expect(page).toContain("UCI Machine Learning Repository");
    expect(page.indexOf("ReLU kink")).toBeLessThan(page.indexOf('<ul class="verdicts'));
  });

  it("links only to places that it has, each once", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
    for (const [, target] of page.matchAll(/aria-(?:labelledby|describedby)="([^"]+)"/g)) expect(ids).toContain(target);
  });

  it("never lets a name become markup", async () => {
    const document = copy();
    const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)">&"'`;
    if (document.model === null || document.result.layers === null) throw new Error("The sample has both.");
    document.model.path = hostile;
    document.command = ["profile", hostile];
    document.warnings = [hostile];
    document.result.layers[0].name = hostile;
    document.result.verdicts[0].text = hostile;
    const written = await renderReport(document);
    expect(written).not.toMatch(/<img|<script>alert/);
    expect(written.match(/<script/g)).toHaveLength(2);
  });

  it("says what was skipped, failed or did not converge, near the top", async () => {
    const document = copy();
    const [first, second, third] = document.result.sections;
    Object.assign(first, { status: "failed", reason: "The moon was full." });
    Object.assign(second, { status: "skipped", reason: "No labels." });
    Object.assign(third, { status: "not-converged", reason: "Out of time." });
    const written = await renderReport(document);
    const verdicts = written.indexOf('<ul class="verdicts');
    expect(written.indexOf("The moon was full.")).toBeLessThan(verdicts);
    expect(written.indexOf("Out of time.")).toBeLessThan(verdicts);
    expect(written).toContain("Not measured. No labels.");
  });

  it("says one reason once, and tells what was not reached from what did not converge", async () => {
    const document = bare();
    for (const section of document.result.sections.slice(1)) {
      Object.assign(section, { status: "not-converged", reason: "The time was spent." });
    }
    const written = await renderReport(document);
    const summary = written.slice(written.indexOf("Read this first"), written.indexOf('<section id="loss"'));
    expect(summary.match(/The time was spent\./g)).toHaveLength(1);
    expect(summary).toContain("not reached");
    expect(written).not.toContain("the errors below are wider");
  });

  it("folds a long table of numbers", async () => {
    const document = copy();
    const { layers } = document.result;
    if (layers === null) throw new Error("The sample has layers.");
    document.result.layers = Array.from({ length: 40 }, (_, i) => ({ ...layers[0], name: `block.${i}` }));
    const written = await renderReport(document);
    expect(written).toContain("34 more of these are folded below.");
    const [open] = /<table class="readings" aria-label="Layers: numbers">[\s\S]*?<\/table>/.exec(written) ?? [""];
    expect(open.match(/<tr>/g)).toHaveLength(6);
  });

  it("puts what is to be warned of first, and three verdicts on the first screen", async () => {
    const document = copy();
    document.result.verdicts.push(
      { instrument: "noise", level: "note", text: "Not decided, whether it rains: it may." },
      { instrument: "layers", level: "warn", text: "The last layer is too sharp." },
    );
    const written = await renderReport(document);
    const ids = [...written.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
    const warned = ["layers", "units"];
    expect(ids.slice(0, 3)).toEqual(["summary", ...warned]);
    const first = written.slice(written.indexOf('<section id="summary"'), written.indexOf('<section id="layers"'));
    const texts = [...first.matchAll(/class="level (\w+)"/g)].map(([, level]) => level);
    expect(texts).toEqual(["warn", "warn", "note"]);
    expect(first).not.toContain("whether it rains");
    expect(first).toContain("2 more verdicts stand");
  });

  it("numbers its figures in the order in which they stand, the heroes on the first screen", () => {
    const numbers = [...page.matchAll(/<strong>Figure (\d+)\./g)].map(([, number]) => Number(number));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    const first = page.slice(page.indexOf('<section id="summary"'), page.indexOf('<section id="units"'));
    const heroes = figuresOf(sampleProfile).figures.filter(({ hero }) => hero !== undefined);
    expect(heroes.length).toBe(3);
    for (const { name } of heroes) expect(first).toContain(`<figure id="figure-${name}"`);
  });

  it("shows the section of a measurement that it does not know: title, status and texts", async () => {
    const document = copy();
    const [known] = document.result.sections;
    const unknown = {
      ...known,
      instrument: "tides",
      title: "Tides",
      means: "High water at noon.",
      measures: "Water levels.",
    };
    const readings = [{ label: "Height of the flood", value: "3.21 ± 0.02", note: "above the mean" }];
    document.result.sections.push(
      { ...unknown, readings },
      {
        ...unknown,
        instrument: "moons",
        title: "Moons",
        status: "not-converged",
        reason: "The night was short.",
      },
    );
    const written = await renderReport(document);
    for (const text of [
      "Tides",
      "High water at noon.",
      "Water levels.",
      "Moons",
      "The night was short.",
      "Height of the flood",
    ])
      expect(written).toContain(text);
    expect(written).toContain("Not converged");
    expect(written).not.toContain("Not measured.");
    expect(resultText(document, styleOf(false), { all: true })).toContain(
      "Height of the flood  3.21 ± 0.02  above the mean",
    );
    // A file of a later version, with a part that this one does not know, reads the same.
    const text = encodeResult(document).replace('"result": {', '"result": {\n    "tides": { "height": 3.21 },');
    expect(text).toContain('"tides"');
    expect(await renderReport(decodeResult(text))).toBe(written);
  });

  it("says once what several rows say", () => {
    const [eigenvalues] = /<section id="eigenvalues"[\s\S]*?<\/section>/.exec(page) ?? [""];
    expect(eigenvalues.match(/± the Ritz residual/g)).toHaveLength(1);
  });

  it("explains each term where it comes first, and all of them at the end", () => {
    const terms = [...page.matchAll(/<a class="term" href="#term-([^"]+)" aria-describedby="tip-([^"]+)">/g)];
    expect(terms.length).toBeGreaterThan(5);
    for (const [, target, tip] of terms) {
      expect(page).toContain(`<dt id="term-${target}"`);
      expect(page).toMatch(new RegExp(`<span id="tip-${tip}">[^<]`));
    }
    for (const [, section] of page.matchAll(/<section id="[^"]+"([\s\S]*?)<\/section>/g)) {
      const here = [...section.matchAll(/<a class="term" href="([^"]+)"/g)].map(([, target]) => target);
      expect(new Set(here).size).toBe(here.length);
    }
  });

  it("lets no script run but its own", async () => {
    const [, hash] = /script-src 'sha256-([^']+)'/.exec(page) ?? [];
    const script = page.slice(page.lastIndexOf("<script>") + "<script>".length, page.lastIndexOf("</script>"));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
    expect(hash).toBe(Buffer.from(digest).toString("base64"));
    expect(page).not.toContain("unsafe-eval");
    expect(page).not.toMatch(/(script-src|style-src-elem)[^;]*unsafe-inline/);
  });

  it("has the numbers of each figure to the last bit, in the place that is saved as CSV", () => {
    for (const { name, table } of figuresOf(sampleProfile).figures) {
      const [figure] = new RegExp(`<figure id="figure-${name}"[\\s\\S]*?</figure>`).exec(page) ?? [""];
      const values = [...figure.matchAll(/ data-value="([^"]*)"/g)].map(([, value]) =>
        value === "" ? null : Number(value),
      );
      expect(values).toEqual(table.rows.flat().filter((cell) => typeof cell !== "string"));
    }
  });

  it("is written for a profile with nothing in it", async () => {
    const written = await renderReport(bare());
    expect(written).toContain("n/a");
    expect(written).not.toMatch(/>(?:undefined|null|NaN)</);
  });

  it("writes the same bytes for the same result", async () => expect(await renderReport(sampleProfile)).toBe(page));
});

it("quotes arguments as a shell takes them", () => {
  expect(quote("a/b.onnx")).toBe("a/b.onnx");
  expect(quote("layer1.*")).toBe("'layer1.*'");
  expect(quote("it's")).toBe(String.raw`'it'\''s'`);
  expect(quote("")).toBe("''");
});
