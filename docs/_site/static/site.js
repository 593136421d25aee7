// What the theme leaves out for those who read with a keyboard or by ear.
addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll(".caption[role=heading]")) caption.setAttribute("aria-level", "2");
  for (const [aside, name] of [[".sidebar-drawer", "Site"], [".toc-drawer", "This page"]]) document.querySelector(aside)?.setAttribute("aria-label", name);
  for (const box of document.querySelectorAll(".sphx-glr-thumbcontainer")) {
    const title = box.querySelector(".sphx-glr-thumbnail-title")?.textContent ?? "Example";
    for (const link of box.querySelectorAll("a")) link.setAttribute("aria-label", title);
  }
  for (const table of document.querySelectorAll(".table-wrapper, div.highlight pre")) if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
});
