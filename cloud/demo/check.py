"""`ktv demo --check`: walks the whole idea with headless people and looks at what each really received."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import aiohttp

from cloud.demo import meeting, performing, promising
from cloud.demo.audit import audit
from cloud.demo.people import Answered
from cloud.demo.walk import Unmet, Walk, expect
from cloud.settings import Settings

StepTaken = Callable[[Walk], Awaitable[str]]
"""Walks one step and says what it saw; raises `Unmet` where something is not so."""

STEPS: Mapping[str, StepTaken | None] = MappingProxyType(
    {
        "log-in": meeting.log_in,
        "lobby": meeting.lobby,
        "invite": meeting.invite,
        "perform": meeting.perform,
        "create": meeting.create,
        "match": meeting.match,
        "audio-both-ways": performing.audio_both_ways,
        "scores-to-both": performing.scores_to_both,
        "picture": performing.picture,
        "pick": promising.pick,
        "options": promising.options,
        "task-shown": promising.task_shown,
        "judged": promising.judged,
        "settled": promising.settled,
        "refund": promising.refund,
        "audit": None,
    }
)
"""In the order in which they are told; the audit is the check's own."""

FAILURES = (Unmet, TimeoutError, Answered, ConnectionError, ValueError, aiohttp.ClientError)


@dataclass(slots=True)
class Step:
    """One step and how it went."""

    name: str
    ok: bool = False
    ms: int = 0
    detail: str = "not reached"


class Check:
    """Takes the steps and keeps how each went."""

    def __init__(self, walk: Walk, settings: Settings, say: Callable[[str], None]) -> None:
        self._walk = walk
        self._settings = settings
        self._say = say
        self._steps = {name: Step(name) for name in STEPS}
        self._audit: dict[str, int] = {}

    async def run(self) -> bool:
        """Walk all steps; return whether every one holds."""
        await self._take("log-in", "lobby")
        if self._steps["log-in"].ok:
            await asyncio.gather(self._take("create"), self._in_the_booths_room())
        await self._take("audit")
        return all(step.ok for step in self._steps.values())

    def outcome(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        steps = [
            {"name": step.name, "ok": step.ok, "ms": step.ms, "detail": step.detail}
            for step in self._steps.values()
        ]
        return {
            "steps": steps,
            "scores": self._walk.scores,
            "created_scores": self._walk.created_scores,
            "audit": self._audit,
        }

    async def _in_the_booths_room(self) -> None:
        await self._take("invite", "perform", "match")
        if not self._steps["match"].ok:
            return
        await self._take("picture", "audio-both-ways")
        await asyncio.gather(
            self._take("scores-to-both"), self._take("pick", "options", "task-shown", "judged", "settled")
        )
        await self._take("refund")

    async def _take(self, *names: str) -> None:
        for name in names:
            step, taken = self._steps[name], STEPS[name]
            begun = time.monotonic()
            try:
                step.detail = await (taken(self._walk) if taken is not None else self._look_at_books())
                step.ok = True
            except FAILURES as error:
                step.detail = f"{type(error).__name__}: {error}"
            step.ms = round(1000 * (time.monotonic() - begun))
            self._say(f"{'✓' if step.ok else '✗'} {name:<16} {step.ms:>6} ms  {step.detail}")

    async def _look_at_books(self) -> str:
        end = time.monotonic() + 5
        self._audit = await asyncio.to_thread(audit, self._settings)
        while self._audit["wrong_unsent"] and time.monotonic() < end:  # the outbox is still on its way
            await asyncio.sleep(0.2)
            self._audit = await asyncio.to_thread(audit, self._settings)
        wrong = {name: seen for name, seen in self._audit.items() if name.startswith("wrong_") and seen}
        expect(not wrong, f"the books do not close: {wrong}")
        expect(
            self._audit["scores"] == 4,
            f"{self._audit['scores']} final scores are stored, of two rounds with two singers",
        )
        return f"{self._audit['transfers']} transfers, sum {self._audit['sum']}"
