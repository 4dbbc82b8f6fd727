// The fill-in page's comforts: save state per row, texts kept while they are not saved, keys of a grid, folding.
// Without this file every part has its own button, and nothing else is lost.
(function () {
  "use strict";
  var page = document.getElementById("fill");
  if (!page) return;
  document.documentElement.classList.add("scripted");
  var words = page.dataset;

  function rowOf(field) { return field.closest("[data-row]"); }
  function fieldsOf(row) { return row.querySelectorAll("textarea, select"); }
  function fieldNamed(row, cell) {
    return Array.prototype.find.call(fieldsOf(row), function (f) { return f.name.slice(f.name.lastIndexOf("/") + 1) === cell; });
  }
  function notesOf(row) { return document.querySelector(row.getAttribute("hx-target")); }
  function seenOf(row) { return row.querySelector('input[name$="/seen"]'); }

  // Fields grow with their text.
  function grow(field) {
    if (field.tagName !== "TEXTAREA" || !field.offsetParent) return;
    field.style.height = "auto";
    field.style.height = field.scrollHeight + 2 + "px";
  }
  function growAll(within) { within.querySelectorAll("textarea").forEach(grow); }
  growAll(page);

  // What is typed stays on this machine until it is saved (drafts.js).
  function draftName(row) { return words.draft + "." + row.dataset.row; }
  function keep(row, field) {
    if (field) row.typedIn = field.name;
    var texts = {};
    fieldsOf(row).forEach(function (f) { if (f.value !== f.dataset.saved) texts[f.name] = f.value; });
    drafts.keep(draftName(row), Object.keys(texts).length ? { seen: row.notChosen || seenOf(row).value, texts: texts } : null, row.typedIn);
  }
  function forget(row) {
    fieldsOf(row).forEach(function (f) { f.dataset.saved = f.value; });
    drafts.keep(draftName(row), null);
  }

  // The cells a colleague changed a moment ago, as the notes beside their row say.
  function markColleagues() {
    page.querySelectorAll(".colleagues-cell").forEach(function (field) { field.classList.remove("colleagues-cell"); });
    page.querySelectorAll(".note.colleague").forEach(function (note) {
      var row = note.dataset.cellOf ? page.querySelector('[data-row="' + note.dataset.cellOf + '"]') : rowOf(note);
      var columns = (note.dataset.columns || "text").split(" ");
      columns.forEach(function (column) {
        var field = fieldNamed(row, column);
        if (field) field.classList.add("colleagues-cell");
      });
    });
  }
  markColleagues();

  // Save state: per row, and how many rows are not saved.
  function say(row, kind, text, again) {
    var place = row.querySelector(".save-state");
    place.className = "save-state " + kind;
    place.textContent = text;
    row.classList.toggle("unsaved", kind === "unsaved");
    if (again) {
      var link = document.createElement(again.href ? "a" : "button");
      if (again.href) link.href = again.href;
      else { link.type = "button"; link.className = "plain link"; link.addEventListener("click", function () { htmx.trigger(row, "save"); }); }
      link.textContent = again.text;
      place.append(" ", link);
    }
    var open = page.querySelectorAll("tr.unsaved").length;
    document.getElementById("all-saved").textContent = open ? words.some.replace("#", open) : words.allSaved;
    document.getElementById("all-saved").classList.toggle("late", open > 0);
  }

  page.querySelectorAll("[data-row]").forEach(function (row) {
    fieldsOf(row).forEach(function (f) { f.dataset.saved = f.defaultValue === undefined ? f.value : f.defaultValue; });
    if (notesOf(row).dataset.state !== "saved") row.classList.add("unsaved");
  });

  page.addEventListener("input", function (event) {
    var row = rowOf(event.target);
    if (!row) return;
    grow(event.target);
    keep(row, event.target);
  });

  document.body.addEventListener("htmx:beforeRequest", function (event) {
    var row = event.detail.elt;
    if (!row.dataset || !row.dataset.row) return;
    var sent = {};
    fieldsOf(row).forEach(function (f) { sent[f.name] = f.value; });
    row.sent = sent;
    row.sentSeen = seenOf(row).value;
    say(row, "saving", words.saving);
  });
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    var row = event.detail.requestConfig.elt, answer = event.detail.xhr;
    if (!row.dataset || !row.dataset.row) return;
    if (drafts.signedOut(answer)) event.detail.shouldSwap = false;
    else if (answer.status === 409 || answer.status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    var row = event.detail.elt, answer = event.detail.xhr;
    if (!row.dataset || !row.dataset.row) return;
    if (answer.status === 0) say(row, "unsaved", words.offline, { text: words.try });
    else if (drafts.signedOut(answer)) say(row, "unsaved", words.expired, { href: words.again, text: words.signIn });
    else if (answer.status !== 200 && answer.status !== 409 && answer.status !== 422) say(row, "unsaved", words.broken, { text: words.try });
    else {
      var notes = notesOf(row);
      var saved = notes.dataset.state === "saved";
      if (saved) {
        fieldsOf(row).forEach(function (f) { if (row.sent && f.name in row.sent) f.dataset.saved = row.sent[f.name]; });
        fieldsOf(row).forEach(function (f) { f.removeAttribute("aria-invalid"); });
      }
      // Of two texts nobody has chosen yet: opened again, the page asks again instead of overwriting.
      row.notChosen = notes.dataset.state === "changed" ? row.sentSeen : null;
      keep(row);
      say(row, saved ? "saved" : "unsaved", notes.dataset.said || "");
      notes.querySelectorAll("[hidden]").forEach(function (part) { part.hidden = false; });
      markColleagues();
    }
  });

  // A row that may not be deleted says why in itself; a row that is deleted, or was changed meanwhile, needs a new page.
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    if (!event.detail.requestConfig.elt.classList.contains("remove")) return;
    event.detail.shouldSwap = event.detail.xhr.status === 422;
    event.detail.isError = false;
    event.stopPropagation();
  });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    var button = event.detail.elt, status = event.detail.xhr.status;
    if (!button.classList.contains("remove") || status === 204) return;
    if (status !== 422 && status !== 0) { button.form.requestSubmit(button); return; }
    var place = rowOf(button).querySelector(".save-state"), why = status === 422 && notesOf(rowOf(button)).querySelector(".wrong");
    place.className = "save-state " + (why ? "unseen" : "unsaved");  // the reason stands below; here it is read out
    place.textContent = why ? why.textContent : words.offlineRemoving;
  });
  window.addEventListener("online", function () {
    page.querySelectorAll("tr.unsaved").forEach(function (row) { if (notesOf(row).dataset.state === "saved") htmx.trigger(row, "save"); });
  });

  // Buttons that offer a text: a certain fix, mine or theirs.
  page.querySelectorAll(".notes [hidden]").forEach(function (part) { part.hidden = false; });
  page.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) return;
    var notes = button.closest(".notes");
    if (!notes) return;
    var conflict = button.closest(".conflict");
    var row = button.closest("[data-row]");
    if (!row && conflict) row = page.querySelector('[data-row="' + conflict.querySelector("[data-of]").dataset.of + '"]');
    if (!row) return;
    if (button.classList.contains("fix")) {
      var field = fieldNamed(row, button.dataset.cell);
      if (field) { field.value = button.dataset.text; grow(field); keep(row); htmx.trigger(row, "save"); field.focus(); }
    } else if (button.hasAttribute("data-keep")) {
      htmx.trigger(row, "save");
      fieldsOf(row)[0].focus();
    } else if (button.hasAttribute("data-take")) {
      conflict.querySelectorAll("[data-text]").forEach(function (theirs) {
        var mine = fieldNamed(row, theirs.dataset.cell);
        if (mine) { mine.value = theirs.dataset.text; grow(mine); }
      });
      forget(row);
      conflict.remove();
      say(row, "saved", "");
      htmx.trigger(row, "save");
      fieldsOf(row)[0].focus();
    }
  });

  // Keys of a grid: Enter goes down, Ctrl+Enter breaks the line, Esc undoes the cell.
  page.addEventListener("keydown", function (event) {
    var field = event.target;
    if (field.tagName !== "TEXTAREA" || !rowOf(field) || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      field.setRangeText("\n", field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
      event.preventDefault();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      var cell = field.name.slice(field.name.lastIndexOf("/") + 1);
      var below = Array.prototype.filter.call(page.querySelectorAll("textarea"), function (other) {
        return other.offsetParent && other.name.slice(other.name.lastIndexOf("/") + 1) === cell;
      });
      var next = below[below.indexOf(field) + 1];
      if (next) { next.focus(); next.select(); } else field.blur();
    } else if (event.key === "Escape") {
      field.value = field.dataset.saved;
      grow(field);
      keep(rowOf(field));
      event.preventDefault();
    }
  });

  // F8 leads to the next place that has to be mended or answered.
  function leadOn() {
    var marks = Array.prototype.filter.call(page.querySelectorAll(".notes .tag-must:not(.tag-answered), .notes .wrong"), function (mark) { return mark.offsetParent; });
    if (!marks.length) return false;
    var at = document.activeElement, next = marks.find(function (mark) {
      return at.compareDocumentPosition(mark) & Node.DOCUMENT_POSITION_FOLLOWING && (rowOf(mark) || mark) !== rowOf(at);
    }) || marks[0];
    var row = rowOf(next) || next.closest(".part");
    var bad = row.querySelector('[aria-invalid="true"]') || row.querySelector("textarea, select");
    if (bad) { bad.focus(); bad.scrollIntoView({ block: "center" }); }
    return Boolean(bad);
  }
  document.addEventListener("keydown", function (event) {
    if (event.key !== "F8") return;
    event.preventDefault();
    leadOn();
  });
  document.addEventListener("click", function (event) {
    var link = event.target.closest('#foot a.primary[href^="#"]');
    if (link && leadOn()) event.preventDefault();
  });

  // The side tells which row the cursor is in, and shows its remarks first.
  var here = document.getElementById("here");
  var heading = here.textContent;
  page.addEventListener("focusin", function (event) {
    var row = rowOf(event.target);
    if (row) showWhere(row);
  });
  function showWhere(row) {
    page.querySelectorAll(".current").forEach(function (old) { old.classList.remove("current"); });
    row.classList.add("current");
    here.textContent = row.dataset.place || heading;
    var numbers = Array.prototype.map.call(row.querySelectorAll('.notes a[href^="#remark-"]'), function (link) { return link.getAttribute("href").slice(1); });
    document.querySelectorAll(".fill-side .remark").forEach(function (remark) {
      remark.classList.toggle("of-this-row", numbers.indexOf(remark.id) !== -1);
    });
  }

  // A link to a remark brings the row it speaks of into view beside it; a link to a row unfolds its part.
  function follow() {
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    var side = document.querySelector(".fill-side"), remark = side.contains(target) && target.closest(".remark");
    var link = remark && remark.querySelector('.remark-head a[href^="#"]');
    var row = remark ? link && document.getElementById(link.getAttribute("href").slice(1)) : target;
    var table = row && row.closest("table");
    if (table && table.hidden) table.closest(".part").querySelector(".folded button").click();
    if (!remark) { if (table) row.scrollIntoView({ block: "center" }); return; }
    if (!row || getComputedStyle(side).position !== "sticky") return;
    row.scrollIntoView({ block: "center" });
    side.scrollTop = remark.offsetTop;
    if (row.dataset.row) showWhere(row);
  }
  window.addEventListener("hashchange", follow);
  window.addEventListener("load", function () { setTimeout(follow, 0); });

  // Parts that are complete fold.
  page.querySelectorAll("[data-folds]").forEach(function (part) {
    var table = part.querySelector("table");
    var button = document.createElement("button");
    button.type = "button";
    button.className = "plain link";
    var line = document.createElement("p");
    line.className = "folded";
    line.append(part.dataset.folds + " ", button);
    table.before(line);
    function fold(folded) {
      table.hidden = folded;
      button.textContent = folded ? words.unfold : words.fold;
      button.setAttribute("aria-label", button.textContent + " " + part.dataset.name);
      button.setAttribute("aria-expanded", String(!folded));
      if (!folded) growAll(table);
    }
    button.addEventListener("click", function () { fold(!table.hidden); });
    var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    fold(!(target && table.contains(target)));
  });

  // What was not saved last time goes back into its fields, and is sent (once htmx listens); the page opens where
  // somebody typed last.
  document.addEventListener("DOMContentLoaded", function () {
    var newest = { at: 0 };
    page.querySelectorAll("[data-row]").forEach(function (row) {
      var left = drafts.left(draftName(row)), field = restore(row);
      if (field && left.at > newest.at) newest = { at: left.at, field: rowField(row, left.last) || field };
    });
    if (!newest.field) return;
    var table = newest.field.closest("table");
    if (table && table.hidden) table.closest(".part").querySelector(".folded button").click();
    drafts.landOn(newest.field);
  });
  function rowField(row, name) {
    return Array.prototype.find.call(fieldsOf(row), function (f) { return f.name === name; });
  }
  // The first field into which a text was put back, if any.
  function restore(row) {
    var kept = drafts.read(draftName(row));
    if (!kept) return null;
    var first = null;
    fieldsOf(row).forEach(function (f) {
      if (f.name in kept.texts && kept.texts[f.name] !== f.value) { f.value = kept.texts[f.name]; grow(f); first = first || f; }
    });
    if (!first) { forget(row); return null; }
    seenOf(row).value = kept.seen;
    row.typedIn = drafts.left(draftName(row)).last;
    say(row, "unsaved", words.restored);
    htmx.trigger(row, "save");
    return first;
  }
})();
