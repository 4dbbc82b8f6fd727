// Single keys of a page. The dialog that lists them is the table of what they do, so that list and effect cannot differ:
//
//   <dialog data-keys>
//     … data-key="n" data-step="1" data-among="tr[data-change]"     on to the next of these, and back with -1
//     … data-key="o" data-press="a"                                 press this: in the row one is on, else on the page
//     … data-key="/" data-to="#find"                                put the cursor there
//   </dialog>
//
// `?` opens the list, as does any [data-keys-open]. Keys are off while typing, with Ctrl, Alt or Meta, and as a whole
// where [data-keys-switch] was unticked in this browser. [data-keys-place] is told where one is: "2/11".
(function () {
  "use strict";
  var list = document.querySelector("dialog[data-keys]");
  if (!list || !list.showModal) return;
  var OFF = "mubiao.keys.off";
  var here = null;

  function off() {
    try { return localStorage.getItem(OFF) === "1"; } catch (error) { return false; }
  }
  function typing(field) {
    if (field.isContentEditable || /^(TEXTAREA|SELECT)$/.test(field.tagName)) return true;
    return field.tagName === "INPUT" && !/^(checkbox|radio|button|submit|reset)$/.test(field.type);
  }
  function items(selector) {
    return Array.prototype.filter.call(document.querySelectorAll(selector), function (each) {
      return each.getClientRects().length > 0;
    });
  }
  function placeOf(among) {
    var held = among.findIndex(function (each) { return each.contains(document.activeElement); });
    return held >= 0 ? held : among.indexOf(here);
  }
  function step(by, selector) {
    var among = items(selector);
    if (!among.length) return;
    var at = placeOf(among);
    at = at < 0 ? (by > 0 ? 0 : among.length - 1) : Math.min(Math.max(at + by, 0), among.length - 1);
    if (here) here.classList.remove("keys-here");
    here = among[at];
    here.classList.add("keys-here");
    if (!here.hasAttribute("tabindex")) here.tabIndex = -1;
    here.focus({ preventScroll: true });
    here.scrollIntoView({ block: "center" });
    document.querySelectorAll("[data-keys-place]").forEach(function (place) {
      place.textContent = at + 1 + "/" + among.length;
    });
  }
  function press(selector) {
    var row = here && here.isConnected ? here : null;
    var found = (row && row.querySelector(selector)) || document.querySelector(selector);
    if (found) found.click();
  }
  function does(entry) {
    var data = entry.dataset;
    if (data.step) step(Number(data.step), data.among);
    else if (data.press) press(data.press);
    else if (data.to) document.querySelector(data.to).focus();
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (document.querySelector("dialog[open]") || typing(event.target) || off()) return;
    var entry = Array.prototype.find.call(list.querySelectorAll("[data-key]"), function (each) {
      return each.dataset.key === event.key.toLowerCase();
    });
    if (!entry && event.key !== "?") return;
    event.preventDefault();
    if (entry) does(entry);
    else list.showModal();
  });
  document.querySelectorAll("[data-keys-open]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { list.showModal(); });
  });
  list.querySelectorAll("[data-keys-switch]").forEach(function (box) {
    box.checked = !off();
    box.addEventListener("change", function () {
      try { localStorage.setItem(OFF, box.checked ? "0" : "1"); } catch (error) { /* then they stay on */ }
    });
  });
})();
