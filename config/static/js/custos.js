// Small comforts on top of pages that work without them: menus and drawer close with
// Esc, toasts leave, values are copied, a typed name opens its button.

(() => {
  "use strict";

  const announce = (button) => {
    const words = button.querySelector("span");
    if (!words || !button.dataset.copied) return;
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => { words.textContent = before; }, 2000);
  };

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.c-menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  const closeTopLayer = () => {
    const menu = document.querySelector("details.c-menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    // The browser itself closes these with the same key.
    if (document.querySelector(":popover-open, dialog[open]")) return;
    document.querySelector("[data-close-drawer]")?.click();
  };

  // The server checks the name again; here the button only waits for it.
  const guardTypedName = (form) => {
    const input = form.querySelector("[name=typed_name]");
    const button = form.querySelector(".btn-danger");
    if (!input || !button) return;
    const check = () => { button.disabled = input.value !== form.dataset.typedName; };
    input.addEventListener("input", check);
    check();
  };

  const prepare = (root) => {
    for (const form of root.querySelectorAll("form[data-typed-name]:not([data-typed-name=''])")) {
      guardTypedName(form);
    }
    for (const button of root.querySelectorAll("[data-dismiss][hidden]")) {
      button.hidden = false;
    }
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    closeMenus(target.closest("details.c-menu"));
    const copy = target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => announce(copy));
    target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
    if (target.closest("[aria-disabled=true]")) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) closeTopLayer();
  });

  // A drawer that was swapped in takes the focus; one that went gives it back.
  let shownTitle = document.querySelector("[data-drawer-title]");
  let opener = null;
  const followDrawer = () => {
    const title = document.querySelector("[data-drawer-title]");
    if (title === shownTitle) return;
    const active = document.activeElement;
    if (active !== document.body && !active.closest(".c-drawer")) opener = active;
    shownTitle = title;
    const next = title ?? (opener?.isConnected ? opener : document.getElementById("main"));
    next?.focus();
  };

  document.addEventListener("htmx:after:swap", () => {
    prepare(document);
    followDrawer();
  });

  prepare(document);
})();
