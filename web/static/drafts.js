// What is typed stays on this machine until it is saved: one store for every form. A form says so with a `.draft-offer`
// inside (with data-by-itself, what this very tab kept is put back without asking); the grid of the fill-in page keeps its rows itself, by `drafts`. Without this file forms work all the same.
(function () {
  "use strict";
  var DAYS = 30;

  // The store: each text by a name that holds person and table, with the field that was typed in last; gone after DAYS,
  // for machines that are shared.
  function record(name) {
    try {
      var kept = JSON.parse(localStorage.getItem(name));
      return kept && Date.now() - kept.at < DAYS * 864e5 ? kept : null;
    } catch (error) { return null; }
  }
  var drafts = window.drafts = {
    keep: function (name, value, last) {
      try {
        if (value === null) localStorage.removeItem(name);
        else localStorage.setItem(name, JSON.stringify({ at: Date.now(), value: value, last: last }));
      } catch (error) { /* full or forbidden: the text still stands in its field */ }
    },
    read: function (name) { return (record(name) || { value: null }).value; },
    // Where and when somebody typed last: {at, last}.
    left: function (name) { return record(name) || { at: 0 }; },
    // Back to where somebody typed, once the page stands; unless its address or a refusal leads elsewhere.
    landOn: function (field) {
      if (location.hash || document.querySelector("[data-focus]")) return;
      window.addEventListener("load", function () {
        setTimeout(function () {
          field.focus({ preventScroll: true });
          field.scrollIntoView({ block: "center" });
        }, 0);
      });
    },
    // Whether an answer means that somebody has to sign in again: another page, or a key that is out of date.
    signedOut: function (answer) {
      return answer.status === 400 || answer.status === 401 || (answer.responseURL || "").indexOf("/sign-in") !== -1;
    }
  };
  try {
    Object.keys(localStorage).forEach(function (name) {
      if (name.indexOf("mubiao.") === 0 && name.split(".").length > 3 && drafts.read(name) === null) drafts.keep(name, null);
    });
  } catch (error) { /* nothing was kept */ }

  function ticks(field) { return field.type === "radio" || field.type === "checkbox"; }
  function nameOf(field) { return field.type === "radio" ? field.name + "=" + field.value : field.name; }
  function said(field) { return ticks(field) ? field.checked : field.value; }
  function before(field) {
    if ("saved" in field.dataset) return field.dataset.saved;  // a form given back: what it holds is not what was saved
    if (ticks(field)) return field.defaultChecked;
    if (field.tagName !== "SELECT") return field.defaultValue;
    var chosen = Array.prototype.find.call(field.options, function (option) { return option.defaultSelected; });
    return (chosen || field.options[0] || { value: "" }).value;
  }
  function saved(field) { return "saved" in field ? field.saved : before(field); }

  document.querySelectorAll(".draft-offer").forEach(function (offer) {
    var form = offer.closest("form"), name = offer.dataset.draft;
    function fields(within) {
      return Array.prototype.filter.call((within || form).querySelectorAll("input, select, textarea"), function (field) {
        return field.name && ["hidden", "file", "password", "submit"].indexOf(field.type) === -1;
      });
    }
    var last = drafts.left(name).last;
    function keep() {
      var texts = {};
      fields().forEach(function (field) { if (said(field) !== saved(field)) texts[nameOf(field)] = said(field); });
      drafts.keep(name, Object.keys(texts).length ? texts : null, last);
      try { sessionStorage.setItem(name, "here"); } catch (error) { /* then it is offered */ }
    }
    function here() {
      try { return sessionStorage.getItem(name) !== null; } catch (error) { return false; }
    }

    // What was kept is offered where it says something else than the form does.
    var kept = drafts.read(name), list = offer.querySelector("ul");
    if (kept) {
      var waiting = fields().filter(function (field) { return nameOf(field) in kept && kept[nameOf(field)] !== said(field); });
      var known = fields().map(nameOf);
      Object.keys(kept).filter(function (one) { return known.indexOf(one) === -1 && typeof kept[one] === "string" && kept[one]; })
        .forEach(function (one) { list.append(Object.assign(document.createElement("li"), { textContent: kept[one] })); });
      if (waiting.length || list.children.length) offer.hidden = false;
      else if (!document.querySelector(".summary")) drafts.keep(name, null);  // a form given back has not saved it yet
      list.previousElementSibling.hidden = !list.children.length;
      offer.querySelector("[data-put-back]").hidden = !waiting.length;
      var putBack = function () {
        waiting.forEach(function (field) {
          if (ticks(field)) field.checked = kept[nameOf(field)]; else field.value = kept[nameOf(field)];
        });
        waiting.forEach(function (field) {
          if (field.type !== "radio" || field.checked) field.dispatchEvent(new Event("change", { bubbles: true }));
        });
        if (!list.children.length) offer.hidden = true;
        offer.querySelector("[data-put-back]").hidden = true;
      };
      var place = waiting.find(function (field) { return nameOf(field) === last; }) || waiting[0];
      offer.querySelector("[data-put-back]").addEventListener("click", function () {
        putBack();
        place.focus();
      });
      if ("byItself" in offer.dataset && waiting.length && here()) {
        window.addEventListener("load", putBack);  // when all listen, so that it is saved and shown as if just typed
        offer.hidden = true;
        drafts.landOn(place);
      } else if (waiting.length && (here() || document.referrer.indexOf("/sign-in") !== -1)) {
        drafts.landOn(offer.querySelector("[data-put-back]"));  // somebody who signed in again, not who comes anew
      }
      offer.querySelector("[data-drop]").addEventListener("click", function () {
        offer.hidden = true;
        keep();
        (fields()[0] || form).focus();
      });
    }

    // Once the next page was asked for, it may have been made before what is saved now: the draft stays for it to see.
    // And a form that was sent saves nothing by itself any more: the answer may be made from what that would change.
    var leaving = false, sent = false;
    window.addEventListener("beforeunload", function () { leaving = true; });
    ["input", "change"].forEach(function (kind) {
      form.addEventListener(kind, function (event) {
        leaving = sent = false;
        last = nameOf(event.target);
        keep();
      });
    });
    form.addEventListener("submit", function () {
      sent = true;
      keep();
      try { sessionStorage.setItem("mubiao.sent", name); } catch (error) { /* it is offered once more, then */ }
    });

    // A row that is saved by itself says how that went, and is no draft any more.
    form.addEventListener("htmx:beforeRequest", function (event) {
      if (sent) { event.preventDefault(); return; }
      fields(event.detail.elt).forEach(function (field) { field.sent = said(field); });
    });
    form.addEventListener("htmx:beforeSwap", function (event) {
      if (!drafts.signedOut(event.detail.xhr)) return;
      event.detail.shouldSwap = false;
      var link = Object.assign(document.createElement("a"), { href: offer.dataset.again, textContent: offer.dataset.signIn });
      say(event.detail.target, offer.dataset.expired, link);
    });
    form.addEventListener("htmx:sendError", function (event) { say(event.detail.target, offer.dataset.offline); });
    form.addEventListener("htmx:afterRequest", function (event) {
      if (leaving) return;
      if (event.detail.xhr.status === 200 && !drafts.signedOut(event.detail.xhr)) {
        fields(event.detail.elt).forEach(function (field) { if ("sent" in field) field.saved = field.sent; });
      }
      keep();
    });
    function say(place, text, link) {
      var old = place.querySelector(".draft-state") || document.createElement("span");
      old.className = "draft-state wrong-inline";
      old.textContent = text + " ";
      if (link) old.append(link);
      place.append(old);
    }
  });

  // The page after a form that was sent: it was done, or it still waits.
  try {
    var sent = sessionStorage.getItem("mubiao.sent");
    sessionStorage.removeItem("mubiao.sent");
    if (sent && document.querySelector(".notice-done, .notice-result")) drafts.keep(sent, null);
  } catch (error) { /* no store, nothing sent */ }
})();
