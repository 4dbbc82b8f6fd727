// A review that could not be saved says so; what was typed stays in the page.
(function () {
  "use strict";

  var state = document.getElementById("save-state");
  if (!state) return;

  document.body.addEventListener("htmx:beforeRequest", function () {
    state.textContent = state.dataset.saving;
  });
  document.body.addEventListener("htmx:afterRequest", function (event) {
    var answer = event.detail.xhr;
    // Signed out meanwhile: the answer is another page.
    if (answer.status !== 200 || answer.responseText.indexOf('id="saved"') < 0) {
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

// Writing a remark loads the page anew: what stands in the review's own form by then is carried over, in this tab.
(function () {
  "use strict";

  var form = document.getElementById("review-form");
  if (!form) return;
  var name = "mubiao.review." + new URL(form.action).pathname;

  function fields() {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && field.type !== "hidden" && field.matches("input, select, textarea");  // and no button
    });
  }
  function changed(field) {
    return field.type === "radio" ? field.checked && !field.defaultChecked : field.value !== field.defaultValue;
  }
  document.querySelector("main").addEventListener("submit", function (event) {
    if (event.target === form) return;
    var typed = fields().filter(changed).map(function (field) { return [field.name, field.value]; });
    try { sessionStorage.setItem(name, JSON.stringify(typed)); } catch (error) { /* then it is typed once more */ }
  });

  // After htmx has begun to listen, so that what came over is saved too.
  window.addEventListener("load", function () {
    var kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(name)); sessionStorage.removeItem(name); } catch (error) { /* none */ }
    (kept || []).forEach(function (pair) {
      fields().forEach(function (field) {
        if (field.name !== pair[0]) return;
        if (field.type === "radio") field.checked = field.value === pair[1];
        else field.value = pair[1];
        if (field.type !== "radio" || field.checked) field.dispatchEvent(new Event("change", { bubbles: true }));
      });
    });
  });
})();
