// The audit log's brush and live tail. Both only spare clicks: bars are links, the two
// fields say the same as the brush, and without this file the page loads itself anew.

(() => {
  "use strict";

  const EVERY = 3000;

  // Live: fetches the list, unless somebody reads in it or the page is out of sight.
  const list = document.getElementById("entries");
  const status = document.getElementById("live-status");
  const say = (words) => { if (status && status.textContent !== words) status.textContent = words; };
  const places = () => new Set([...list.querySelectorAll("[data-place]")].map((row) => row.dataset.place));
  let added = 0;
  const isRead = () => list.matches(":focus-within") || String(getSelection()) !== "" || scrollY > 400;

  const refresh = async () => {
    if (document.hidden) return;
    if (isRead()) return say(status.dataset.held);
    const answer = await fetch(list.dataset.live, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const before = places();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (isRead()) return say(status.dataset.held);
    list.replaceChildren(...fresh.body.childNodes);
    // All since Live began: who looks away for a while still learns of them.
    added += [...places()].filter((place) => !before.has(place)).length;
    say(added ? status.dataset.fresh + added : status.dataset.on);
  };

  const watch = () => {
    refresh().catch(() => say(status.dataset.lost)).finally(() => setTimeout(watch, EVERY));
  };
  if (list?.dataset.live && status) setTimeout(watch, EVERY);

  // Brush: pulled over the bars, or over the whole time below them, it fills the two
  // fields and sends them.
  const form = document.querySelector("[data-brush] form");
  const written = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16);

  const brush = (plot) => {
    const [begin, end] = [Number(plot.dataset.begin), Number(plot.dataset.end)];
    let from = null;
    let mark = null;

    const share = (event) => {
      const box = plot.getBoundingClientRect();
      const style = getComputedStyle(plot);
      const left = parseFloat(style.paddingLeft);
      const width = box.width - left - parseFloat(style.paddingRight);
      return Math.min(1, Math.max(0, (event.clientX - box.left - left) / width));
    };
    const draw = (to) => {
      mark ??= plot.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "rect"));
      mark.setAttribute("class", "c-brush");
      mark.setAttribute("x", `${Math.min(from, to) * 100}%`);
      mark.setAttribute("width", `${Math.abs(to - from) * 100}%`);
      mark.setAttribute("y", "0");
      mark.setAttribute("height", "100%");
    };

    plot.addEventListener("dragstart", (event) => event.preventDefault());
    plot.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType !== "touch") from = share(event);
    });
    plot.addEventListener("pointermove", (event) => {
      if (from === null || (!mark && Math.abs(share(event) - from) < 0.01)) return;
      plot.classList.add("c-brushing");
      draw(share(event));
    });
    addEventListener("pointerup", (event) => {
      if (mark) {
        const to = share(event);
        form.elements.begin.value = written(begin + Math.min(from, to) * (end - begin));
        form.elements.end.value = written(begin + Math.max(from, to) * (end - begin));
        form.requestSubmit();
      }
      from = null;
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !mark) return;
      mark.remove();
      [from, mark] = [null, null];
      event.preventDefault();
    });
    // The link below the pointer does not follow the end of a brush.
    plot.addEventListener("click", (event) => { if (mark) event.preventDefault(); }, true);
  };
  if (form) document.querySelectorAll("[data-brush] svg[data-begin]").forEach(brush);
})();
