// Draws the charts in the page's own colours, again whenever these change, and opens everything for paper.
const figures = JSON.parse(document.getElementById("figures").textContent);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

function draw() {
  for (const [place, figure] of Object.entries(figures)) {
    const axis = { color: colour("soft"), gridcolor: colour("line"), linecolor: colour("line"), zerolinecolor: colour("line") };
    const layout = structuredClone(figure.layout);
    layout.font.color = colour("ink");
    layout.xaxis = { ...layout.xaxis, ...axis, fixedrange: true };
    layout.yaxis = { ...layout.yaxis, ...axis, fixedrange: true };
    layout.hoverlabel = { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } };
    const data = figure.data.map((trace) => ({ ...trace, marker: { color: colour(trace.meta) } }));
    Plotly.react(place, data, layout, { responsive: true, displayModeBar: false });
  }
}

// Plotly's script is in the page gzipped, which takes less than half of the space.
async function inflate(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

inflate(document.getElementById("plotly").textContent).then((source) => {
  const script = document.createElement("script");
  script.textContent = source;
  document.head.append(script);
  draw();
  for (const media of ["(prefers-color-scheme: dark)", "print"]) matchMedia(media).addEventListener("change", draw);
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => (part.open = true)));
