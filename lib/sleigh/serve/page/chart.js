// One chart of the dashboard, as wide and as high as its place on the page. It is drawn once its place has a size, which on
// a page that is still hidden takes a while, and again when its rows or its size change.

async function plotly(model) {
  await window.sleighPlotly; // a page that brings the script itself says when it is there
  if (!window.Plotly) {
    const script = await model.widget_manager.get_model(model.get("script").slice("IPY_MODEL_".length));
    if (!window.Plotly) {
      document.head.append(Object.assign(document.createElement("script"), { textContent: script.get("text") }));
    }
  }
  return window.Plotly;
}

async function render({ model, el }) {
  const heading = document.createElement("div");
  const place = document.createElement("div");
  heading.className = "heading";
  place.className = "plot";
  place.setAttribute("role", "img");
  el.append(heading, place);

  const name = () => {
    heading.innerHTML = model.get("heading");
    place.setAttribute("aria-label", model.get("says"));
  };
  let Plotly;
  const draw = () => {
    const { clientWidth: width, clientHeight: height } = place;
    if (!Plotly || !width || !model.get("rows").length) return;
    const look = structuredClone(model.get("look")); // plotly writes into what it is given
    const font = { ...look.font, color: getComputedStyle(el).color };
    Plotly.react(place, structuredClone(model.get("rows")), { ...look, width, height, font }, { displayModeBar: false });
  };

  name();
  model.on("change:heading change:says", name);
  model.on("change:rows change:look", draw);
  const watch = new ResizeObserver(draw);
  watch.observe(place);
  plotly(model).then((loaded) => { Plotly = loaded; draw(); });
  return () => {
    watch.disconnect();
    if (Plotly) Plotly.purge(place);
  };
}

export default { render };
