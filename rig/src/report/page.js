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
    const drawings = [];
    for (const svg of figure.querySelectorAll("svg.hc-chart")) {
      const plots = [...svg.querySelectorAll(".hc-plot")].map((g) => {
        const d = g.dataset, panel = data.panels[+d.panel];
        const every = d.every !== undefined;
        return {
          g, panel, every, x: +d.x, y: +d.y, w: +d.w, h: +d.h, top: +d.top, whole: g.innerHTML,
          rows: every ? panel.rows : merged(panel.rows, +d.w),
        };
      });
      drawings.push({ svg, plots });
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
        data.extras.forEach(([label, unit], i) => {
          const value = row[data.labels.length + 3 + i];
          if (value !== undefined && value !== null) line(i ? "" : "sw-age", label, `${value} ${unit}`);
        });
        tip.hidden = false;
        const box = figure.getBoundingClientRect(), m = svg.getScreenCTM();
        const left = m.a * (plot.x + slot * (index + 0.5)) + m.e - box.left;
        const top = m.d * plot.y + m.f - box.top;
        const flip = left + tip.offsetWidth + 24 > box.width;
        tip.style.left = `${Math.max(4, flip ? left - tip.offsetWidth - 14 : left + 14)}px`;
        tip.style.top = `${top + 8}px`;
      };
      svg.setAttribute("tabindex", "0");
      const under = (event) => {
        const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        const p = plots.findIndex((q) => point.x >= q.x && point.x <= q.x + q.w && point.y >= q.y - 4 && point.y <= q.y + q.h + 20);
        return p < 0 ? null : { p, part: (point.x - plots[p].x) / plots[p].w };
      };
      svg.addEventListener("pointermove", (event) => {
        const here = under(event);
        if (!here) return hide();
        const { rows } = plots[here.p];
        show(here.p, Math.min(rows.length - 1, Math.floor(here.part * rows.length)));
      });
      let from = null;
      svg.addEventListener("pointerdown", (event) => {
        from = event.pointerType === "touch" ? null : under(event);
        if (from) event.preventDefault();
      });
      svg.addEventListener("pointerup", (event) => {
        const to = from && under(event);
        if (to && Math.abs(to.part - from.part) > 0.01) narrow(Math.min(from.part, to.part), Math.max(from.part, to.part));
        from = null;
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
    const tools = figure.querySelector(".zoom");
    const count = data.panels[0] ? data.panels[0].rows.length : 0;
    // What is shown: from the first sample (included) to the second (not).
    let view = [0, count];
    const draw = () => {
      const whole = view[0] === 0 && view[1] === count;
      hide();
      for (const { svg, plots } of drawings) {
        for (const plot of plots) {
          const rows = plot.panel.rows.slice(...view);
          plot.rows = plot.every ? rows : merged(rows, plot.w);
          const lines = plot.g.querySelector(".hc-zoom");
          if (lines) lines.setAttribute("viewBox", `${view[0]} 0 ${view[1] - view[0]} ${plot.h}`);
          else plot.g.innerHTML = whole ? plot.whole : bars(plot);
          svg.querySelectorAll(".hc-ages, .hc-requests").forEach((part) => part.toggleAttribute("hidden", !whole));
          svg.querySelectorAll(".hc-here-requests").forEach((part) => part.remove());
          const axis = svg.querySelector(".hc-requests");
          if (!axis || whole) continue;
          const shown = axis.cloneNode(false);
          shown.setAttribute("class", "hc-here-requests");
          shown.removeAttribute("hidden");
          [[0, 0], [0.5, Math.floor(plot.rows.length / 2)], [1, plot.rows.length - 1]].forEach(([part, i]) => {
            const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
            for (const [k, v] of Object.entries({ class: "hc-tick hc-mid", x: plot.x + plot.w * part, y: axis.dataset.y })) label.setAttribute(k, v);
            label.textContent = plot.rows[i][0];
            shown.append(label);
          });
          axis.after(shown);
        }
      }
      const rows = data.panels[0].rows;
      tools.querySelector("span").textContent = whole ? "" : `requests ${rows[view[0]][0]} to ${rows[view[1] - 1][0]} of ${rows[count - 1][0]}`;
    };
    function narrow(from, to) {
      if (!tools) return;
      const size = view[1] - view[0];
      const first = Math.max(0, view[0] + Math.floor(size * from)), end = Math.min(count, view[0] + Math.ceil(size * to));
      if (end - first < 2) return;
      view = [first, end];
      draw();
    }
    if (tools && count > 3) {
      tools.hidden = false;
      tools.addEventListener("click", (event) => {
        const how = event.target.dataset.zoom;
        if (how === "in") narrow(0.25, 0.75);
        if (how === "out") narrow(-0.5, 1.5);
        if (how === "all") { view = [0, count]; draw(); }
      });
    }
  }
  // Bars are drawn again from their numbers, by the rule of the drawing: here only what is on a narrower piece.
  const order = ["healthy", "unhealthy", "unreachable", "killing", "running", "staged", "scheduled"].map((key) => data.keys.indexOf(key));
  const bars = (plot) => {
    const slot = plot.w / plot.rows.length, gap = slot >= 5 ? Math.min(slot * 0.16, 6) : 0;
    const high = (n) => (n / plot.top) * plot.h, foot = plot.y + plot.h;
    const paths = data.keys.map(() => "");
    let target = "";
    plot.rows.forEach((row, i) => {
      const x = plot.x + slot * i;
      let y = foot;
      for (const state of order) {
        const n = row[state + 3];
        if (!n) continue;
        const h = bad.includes(state + 3) ? Math.max(high(n), 3) : high(n);
        paths[state] += `M${(x + gap / 2).toFixed(1)} ${y.toFixed(1)}v${(-h).toFixed(1)}h${(slot - gap).toFixed(1)}v${h.toFixed(1)}z`;
        y -= h;
      }
      target += `${i ? "L" : "M"}${x.toFixed(1)} ${(foot - high(row[2])).toFixed(1)}h${slot.toFixed(1)}`;
    });
    const path = (cls, d) => (d ? `<path class="hc-${cls}" d="${d}"/>` : "");
    return data.keys.map((key, state) => path(key, paths[state])).join("") + path("target", target);
  };
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(button.dataset.copy); button.textContent = "copied"; }
      catch { button.textContent = "select and copy"; }
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  }
})();
