import { FIGURE_CLIENT } from "./figure-client.ts";

/**
 * What the report can do where scripts run; without them everything can still be read. The buttons
 * are hidden until this has found them.
 */
export const PAGE_SCRIPT = `
(() => {
  const root = document.documentElement;
  const main = document.getElementById("main");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.scheme ?? (dark.matches ? "dark" : "light")) === "dark";
  const toggle = document.getElementById("scheme");
  const show = () => { toggle.textContent = isDark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", "Switch to the " + (isDark() ? "light" : "dark") + " scheme"); };
  toggle.addEventListener("click", () => { root.dataset.scheme = isDark() ? "light" : "dark"; show(); });
  dark.addEventListener("change", show);
  show();

  function download(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    // A busy browser fetches it late.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  document.getElementById("save").addEventListener("click", () => download(new Blob([document.getElementById("result").textContent], { type: "application/json" }), "result.json"));
  for (const button of document.querySelectorAll("[data-copy]")) {
    const text = document.getElementById(button.dataset.copy);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
  for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;

  /** Rows that lead to pages, by the words in them and in the title of their section, by that title, and by entries of columns. */
  const filter = document.getElementById("filter");
  if (filter) {
    const box = filter.closest(".filter");
    box.hidden = false;
    const choices = [...box.querySelectorAll("select")];
    const narrow = () => {
      const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
      for (const table of document.querySelectorAll("table.index")) {
        const section = table.closest("section");
        const title = section.querySelector("h2").textContent;
        const isChosen = (row, { value, dataset: { column } }) =>
          value === "" || value === (column === "section" ? title : row.cells[column].textContent);
        let left = 0;
        for (const row of table.tBodies[0].rows) {
          const text = (title + " " + row.textContent).toLowerCase();
          row.hidden = !words.every((word) => text.includes(word)) || !choices.every((each) => isChosen(row, each));
          if (!row.hidden) left++;
        }
        section.hidden = left === 0;
      }
    };
    box.addEventListener("input", narrow);
  }

  /** A text beside what it is about; said aloud where the keyboard asked for it. */
  const tip = (() => {
    const bubble = document.createElement("div");
    bubble.className = "tip";
    bubble.hidden = true;
    const voice = document.createElement("p");
    voice.className = "unseen";
    voice.setAttribute("aria-live", "polite");
    main.append(bubble, voice);
    return {
      show(text, box, aloud) {
        bubble.textContent = text;
        bubble.hidden = false;
        const { width, height } = bubble.getBoundingClientRect();
        const left = Math.min(Math.max(box.left + box.width / 2 - width / 2, 8), root.clientWidth - width - 8);
        const above = box.top - height - 8;
        bubble.style.left = left + "px";
        bubble.style.top = (above >= 4 ? above : box.bottom + 8) + "px";
        if (aloud) voice.textContent = text;
      },
      hide() { bubble.hidden = true; },
    };
  })();

  for (const term of document.querySelectorAll("a.term")) {
    const text = document.getElementById(term.getAttribute("aria-describedby")).textContent;
    for (const type of ["pointerenter", "focus"]) term.addEventListener(type, () => tip.show(text, term.getBoundingClientRect(), false));
    for (const type of ["pointerleave", "blur"]) term.addEventListener(type, tip.hide);
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hide(); });
  addEventListener("scroll", tip.hide, { passive: true });

  /** What a link leads to may be folded. */
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let fold = target?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target?.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();
  addEventListener("beforeprint", () => { for (const fold of document.querySelectorAll("details")) fold.open = true; });

  /** The section that is read is marked in the contents. */
  const entries = [...document.querySelectorAll(".toc a")].map((link) => ({ link, section: document.getElementById(link.hash.slice(1)) }));
  const mark = () => {
    const isEnd = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 2;
    const read = isEnd ? entries.at(-1) : (entries.findLast(({ section }) => section.getBoundingClientRect().top <= innerHeight / 4) ?? entries[0]);
    for (const entry of entries) {
      if (entry === read) entry.link.setAttribute("aria-current", "location");
      else entry.link.removeAttribute("aria-current");
    }
  };
  let isAsked = false;
  addEventListener("scroll", () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => { isAsked = false; mark(); });
  }, { passive: true });
  mark();
${FIGURE_CLIENT}})();
`;
