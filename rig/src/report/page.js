// Numbers under the pointer (or the arrow keys) for every chart of the page. Without this script the page is complete.
(() => {
  const data = JSON.parse(document.getElementById("charts").textContent);
  const bad = [data.keys.indexOf("unhealthy") + 3, data.keys.indexOf("unreachable") + 3];
  const badness = (row) => row[bad[0]] + row[bad[1]];
  // The drawing merges bars that are too narrow: of each group the worst is shown, of equals the last.
  const merged = (rows, width) => {
    const group = Math.max(1, Math.ceil((rows.length * data.narrowest) / width));
    const out = [];
    for (let i = 0; i < rows.length; i += group) {
      out.push(rows.slice(i, i + group).reduce((a, b) => (badness(b) >= badness(a) ? b : a)));
    }
    return out;
  };
  for (const figure of document.querySelectorAll("[data-charts]")) {
    const tip = figure.querySelector(".tip");
    const hide = () => { tip.hidden = true; figure.querySelectorAll(".hc-here").forEach((mark) => mark.remove()); };
    for (const svg of figure.querySelectorAll("svg")) {
      const plots = [...svg.querySelectorAll(".hc-plot")].map((g) => {
        const d = g.dataset, panel = data.panels[+d.panel];
        return { g, panel, x: +d.x, y: +d.y, w: +d.w, h: +d.h, rows: merged(panel.rows, +d.w) };
      });
      let at = { plot: 0, index: -1 };
      const show = (p, index) => {
        const plot = plots[p];
        const row = plot && plot.rows[index];
        hide();
        if (!row) return;
        at = { plot: p, index };
        const slot = plot.w / plot.rows.length;
        const mark = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        for (const [k, v] of Object.entries({ class: "hc-here", x: plot.x + slot * index, y: plot.y, width: slot, height: plot.h })) mark.setAttribute(k, v);
        plot.g.append(mark);
        tip.replaceChildren();
        const line = (cls, text, value) => {
          const div = document.createElement("div");
          const swatch = document.createElement("i");
          swatch.className = cls;
          const b = document.createElement("b");
          b.textContent = value;
          div.append(swatch, text, b);
          tip.append(div);
        };
        const head = document.createElement("strong");
        head.textContent = `request ${row[0]} · ${row[1]} s`;
        tip.append(head);
        line("", "target", row[2]);
        data.labels.forEach((label, i) => { if (row[i + 3]) line(`sw-${data.keys[i]}`, label, row[i + 3]); });
        const age = row[data.labels.length + 3];
        if (age !== undefined) line("sw-age", "oldest result", `${age} s`);
        tip.hidden = false;
        const box = figure.getBoundingClientRect(), m = svg.getScreenCTM();
        const left = m.a * (plot.x + slot * (index + 0.5)) + m.e - box.left;
        const top = m.d * plot.y + m.f - box.top;
        const flip = left + tip.offsetWidth + 24 > box.width;
        tip.style.left = `${Math.max(4, flip ? left - tip.offsetWidth - 14 : left + 14)}px`;
        tip.style.top = `${top + 8}px`;
      };
      svg.setAttribute("tabindex", "0");
      svg.addEventListener("pointermove", (event) => {
        const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const p = plots.findIndex((q) => point.x >= q.x && point.x <= q.x + q.w && point.y >= q.y - 4 && point.y <= q.y + q.h + 20);
        if (p < 0) return hide();
        show(p, Math.min(plots[p].rows.length - 1, Math.floor(((point.x - plots[p].x) / plots[p].w) * plots[p].rows.length)));
      });
      svg.addEventListener("pointerleave", hide);
      svg.addEventListener("blur", hide);
      svg.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step || !plots.length) return;
        event.preventDefault();
        const last = plots[at.plot].rows.length - 1;
        show(at.plot, Math.min(last, Math.max(0, at.index + step)));
      });
    }
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "copied"; }
      catch { button.textContent = "select and copy"; }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  }
})();
