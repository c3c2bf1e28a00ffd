// Numbers under the pointer (or the arrow keys) and zoom for every chart of the page. Without this script the page is
// complete.
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
  // Head and lines (class of the swatch, label, value) of what a row tells.
  const describe = (panel, row) => {
    if (panel.columns) {
      const lines = panel.columns.map(([cls, label, unit], i) => [cls, label, row[i + 1], unit]);
      return [`request ${row[0]}`, lines.filter((line) => line[2] !== null)];
    }
    const lines = [["", "target", row[2], ""]];
    data.labels.forEach((label, i) => { if (row[i + 3]) lines.push([`sw-${data.keys[i]}`, label, row[i + 3], ""]); });
    data.extras.forEach(([label, unit], i) => {
      const value = row[data.labels.length + 3 + i];
      if (value !== undefined && value !== null) lines.push([i ? "" : "sw-age", label, value, unit]);
    });
    const [seconds, time] = row[1];
    return [[`request ${row[0]}`, time && `${time} UTC`, `${seconds} s`].filter(Boolean).join(" · "), lines];
  };
  const fill = (tip, head, lines) => {
    tip.replaceChildren();
    const strong = document.createElement("strong");
    strong.textContent = head;
    tip.append(strong);
    for (const [cls, label, value, unit] of lines) {
      const div = document.createElement("div");
      const swatch = document.createElement("i");
      swatch.className = cls;
      const b = document.createElement("b");
      b.textContent = `${value} ${unit}`.trim();
      div.append(swatch, label, b);
      tip.append(div);
    }
    tip.hidden = false;
  };
  // Beside a point of the figure, on the side where there is room.
  const place = (tip, figure, left, top) => {
    const box = figure.getBoundingClientRect();
    const flip = left - box.left + tip.offsetWidth + 24 > box.width;
    tip.style.left = `${Math.max(4, left - box.left + (flip ? -tip.offsetWidth - 14 : 14))}px`;
    tip.style.top = `${top - box.top + 8}px`;
  };
  for (const figure of document.querySelectorAll("[data-charts]")) bars(figure);
  for (const figure of document.querySelectorAll("[data-points]")) points(figure);

  function bars(figure) {
    const tip = figure.querySelector(".tip");
    const hide = () => { tip.hidden = true; figure.querySelectorAll(".hc-here").forEach((mark) => mark.remove()); };
    const drawings = [];
    for (const svg of figure.querySelectorAll("svg.hc-chart")) {
      const plots = [...svg.querySelectorAll(".hc-plot")].map((g) => {
        const d = g.dataset, panel = data.panels[+d.panel];
        const every = d.every !== undefined;
        const axis = g.parentNode.querySelector(`.hc-requests[data-panel="${d.panel}"]`);
        return {
          g, panel, every, axis, x: +d.x, y: +d.y, w: +d.w, h: +d.h, top: +d.top, whole: g.innerHTML,
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
        fill(tip, ...describe(plot.panel, row));
        const m = svg.getScreenCTM();
        place(tip, figure, m.a * (plot.x + slot * (index + 0.5)) + m.e, m.d * plot.y + m.f);
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
    // Runs beside each other may have different numbers of samples: the same part of each is shown.
    const all = [...new Set(drawings.flatMap(({ plots }) => plots.map((plot) => plot.panel)))];
    const longest = Math.max(0, ...all.map((panel) => panel.rows.length));
    let view = [0, 1];
    const shown = (panel) => {
      const n = panel.rows.length, first = Math.min(Math.floor(view[0] * n + 1e-9), Math.max(0, n - 1));
      return [first, Math.max(first + 1, Math.ceil(view[1] * n - 1e-9))];
    };
    const draw = () => {
      const whole = view[0] === 0 && view[1] === 1;
      hide();
      for (const { svg, plots } of drawings) {
        svg.querySelectorAll(".hc-ages, .hc-requests").forEach((part) => part.toggleAttribute("hidden", !whole));
        svg.querySelectorAll(".hc-here-requests").forEach((part) => part.remove());
        for (const plot of plots) {
          const [first, end] = shown(plot.panel);
          const rows = plot.panel.rows.slice(first, end);
          plot.rows = plot.every ? rows : merged(rows, plot.w);
          const lines = plot.g.querySelector(".hc-zoom");
          if (lines) lines.setAttribute("viewBox", `${first} 0 ${end - first} ${plot.h}`);
          else plot.g.innerHTML = whole ? plot.whole : stacked(plot);
          if (!plot.axis || whole) continue;
          const axis = plot.axis.cloneNode(false);
          axis.setAttribute("class", "hc-here-requests");
          axis.removeAttribute("hidden");
          const labels = [[0, 0, ""], [0.5, Math.floor(plot.rows.length / 2), " hc-mid"], [1, plot.rows.length - 1, " hc-end"]];
          labels.slice(0, plot.rows.length).forEach(([part, i, anchor]) => {
            const time = plot.panel.columns ? null : plot.rows[i][1][1];
            [plot.rows[i][0], time].forEach((text, line) => {
              if (text === null) return;
              const label = document.createElementNS("http://www.w3.org/2000/svg", "text");
              for (const [k, v] of Object.entries({ class: `hc-tick${anchor}`, x: plot.x + plot.w * part, y: +axis.dataset.y + 15 * line })) label.setAttribute(k, v);
              label.textContent = text;
              axis.append(label);
            });
          });
          plot.axis.after(axis);
        }
      }
      const { rows } = all[0], [first, end] = shown(all[0]);
      const said = all.length > 1
        ? `${Math.round(view[0] * 100)} to ${Math.round(view[1] * 100)} % of each run`
        : `requests ${rows[first][0]} to ${rows[end - 1][0]} of ${rows[rows.length - 1][0]}`;
      tools.querySelector("span").textContent = whole ? "" : said;
    };
    function narrow(from, to) {
      if (!tools) return;
      const size = view[1] - view[0];
      const next = [Math.max(0, view[0] + size * from), Math.min(1, view[0] + size * to)];
      if ((next[1] - next[0]) * longest < 1.5) return;
      view = next;
      draw();
    }
    if (tools && longest > 3) {
      tools.hidden = false;
      tools.addEventListener("click", (event) => {
        const how = event.target.dataset.zoom;
        if (how === "in") narrow(0.25, 0.75);
        if (how === "out") narrow(-0.5, 1.5);
        if (how === "all") { view = [0, 1]; draw(); }
      });
    }
  }
  // Points that carry their own words: the first line is the head, the others are `label: value`.
  function points(figure) {
    const tip = figure.querySelector(".tip");
    const hide = () => { tip.hidden = true; };
    for (const point of figure.querySelectorAll("[data-tip]")) {
      const show = () => {
        const [head, ...lines] = point.dataset.tip.split("\n");
        fill(tip, head, lines.map((line) => ["", ...line.split(/: (.*)/).slice(0, 2), ""]));
        const box = point.getBoundingClientRect();
        place(tip, figure, box.left + box.width / 2, box.top);
      };
      for (const kind of ["pointerenter", "focus"]) point.addEventListener(kind, show);
      for (const kind of ["pointerleave", "blur"]) point.addEventListener(kind, hide);
    }
  }
  // Bars are drawn again from their numbers, by the rule of the drawing: here only what is on a narrower piece.
  function stacked(plot) {
    const order = ["healthy", "unhealthy", "unhealthy_in_grace", "unreachable", "killing", "running", "staged", "scheduled"].map((key) => data.keys.indexOf(key));
    const slot = plot.w / plot.rows.length, gap = slot >= 5 ? Math.min(slot * 0.16, 6) : 0;
    const high = (n) => (n / plot.top) * plot.h, foot = plot.y + plot.h;
    const paths = data.keys.map(() => "");
    let target = "", hatch = "";
    plot.rows.forEach((row, i) => {
      const x = plot.x + slot * i;
      let y = foot;
      for (const state of order) {
        const n = row[state + 3];
        if (!n) continue;
        const h = bad.includes(state + 3) ? Math.max(high(n), 3) : high(n);
        const [left, right, top, base] = [x + gap / 2, x + slot - gap / 2, y - h, y].map((n) => n.toFixed(1));
        paths[state] += `M${left} ${base}V${top}H${right}V${base}z`;
        if (state + 3 === bad[0] && slot - gap >= 4 && h >= 4) hatch += hatched(x + gap / 2, y, slot - gap, h);
        y -= h;
      }
      target += `${i ? "L" : "M"}${x.toFixed(1)} ${(foot - high(row[2])).toFixed(1)}h${slot.toFixed(1)}`;
    });
    const path = (cls, d, crisp) => (d ? `<path class="hc-${cls}"${crisp ? ' shape-rendering="crispEdges"' : ""} d="${d}"/>` : "");
    return data.keys.map((key, state) => path(key, paths[state], !gap)).join("") + path("hatch", hatch) + path("target", target);
  }
  function hatched(x, base, width, height) {
    let d = "";
    for (let o = 3; o < width + height; o += 6) {
      const from = Math.max(0, o - width), to = Math.min(o, height);
      if (to > from) d += `M${(x + o - from).toFixed(1)} ${(base - from).toFixed(1)}L${(x + o - to).toFixed(1)} ${(base - to).toFixed(1)}`;
    }
    return d;
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
