"""The few pages that the front shows itself, without any script or picture from elsewhere."""

from __future__ import annotations

from html import escape

from GliomaRadiomicsLib.interface.summary import NOTICE

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.5 system-ui, sans-serif;
  background: #f5f6f8; color: #1b1d21; }
main { max-width: 34rem; padding: 2rem; background: #fff; border-radius: 12px; box-shadow: 0 1px 6px #0002; }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; }
.notice { margin-top: 1.5rem; padding: .6rem .8rem; border-left: 4px solid #e69f00; background: #fff5df; }
input, button, a.button { font: inherit; padding: .5rem .9rem; border-radius: 8px; border: 1px solid #8a909a; }
button, a.button { background: #0b62a8; color: #fff; border-color: #0b62a8; text-decoration: none; cursor: pointer; }
.bar { height: 4px; border-radius: 2px; overflow: hidden; background: #d9dde3; }
.bar i { display: block; width: 30%; height: 100%; background: #0b62a8; animation: go 1.4s linear infinite; }
@keyframes go { from { transform: translateX(-100%); } to { transform: translateX(340%); } }
@media (prefers-color-scheme: dark) { body { background: #14161a; color: #e8eaed; }
  main { background: #1f2329; } .notice { background: #3a2f14; color: #f3e6c4; } .bar { background: #3b4048; } }
"""

_WAIT_SCRIPT = """
async function wait() {
  try {
    const answer = await (await fetch("-/wait", { method: "POST" })).json();
    if (answer.ready) { location.replace("./"); return; }
    if (answer.message) {
      document.getElementById("say").textContent = answer.message;
      document.getElementById("bar").hidden = !answer.again;
      if (!answer.again) { return; }
    }
  } catch (error) { await new Promise((done) => setTimeout(done, 1000)); }
  setTimeout(wait, 100);
}
wait();
"""


def start_page() -> str:
    """Shown while the session's own process is made ready; goes over to the app by itself."""
    return _page(
        "Starting",
        '<p id="say" role="status">A process of your own is being started. Nobody else sees your images.</p>'
        '<div class="bar" id="bar"><i></i></div>'
        "<noscript><p>This app needs JavaScript.</p></noscript>"
        f"<script>{_WAIT_SCRIPT}</script>",
    )


def token_page(wrong: bool) -> str:
    """Asks for the token."""
    said = "<p><strong>That is not the token.</strong></p>" if wrong else ""
    return _page(
        "Token needed",
        f"{said}<p>Enter the token that was printed where <code>glioma-radiomics app</code> was started.</p>"
        '<form method="post" action="-/token"><input name="token" type="password" aria-label="Token" '
        'autocomplete="off" autofocus required> <button>Enter</button></form>',
    )


def enter_page() -> str:
    """After the token: goes to the app from a page of ours, so that a strict cookie goes along; hides the token."""
    onwards = '<meta http-equiv="refresh" content="0;url=/">'
    return _page("Welcome", '<p><a class="button" href="/">Go on</a></p>', onwards)


def ended_page() -> str:
    """After a session."""
    return _page(
        "Session ended",
        "<p>Your process was ended, and every image, result and log of this session was deleted.</p>"
        '<p><a class="button" href="/">Start a new session</a></p>',
    )


def refused_page(message: str) -> str:
    """Says why a request is not answered."""
    return _page("Not possible", f"<p>{escape(message)}</p>")


def _page(title: str, body: str, head: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}'
        f"<title>{escape(title)} - Glioma Radiomics</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>Glioma Radiomics</h1>{body}"
        f'<p class="notice">{escape(NOTICE)}</p></main></body></html>'
    )
