// How many rows are chosen, and which; without it the boxes alone say so.
(function () {
  "use strict";
  var told = document.querySelector("[data-chosen]");
  if (!told) return;
  var boxes = Array.prototype.slice.call(document.querySelectorAll(".pick input"));

  function tell() {
    var chosen = 0;
    boxes.forEach(function (box) {
      chosen += box.checked ? 1 : 0;
      box.closest("tr").classList.toggle("row-chosen", box.checked);
    });
    told.textContent = told.dataset.chosen.replace("0", String(chosen));
  }
  document.addEventListener("change", tell);
  window.addEventListener("pageshow", tell); // the browser may bring the boxes back as they were
  tell();
})();
