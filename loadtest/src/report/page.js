for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg"), box = figure.querySelector("output"), cross = figure.querySelector(".cross");
  const lines = [...figure.querySelectorAll(".told")].map((told) => ({
    name: told.dataset.name,
    colour: told.dataset.colour,
    points: told.dataset.points.split(";").filter(Boolean).map((point) => point.split("|")),
  }));
  const hide = () => { box.style.display = "none"; cross.style.visibility = "hidden"; };
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("pointermove", (event) => {
    const frame = svg.getBoundingClientRect(), scale = 940 / frame.width, x = (event.clientX - frame.left) * scale;
    let at = null;
    box.replaceChildren();
    for (const line of lines) {
      let best = null;
      for (const point of line.points) if (!best || Math.abs(point[0] - x) < Math.abs(best[0] - x)) best = point;
      if (!best || Math.abs(best[0] - x) > 40) continue;
      if (at === null) { at = best; const head = document.createElement("b"); head.textContent = best[1]; box.append(head); }
      const row = document.createElement("div"), dot = document.createElement("i");
      dot.className = "c" + line.colour;
      row.append(dot, line.name + ": " + best[2]);
      box.append(row);
    }
    if (at === null) return hide();
    cross.setAttribute("x1", at[0]); cross.setAttribute("x2", at[0]); cross.style.visibility = "visible";
    box.style.display = "block";
    const outer = figure.getBoundingClientRect(), left = event.clientX - outer.left + 16;
    box.style.left = Math.min(left, outer.width - box.offsetWidth - 8) + "px";
    box.style.top = event.clientY - outer.top + 14 + "px";
  });
}
