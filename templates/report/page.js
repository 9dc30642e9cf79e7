
"use strict";
// The page can be read without this: it filters by status, family and text, and opens what an address points to.
// The filter is kept in the address (#status=fail&family=target&q=api), so that it can be sent to somebody.
(() => {
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const items = [...document.querySelectorAll("[data-status]")];
  const findings = items.filter((item) => item.tagName !== "FIGURE");
  const folds = [...document.querySelectorAll("details")];
  const groups = [...document.querySelectorAll(".family, .board, .boards")];
  const open = new Map(folds.map((fold) => [fold, fold.open]));
  const texts = new Map();

  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };

  const wanted = () => {
    const data = new FormData(form);
    return { status: data.getAll("status"), family: data.get("family"), q: data.get("q").trim().toLowerCase() };
  };

  const apply = () => {
    const { status, family, q } = wanted();
    const active = status.length > 0 || family !== "" || q !== "";
    for (const item of items) {
      item.hidden =
        (status.length > 0 && !status.includes(item.dataset.status)) ||
        (family !== "" && family !== item.dataset.family) ||
        (q !== "" && !textOf(item).includes(q));
    }
    const left = (parent) => parent.querySelector("[data-status]:not([hidden])") !== null;
    for (const fold of folds) {
      fold.hidden = !left(fold);
      fold.open = active ? !fold.hidden : open.get(fold);
    }
    for (const group of groups) group.hidden = !left(group);
    const count = findings.filter((item) => !item.hidden).length;
    shown.value = active ? `${count} of ${findings.length} findings` : "";
  };

  const remember = () => {
    const { status, family, q } = wanted();
    const kept = new URLSearchParams();
    if (status.length > 0) kept.set("status", status.join(","));
    if (family) kept.set("family", family);
    if (q) kept.set("q", q);
    history.replaceState(null, "", `#${kept}`);
  };

  const follow = () => {
    const hash = decodeURI(location.hash.slice(1));
    if (hash.includes("=")) {
      const kept = new URLSearchParams(location.hash.slice(1));
      const status = (kept.get("status") || "").split(",");
      for (const box of form.querySelectorAll("[name=status]")) box.checked = status.includes(box.value);
      form.elements.family.value = kept.get("family") || "";
      form.elements.q.value = kept.get("q") || "";
      apply();
      return;
    }
    const target = hash && document.getElementById(hash);
    if (!target) return;
    if (target.hidden) {
      form.reset();
      apply();
    }
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView({ block: "center" });
  };

  form.hidden = false;
  form.addEventListener("input", () => { apply(); remember(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  follow();
})();
