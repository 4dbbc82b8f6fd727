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
