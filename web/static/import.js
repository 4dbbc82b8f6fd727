// The original beside its reading: a link marks where it leads, and where it came from, on both sides.
(function () {
  "use strict";
  var page = document.getElementById("import");
  if (!page) return;
  page.addEventListener("click", function (event) {
    var link = event.target.closest("a[data-to]");
    if (!link) return;
    page.querySelectorAll(".lit").forEach(function (one) { one.classList.remove("lit"); });
    var there = link.dataset.to.split(" ").map(function (id) { return document.getElementById(id); }).filter(Boolean);
    if (!there.length) return;  // on another sheet: the address leads there
    there.concat(document.getElementById(link.dataset.from) || []).forEach(function (one) { one.classList.add("lit"); });
    event.preventDefault();
    there[0].scrollIntoView({ block: "center", inline: "nearest" });
    history.replaceState(null, "", "#" + there[0].id);
  });
})();
