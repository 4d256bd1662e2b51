"""The built pages: each a folder with an index.html that answers for every address below it."""

import re
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from cloud.core.errors import HubError, Unknown

PAGES = ("phone", "studio", "overlay", "console")

_PHONE = re.compile(r"Mobi|Android|iPhone|iPod|HarmonyOS|MicroMessenger", re.IGNORECASE)
_HASHED = re.compile(r"/assets/.+[-.][A-Za-z0-9_-]{8,}\.\w+$")
_TOKEN = r"{token:[A-Za-z0-9_.~=-]{1,600}}"  # noqa: S105 - the shape of one, not one

_ALLOWED = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # drawn elements carry their place as a style
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob: mediastream:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


class _NotBuilt(HubError):
    status = 503


class Pages:
    """Serves the pages and the short addresses that lead to them."""

    def __init__(self, folder: Path, own_websocket: str) -> None:
        self._folder = folder.resolve()
        self._connect = f"'self' {own_websocket}"

    def routes(self) -> list[web.RouteDef]:
        """Return the pages' routes."""
        found = [
            web.get("/", self._root),
            web.get(f"/e/{_TOKEN}", self._entry),
            web.get(f"/b/{_TOKEN}", self._box),
        ]
        for page in PAGES:
            found.append(web.get(f"/{page}", self._add_slash))
            found.append(web.get(f"/{page}/{{rest:.*}}", self._page))
        return found

    async def _root(self, request: web.Request) -> web.StreamResponse:
        return _redirect("/phone/" if is_phone(request) else "/studio/")

    async def _entry(self, request: web.Request) -> web.StreamResponse:
        page = "phone" if is_phone(request) else "studio"
        return _redirect(f"/{page}/?entry={quote(request.match_info['token'], safe='')}")

    async def _box(self, request: web.Request) -> web.StreamResponse:
        return _redirect(f"/phone/?box={quote(request.match_info['token'], safe='')}")

    async def _add_slash(self, request: web.Request) -> web.StreamResponse:
        query = f"?{request.query_string}" if request.query_string else ""
        return _redirect(f"{request.path}/{query}")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        page, _, rest = request.path.removeprefix("/").partition("/")
        path = self._file(page, rest)
        response = web.FileResponse(path)
        is_hashed = _HASHED.search(request.path) is not None
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        if path.suffix in {".html", ""}:
            response.headers["Content-Security-Policy"] = self._policy(page)
            response.headers["Permissions-Policy"] = (
                "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), geolocation=()"
            )
        return response

    def _file(self, page: str, rest: str) -> Path:
        folder = self._folder / page
        index = folder / "index.html"
        wanted = (folder / rest).resolve()
        if rest and wanted.is_relative_to(folder) and wanted.is_file():
            return wanted
        if Path(rest).suffix:
            raise Unknown(f"there is no file {rest[:100]!r} in the page {page}")
        if not index.is_file():
            raise _NotBuilt(f"the page {page} is not built: run npm run build, or set pages_dir ({folder})")
        return index

    def _policy(self, page: str) -> str:
        framed = "*" if page == "overlay" else "'none'"
        rules = {**_ALLOWED, "connect-src": self._connect, "frame-ancestors": framed}
        return "; ".join(f"{name} {value}" for name, value in rules.items())


def is_phone(request: web.Request) -> bool:
    """Say whether a phone asks."""
    return _PHONE.search(request.headers.get("User-Agent", "")) is not None


def _redirect(path: str) -> web.Response:
    return web.Response(status=302, headers={"Location": path, "Cache-Control": "no-store"})
