/* What the page does itself: sending files, ending the session, saying when the connection is gone. */
(function () {
  async function send(files, use) {
    const list = [...files];
    if (!list.length) { return; }
    const state = window.trame.state;
    for (const [index, file] of list.entries()) {
      state.set("upload_text", `Uploading ${index + 1} of ${list.length}: ${file.name}`);
      const name = encodeURIComponent(file.webkitRelativePath || file.name);
      const answer = await fetch(`session/upload?for=${use}&name=${name}`, { method: "POST", body: file });
      if (!answer.ok) { break; }
    }
    await fetch(`session/uploaded?for=${use}`, { method: "POST" });
  }

  /* Plotly is five megabytes: it is fetched when the first chart is looked at. */
  let plotly = null;
  function fetched() {
    plotly ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = "__plotly/plotly.min.js";
      script.onload = () => resolve(window.Plotly);
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return plotly;
  }

  async function draw(id) {
    const place = document.getElementById(id);
    const figure = window.trame.state.get(id.replace("-", "_"));
    if (!place || !place.offsetParent || !figure || !figure.data.length) { return; }
    const options = { displayModeBar: false, responsive: true };
    await (await fetched()).react(place, figure.data, figure.layout, options);
  }

  window.trame.utils.glioma = {
    known(value) { return value === null || value === undefined ? "not known" : Number(Number(value).toFixed(2)); },
    charts() { setTimeout(() => { draw("survival-figure"); draw("nomogram-figure"); }); },
    async upload(event, use) { await send(event.target.files, use); event.target.value = ""; },
    async drop(event) { event.preventDefault(); await send(event.dataTransfer.files, "images"); },
    top() { document.querySelector("#panel .v-navigation-drawer__content")?.scrollTo(0, 0); },
    pick(id) { document.getElementById(id).click(); },
    copy(text) { if (navigator.clipboard) { navigator.clipboard.writeText(text); } },
    async end() {
      if (!window.confirm("End this session? Its images, results and logs are deleted now.")) { return; }
      await fetch("-/end", { method: "POST" });
      window.location.replace("/-/ended");
    },
  };

  /* The page shows pictures only while its process answers: say so when it does not, and begin anew when it ended. */
  setInterval(async () => {
    let gone = "";
    try {
      const answer = await fetch("session/alive", { cache: "no-store" });
      if (answer.status === 403 || answer.status === 502) {
        gone = "This session has ended and its files are deleted. Load the page again for a new one.";
      }
    } catch (error) { gone = "The server does not answer. Is glioma-radiomics app still running?"; }
    let bar = document.getElementById("gone");
    if (gone && !bar) {
      bar = document.createElement("div");
      bar.id = "gone";
      bar.setAttribute("role", "alert");
      document.body.appendChild(bar);
    }
    if (bar) { bar.textContent = gone; bar.hidden = !gone; }
  }, 5000);
})();
