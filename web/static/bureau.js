// A review that could not be saved says so; what was typed stays in the page.
(function () {
  "use strict";

  var state = document.getElementById("save-state");
  if (!state) return;

  document.body.addEventListener("htmx:beforeRequest", function () {
    state.textContent = state.dataset.saving;
  });
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;  // why it was not saved
  });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    var answer = event.detail.xhr;
    // Signed out meanwhile: the answer is another page.
    if (answer.responseText.indexOf('id="saved"') < 0) {
      state.textContent = state.dataset.failed;
    }
  });
  document.body.addEventListener("htmx:sendError", function () {
    state.textContent = state.dataset.failed;
  });
})();

// The decision that the chosen grade leads to is the primary button; before one is chosen, none is.
(function () {
  "use strict";

  var buttons = document.querySelectorAll("button[data-grades]");
  document.querySelectorAll("input[name='grade']").forEach(function (choice) {
    choice.addEventListener("change", function () {
      document.querySelectorAll("[data-no-grade]").forEach(function (hint) { hint.hidden = true; });
      buttons.forEach(function (button) {
        var leads = button.dataset.grades.split(" ").indexOf(choice.value) >= 0;
        button.classList.toggle("primary", leads);
        button.classList.toggle("secondary", !leads);
      });
    });
  });
})();
