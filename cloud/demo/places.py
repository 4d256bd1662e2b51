"""Shows where to go: an address and a QR code for each page."""

import io

import segno
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from cloud.demo.stage import Stage


def show_places(stage: Stage, console: Console) -> None:
    """Print every page's address with a QR code."""
    url = stage.settings.url
    places = [
        ("Booth's touchscreen  点歌屏", f"{stage.kiosk_url}/"),
        ("Phone  手机", f"{url}/phone/"),
        ("Studio on a PC  直播间", f"{url}/studio/"),
    ]
    panels = [
        Panel(Text(_qr(address)), title=title, subtitle=f"[link={address}]{address}[/link]", expand=False)
        for title, address in places
    ]
    console.print("\n[bold magenta]KTV Live is on the air.[/]  Ctrl-C stops it.\n")
    console.print(Columns(panels))
    console.print(f"\nSound and picture of Booth 8: {stage.mic.name}, {stage.camera.name}")
    console.print(f"Logs: {stage.settings.data_dir / 'logs'}")


def _qr(address: str) -> str:
    out = io.StringIO()
    segno.make(address, error="l").terminal(out=out, compact=True, border=1)
    return out.getvalue().rstrip("\n")
