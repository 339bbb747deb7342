/**
 * What figures can do where scripts run: say the value of what is pointed at or reached by the arrow keys, zoom, and
 * be saved as SVG, PNG or CSV. It asks the network for nothing and evaluates no text. Functions of `PAGE_SCRIPT`:
 * `tip` shows a text beside a box, `download` saves one.
 */
export const FIGURE_CLIENT = `
  const FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif";
  const MOST_ZOOM = 16;
  /** Pixels from a mark within which it is meant. */
  const NEAR = 24;

  function drawingOf(element, title) {
    const svg = element.querySelector("svg");
    const marks = [...svg.querySelectorAll("[data-tip]")];
    const whole = svg.getAttribute("viewBox").split(" ").map(Number);
    let view = whole;
    let ring;
    let current = -1;
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", title + ": arrow keys say its values, plus and minus zoom");

    const point = (x, y) => new DOMPoint(x, y).matrixTransform(svg.getScreenCTM().inverse());
    const boxOf = (mark) => mark.getBoundingClientRect();
    const unmark = () => { ring?.remove(); ring = undefined; };
    const leave = () => { unmark(); current = -1; tip.hide(); };
    const setView = (next) => {
      view = next;
      svg.setAttribute("viewBox", view.join(" "));
      element.classList.toggle("zoomed", view[2] < whole[2]);
      unmark();
      tip.hide();
    };
    const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
    const viewAt = (x, y, width) => {
      const height = (width / whole[2]) * whole[3];
      return [clamp(x, whole[0], whole[0] + whole[2] - width), clamp(y, whole[1], whole[1] + whole[3] - height), width, height];
    };
    const zoom = (factor, around) => {
      const at = around ?? { x: view[0] + view[2] / 2, y: view[1] + view[3] / 2 };
      const width = clamp(view[2] / factor, whole[2] / MOST_ZOOM, whole[2]);
      const share = width / view[2];
      setView(viewAt(at.x - (at.x - view[0]) * share, at.y - (at.y - view[1]) * share, width));
    };
    const reset = () => setView(whole);
    const say = (index, aloud) => {
      const mark = marks[index];
      current = index;
      unmark();
      let box = boxOf(mark);
      if (view[2] < whole[2]) {
        const middle = point(box.left + box.width / 2, box.top + box.height / 2);
        const inside = middle.x > view[0] && middle.x < view[0] + view[2] && middle.y > view[1] && middle.y < view[1] + view[3];
        if (!inside) setView(viewAt(middle.x - view[2] / 2, middle.y - view[3] / 2, view[2]));
        box = boxOf(mark);
      }
      const from = point(box.left - 2, box.top - 2);
      const to = point(box.right + 2, box.bottom + 2);
      ring = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      ring.setAttribute("class", "ring");
      for (const [name, value] of Object.entries({ x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y, rx: 2 })) ring.setAttribute(name, value);
      svg.append(ring);
      tip.show(mark.dataset.tip, box, aloud);
    };
    const nearest = (x, y) => {
      let found = -1;
      let least = NEAR;
      marks.forEach((mark, i) => {
        const { left, right, top, bottom } = boxOf(mark);
        const distance = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
        if (distance <= least) { least = distance; found = i; }
      });
      return found;
    };

    let held;
    element.addEventListener("pointermove", (event) => {
      if (held) {
        const here = point(event.clientX, event.clientY);
        setView(viewAt(view[0] + held.x - here.x, view[1] + held.y - here.y, view[2]));
        return;
      }
      const index = nearest(event.clientX, event.clientY);
      if (index < 0) leave();
      else if (index !== current || ring === undefined) say(index, false);
    });
    element.addEventListener("pointerdown", (event) => {
      if (view[2] === whole[2] || event.button !== 0) return;
      held = point(event.clientX, event.clientY);
      element.setPointerCapture(event.pointerId);
    });
    for (const type of ["pointerup", "pointercancel"]) element.addEventListener(type, () => { held = undefined; });
    element.addEventListener("pointerleave", leave);
    element.addEventListener("blur", leave);
    element.addEventListener("dblclick", (event) => zoom(2, point(event.clientX, event.clientY)));
    const keys = {
      ArrowRight: () => say((current + 1) % marks.length, true),
      ArrowLeft: () => say((Math.max(current, 0) + marks.length - 1) % marks.length, true),
      Home: () => say(0, true),
      End: () => say(marks.length - 1, true),
      "+": () => zoom(2),
      "=": () => zoom(2),
      "-": () => zoom(0.5),
      0: reset,
      Escape: leave,
    };
    keys.ArrowDown = keys.ArrowRight;
    keys.ArrowUp = keys.ArrowLeft;
    element.addEventListener("keydown", (event) => {
      const action = keys[event.key];
      if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (marks.length === 0 && /^(Arrow|Home|End)/.test(event.key)) return;
      event.preventDefault();
      action();
    });
    return { element, zoom, reset, whole, text: () => standalone(svg, whole) };
  }

  /** The drawing as a file of its own: whole, in the colours that are shown, on no background. */
  function standalone(svg, whole) {
    const copy = svg.cloneNode(true);
    copy.querySelector(".ring")?.remove();
    copy.setAttribute("viewBox", whole.join(" "));
    copy.setAttribute("font-family", FONT);
    for (const mark of copy.querySelectorAll("[data-tip]")) mark.removeAttribute("data-tip");
    const style = getComputedStyle(root);
    return new XMLSerializer().serializeToString(copy).replace(/var\\((--[\\w-]+)\\)/g, (_, name) => style.getPropertyValue(name).trim());
  }

  function savePng(text, [, , width, height], name) {
    const image = new Image();
    image.addEventListener("load", () => {
      const canvas = document.createElement("canvas");
      canvas.width = 2 * width;
      canvas.height = 2 * height;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => download(blob, name));
    });
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  }

  function csvOf(table) {
    const quoted = (text) => (/[",\\r\\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
    return [...table.rows]
      .map((row) => [...row.cells].map((cell) => quoted(cell.dataset.value ?? cell.textContent)).join(",") + "\\r\\n")
      .join("");
  }

  for (const figure of document.querySelectorAll("figure[data-name]")) {
    const { name } = figure.dataset;
    const title = figure.querySelector("figcaption").textContent.trim();
    const drawings = [...figure.querySelectorAll(".drawing")].map((element) => drawingOf(element, title));
    const shown = () => drawings.find(({ element }) => element.getClientRects().length > 0) ?? drawings[0];
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Tools of " + title);
    const button = (text, label, action) => {
      const each = document.createElement("button");
      each.type = "button";
      each.textContent = text;
      each.setAttribute("aria-label", label);
      each.addEventListener("click", action);
      bar.append(each);
    };
    button("+", "+ Zoom in", () => shown().zoom(2));
    button("−", "− Zoom out", () => shown().zoom(0.5));
    button("SVG", "Save as SVG", () => download(new Blob([shown().text()], { type: "image/svg+xml" }), name + ".svg"));
    button("PNG", "Save as PNG", () => savePng(shown().text(), shown().whole, name + ".png"));
    button("CSV", "Save the numbers as CSV", () => download(new Blob([csvOf(figure.querySelector("table"))], { type: "text/csv" }), name + ".csv"));
    figure.querySelector(".plot").after(bar);
  }
`;
