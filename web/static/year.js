// A refused save of one row is shown in the row, like one that went well.
document.addEventListener("htmx:beforeSwap", function (event) {
  "use strict";
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
// One press ticks every box of that name, the next one none; without script the link opens the page with all ticked.
document.addEventListener("click", function (event) {
  "use strict";
  var link = event.target.closest("[data-ticks]");
  if (!link) return;
  event.preventDefault();
  var boxes = Array.prototype.slice.call(document.querySelectorAll('input[type=checkbox][name="' + link.dataset.ticks + '"]'));
  var all = boxes.every(function (box) { return box.checked; });
  boxes.forEach(function (box) { box.checked = !all; });
  link.dataset.tickAll = link.dataset.tickAll || link.textContent;
  link.textContent = all ? link.dataset.tickAll : link.dataset.none;
});
// A goal of the department chosen by its name brings its target along, where none was written.
document.addEventListener("change", function (event) {
  "use strict";
  var list = event.target.list, found = list && Array.prototype.find.call(list.options, function (option) {
    return option.dataset.target && option.value === event.target.value;
  });
  var target = found && event.target.closest("tr").querySelector('[name^="target-"]');
  if (!target || target.value) return;
  target.value = found.dataset.target;
  target.dispatchEvent(new Event("input", { bubbles: true }));
});
// A row of the self-evaluation, or a report, in which somebody writes is not saved until its answer is there.
document.addEventListener("input", function (event) {
  "use strict";
  var row = event.target.closest(".evaluation tr[hx-post], form.report"), said = row && row.querySelector(".row-kept");
  if (!said) return;
  said.textContent = said.dataset.unsaved;
  said.classList.add("row-unkept");
});
