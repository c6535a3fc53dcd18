"""The few pages that somebody sees who is not signed in. They say nothing of any doctor, and need no script."""

import re
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

from reval_core.domain.sign_in import SignInEnd

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Revalidation</title>
<style>
  :root {{ color-scheme: light dark; --text: #0b0c0c; --page: #fff; --action: #005eb8; --on-action: #fff }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --text: #f0f4f5; --page: #101b23; --action: #9cc4e8; --on-action: #101b23 }}
  }}
  body {{ margin: 0; background: var(--page); color: var(--text);
    font: 1.125rem/1.5 "Frutiger W01", Arial, sans-serif }}
  header {{ background: #003087; color: #fff; padding: 1rem 1.5rem; font-weight: 700 }}
  main {{ max-width: 40rem; padding: 1.5rem }}
  h1 {{ font-size: 1.75rem; line-height: 1.25; margin: 0 0 1rem }}
  a.action, button {{ display: inline-block; border: 0; border-radius: 4px; padding: .6rem 1.2rem; font: inherit;
    font-weight: 700; text-decoration: none; cursor: pointer; background: var(--action); color: var(--on-action) }}
  a.action:focus-visible, button:focus-visible {{ outline: 3px solid #ffb81c; outline-offset: 2px }}
</style>
</head>
<body>
<header>Revalidation dashboard</header>
<main>
<h1>{title}</h1>
{said}
{action}
</main>
</body>
</html>
"""
_UNSEEN: Final = {"cache-control": "no-store"}


def show_signed_out(why: SignInEnd, back_to: str) -> HTMLResponse:
    """That somebody is not signed in any more, with the way back."""
    title = "You are signed out" if why is SignInEnd.SIGNED_OUT else "You were signed out"
    closing = (
        "If others use this computer, close the browser too."
        if why is SignInEnd.SIGNED_OUT
        else ("You come back to the page that you were on.")
    )
    return _page(title, [why.label, closing], _link("Sign in again", back_to))


def show_refusal(why: str, contact: str) -> HTMLResponse:
    """That we know who somebody is, and that they may not come in."""
    said = [why, f"If you need this dashboard for your work, ask {contact} for a part in it."]
    return _page("You may not use this dashboard", said, _sign_out_form("Sign in as somebody else"), 403)


def show_failure(said: str, contact: str, status: int, *, retry_after: int | None = None) -> HTMLResponse:
    """That signing in did not work, and what to do."""
    again = [f"If it keeps happening, ask {contact}."]
    answer = _page("Signing in did not work", [said, *again], _link("Try again", "/"), status)
    if retry_after is not None:
        answer.headers["retry-after"] = str(retry_after)
    return answer


def show_closed(title: str, *said: str) -> HTMLResponse:
    """That nobody is served in this way, and what whoever runs the dashboard can do."""
    return _page(title, list(said), "", 403)


def show_missing(path: str) -> HTMLResponse:
    """That nothing is at an address; a GMC number in it leads on to the doctor."""
    said = ["It may have been mistyped, or come from an older link."]
    number = re.search(r"(?<!\d)\d{7}(?!\d)", path)
    onward = _link(f"Open doctor {number[0]}", f"/doctor?gmc={number[0]}") if number else _link("To the overview", "/")
    return _page("There is no page at this address", said, onward, 404)


def leave_for(there: str) -> HTMLResponse:
    """Go on to another server, which an answer to a form may not do by itself."""
    onward = f'<meta http-equiv="refresh" content="0; url={escape(there)}">'
    return _page("You are signed out here", ["Signing out at the sign-in service too."], onward + _link("Go on", there))


def ask_to_sign_out() -> HTMLResponse:
    """Ask once more: the wish did not come from a page of ours."""
    return _page(
        "Do you want to sign out?", ["You will be signed out in every tab of this browser."], _sign_out_form("Sign out")
    )


def _page(title: str, said: list[str], action: str, status: int = 200) -> HTMLResponse:
    text = "\n".join(f"<p>{escape(sentence)}</p>" for sentence in said)
    return HTMLResponse(_PAGE.format(title=escape(title), said=text, action=action), status, _UNSEEN)


def _link(label: str, path: str) -> str:
    return f'<p><a class="action" href="{escape(path)}">{escape(label)}</a></p>'


def _sign_out_form(label: str) -> str:
    return f'<form method="post" action="/sign-out"><button>{escape(label)}</button></form>'
