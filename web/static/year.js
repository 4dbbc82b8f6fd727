// A refused save of one row is shown in the row, like one that went well.
document.addEventListener("htmx:beforeSwap", function (event) {
  "use strict";
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
// One press ticks every box of that name; without script the link opens the page with all ticked.
document.addEventListener("click", function (event) {
  "use strict";
  var link = event.target.closest("[data-ticks]");
  if (!link) return;
  event.preventDefault();
  document.querySelectorAll('input[type=checkbox][name="' + link.dataset.ticks + '"]').forEach(function (box) { box.checked = true; });
});
// A row of the self-evaluation in which somebody writes is not saved until its answer is there.
document.addEventListener("input", function (event) {
  "use strict";
  var row = event.target.closest(".evaluation tr[hx-post]"), said = row && row.querySelector(".row-kept");
  if (!said) return;
  said.textContent = said.dataset.unsaved;
  said.classList.add("row-unkept");
});
