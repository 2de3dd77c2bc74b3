// What the book's pages do by themselves: draw figures, and open or close all folds at once.

const root = document.documentElement.dataset.content_root;
let plotly;

/** plotly.js, 5 MB: asked for once, by the first figure that somebody comes near to. */
function library() {
  plotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${root}_static/plotly.min.js`;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error(`${script.src} is not there`));
    document.head.append(script);
  });
  return plotly;
}

async function draw(place) {
  const figure = JSON.parse(place.parentElement.querySelector("script").textContent);
  if (figure.layout.width > place.parentElement.clientWidth) {
    delete figure.layout.width; // it takes the room that there is
    place.style.width = "";
  }
  const { newPlot } = await library();
  await newPlot(place, { ...figure, config: { ...figure.config, responsive: !figure.layout.width } });
}

// What is inside a closed fold has no size, so it is drawn when the fold opens.
const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: "600px" },
);
document.querySelectorAll(".figure [role=figure]").forEach((place) => near.observe(place));

const folds = [...document.querySelectorAll("details.fold")];
if (folds.length) {
  const button = document.createElement("button");
  const label = () => (button.textContent = folds.every((fold) => fold.open) ? "Fold all answers" : "Show all answers");
  button.className = "folds";
  button.addEventListener("click", () => {
    const open = !folds.every((fold) => fold.open);
    folds.forEach((fold) => (fold.open = open));
  });
  folds.forEach((fold) => fold.addEventListener("toggle", label));
  label();
  document.querySelector("article h1").after(button);
}
