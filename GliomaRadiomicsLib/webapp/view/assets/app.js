/* What the page does itself: sending files, ending the session, saying when the connection is gone. */
(function () {
  async function send(files) {
    const list = [...files];
    if (!list.length) { return; }
    const state = window.trame.state;
    for (const [index, file] of list.entries()) {
      state.set("upload_text", `Uploading ${index + 1} of ${list.length}: ${file.name}`);
      const answer = await fetch(`session/upload?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      if (!answer.ok) { break; }
    }
    await fetch("session/uploaded", { method: "POST" });
  }

  window.trame.utils.glioma = {
    async upload(event) { await send(event.target.files); event.target.value = ""; },
    async drop(event) { event.preventDefault(); await send(event.dataTransfer.files); },
    pick() { document.getElementById("upload-input").click(); },
    copy(text) { if (navigator.clipboard) { navigator.clipboard.writeText(text); } },
    async end() {
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
