// A refused save of one row is shown in the row, like one that went well.
document.addEventListener("htmx:beforeSwap", function (event) {
  "use strict";
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});
