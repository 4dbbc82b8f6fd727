// Small comforts; every page works without them.
(function () {
  "use strict";

  // What needs reading first takes the focus; where fields alone are at fault, the first of them.
  var first = document.querySelector("[data-focus]");
  var fault = first && first.dataset.focus === "fault" && document.querySelector("[aria-invalid='true']");
  if (fault) (fault.querySelector("input") || fault).focus();
  else if (first) first.focus();

  // What is shown once can be copied; where the browser does not allow that (no https), it is selected to be copied.
  document.querySelectorAll("[data-copies]").forEach(function (button) {
    var text = document.getElementById(button.dataset.copies);
    var told = document.getElementById(button.dataset.copies + "-copied");
    button.hidden = false;
    button.addEventListener("click", function () {
      var selection = window.getSelection();
      selection.removeAllRanges();
      var range = document.createRange();
      range.selectNodeContents(text);
      selection.addRange(range);
      var copied = document.execCommand("copy");
      told.textContent = copied ? button.dataset.done : button.dataset.failed;
    });
  });

  // A deadline's working days become buttons, and what the date means is looked up in what the page brought along.
  document.querySelectorAll("[data-deadline]").forEach(function (help) {
    var field = document.getElementById(help.dataset.deadline);
    var means = JSON.parse(help.dataset.means);
    var told = help.querySelector(".deadline-means");
    function tell() { told.textContent = field.value ? means[field.value] || "" : told.dataset.none; }
    tell();
    field.addEventListener("input", tell);
    help.querySelectorAll("[data-day]").forEach(function (choice) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "secondary small";
      button.textContent = choice.textContent;
      button.addEventListener("click", function () {
        field.value = choice.dataset.day;
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
      });
      choice.replaceWith(button);
    });
  });

  // What was wrong with a field is no more, once something else is written there; the summary on top stays.
  document.addEventListener("input", function (event) {
    var marked = event.target.closest("[aria-invalid='true']");
    if (!marked || !event.target.value) return;
    var left = (marked.getAttribute("aria-describedby") || "").split(" ").filter(function (id) {
      var words = /-(wrong|error)$/.test(id) && document.getElementById(id);
      if (words) words.remove();
      return id && !words;
    });
    marked.removeAttribute("aria-invalid");
    if (left.length) marked.setAttribute("aria-describedby", left.join(" "));
    else marked.removeAttribute("aria-describedby");
    marked.classList.remove("point-lacks");
    var around = marked.closest(".field-wrong");
    if (around) around.classList.remove("field-wrong");
  });

  // A table wider than its place says that it goes on.
  var words = document.body.dataset.scrolls;
  document.querySelectorAll(".scroll").forEach(function (box) {
    var hint = document.createElement("p");
    hint.className = "hint scrolls";
    hint.textContent = words;
    box.before(hint);
    function look() { hint.hidden = box.scrollWidth <= box.clientWidth + 1; }
    look();
    window.addEventListener("resize", look);
  });

  // A password can be looked at before it is sent.
  document.querySelectorAll("[data-shows]").forEach(function (button) {
    var field = document.getElementById(button.dataset.shows);
    var show = button.textContent;
    button.hidden = false;
    button.addEventListener("click", function () {
      var shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.textContent = shown ? show : button.dataset.hide;
      button.setAttribute("aria-pressed", String(!shown));
    });
    field.form.addEventListener("submit", function () { field.type = "password"; });
  });
})();
