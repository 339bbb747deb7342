/**
 * What the report can do where scripts run; without them everything can still be read. The buttons
 * are hidden until this has found them.
 */
export const PAGE_SCRIPT = `
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.scheme ?? (dark.matches ? "dark" : "light")) === "dark";
  const toggle = document.getElementById("scheme");
  const show = () => { toggle.textContent = isDark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", "Switch to the " + (isDark() ? "light" : "dark") + " scheme"); };
  toggle.addEventListener("click", () => { root.dataset.scheme = isDark() ? "light" : "dark"; show(); });
  dark.addEventListener("change", show);
  show();
  const save = document.getElementById("save");
  save.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([document.getElementById("result").textContent], { type: "application/json" }));
    link.download = "result.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
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
})();
`;
