import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeResult } from "../src/documents/result-kinds.ts";
import { indexFilter } from "../src/report/index-filter.ts";
import { renderReport } from "../src/report/render-report.ts";

const CHROMIUM = "/usr/bin/chromium";
const ATLAS = "docs/atlas/atlas.json";
const document = decodeResult(readFileSync(ATLAS, "utf8"), ATLAS);

let browser: Browser;
let folder: string;
let page: Page;

beforeAll(async () => {
  if (!existsSync(CHROMIUM)) throw new Error(`These tests need ${CHROMIUM}: apt-get install chromium.`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  folder = mkdtempSync(join(tmpdir(), "thalweg-index-"));
  const file = join(folder, "index.html");
  writeFileSync(file, await renderReport(document));
  page = await browser.newPage();
  page.setDefaultTimeout(5000);
  await page.goto(pathToFileURL(file).href);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

/** The first cells of the rows that are to be seen. */
const seen = () => page.locator("table.index tbody tr:visible td:first-child").allTextContents();

const choose = (label: string, entry: string) => page.getByLabel(label, { exact: true }).selectOption(entry);

describe("the index of an atlas", () => {
  const rows = document.sections?.flatMap(({ title, table }) => table?.rows.map((row) => ({ title, row })) ?? []) ?? [];
  const idsOf = (isSo: (each: (typeof rows)[number]) => boolean) => rows.filter(isSo).map(({ row }) => row[0]);

  it("is narrowed by verdict, by topic, by both and by words", async () => {
    expect(await seen()).toEqual(idsOf(() => true));
    await choose("verdict", "holds");
    const holding = idsOf(({ row }) => row[2] === "holds");
    expect(holding.length).toBeGreaterThan(5);
    expect(await seen()).toEqual(holding);
    await choose("section", "Saddle dynamics");
    const both = idsOf(({ row, title }) => row[2] === "holds" && title === "Saddle dynamics");
    expect(both.length).toBeGreaterThan(1);
    expect(await seen()).toEqual(both);
    await page.getByLabel("Show what speaks of").fill("momentum");
    expect(await seen()).toEqual(["C5"]);
    await page.getByLabel("Show what speaks of").fill("");
    await choose("verdict", "");
    await choose("section", "");
    expect(await seen()).toEqual(idsOf(() => true));
  });

  it("offers no column whose entries are as many as its rows, and nothing where no row leads to a page", () => {
    const table = (links?: string[]) => ({
      columns: ["a", "b"],
      rows: [
        ["x", "1"],
        ["y", "1"],
        ["z", "2"],
        ["u", "2"],
        ["v", "2"],
      ],
      links,
    });
    const section = { title: "t", caveats: [], text: [], readings: [] };
    expect(indexFilter([{ ...section, table: table() }])).toBeUndefined();
    const shown = indexFilter([{ ...section, table: table(["1", "2", "3", "4", "5"]) }])?.text ?? "";
    expect([...shown.matchAll(/data-column="(\w+)"/g)].map(([, column]) => column)).toEqual(["1"]);
  });
});
