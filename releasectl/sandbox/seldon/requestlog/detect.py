"""Gives the logged requests to the detectors, and keeps what they say beside them."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import httpx

from releasectl.model import Json
from releasectl.sandbox.seldon.requestlog.consumers import (
    DRIFT,
    Consumer,
    drift_reply,
    outlier_replies,
    question,
    rows_of,
)
from releasectl.sandbox.seldon.requestlog.db import Asked, Log
from releasectl.sandbox.seldon.watched import Watched

log = logging.getLogger(__name__)
REST_SECONDS = 0.25  # between two looks: a detector is no hurry, a prediction is
LOOK_SECONDS = 5.0  # without a new event: a detector may be new
TOGETHER = 64  # requests that an outlier detector judges at once
AT_ONCE = 2000  # requests that are read at once


class Detection:
    """Every detector reads the log at its own pace; where it is survives a restart."""

    def __init__(
        self, store: Log, consumers: Path, arrived: asyncio.Event, client: httpx.AsyncClient
    ) -> None:
        self._log = store
        self._file = Watched(consumers)
        self._arrived = arrived
        self._client = client
        self._silent: set[str] = set()  # those whose failure has been told

    async def run(self) -> None:
        while True:
            more = False
            for consumer in map(Consumer.load, self._file.read() or ()):
                try:
                    more |= await (
                        self._drift(consumer) if consumer.kind == DRIFT else self._outliers(consumer)
                    )
                except (httpx.HTTPError, sqlite3.Error, ValueError, KeyError, IndexError) as error:
                    self._tell(consumer, error)
            await asyncio.sleep(REST_SECONDS)
            if not more:
                self._arrived.clear()
                try:
                    await asyncio.wait_for(self._arrived.wait(), LOOK_SECONDS)
                except TimeoutError:
                    continue

    async def _outliers(self, consumer: Consumer) -> bool:
        """Whether there is more to judge."""
        asked = self._log.after(self._log.cursor(consumer.key), *consumer.owner, TOGETHER)
        if not asked:
            return False
        found = [(each.id, rows) for each in asked if (rows := _rows(each, consumer))]
        # Requests of another width than most are of no use to this detector.
        width = _most(len(rows[0]) for _, rows in found)
        judged = [(element, rows) for element, rows in found if len(rows[0]) == width]
        said: list[tuple[int, str]] = []
        if judged and (answer := await self._ask(consumer, [row for _, rows in judged for row in rows])):
            replies = outlier_replies(answer, [len(rows) for _, rows in judged])
            said = [(element, reply) for (element, _), reply in zip(judged, replies, strict=True)]
        self._log.said(consumer.key, asked[-1].id, consumer.kind, said)
        return len(asked) == TOGETHER

    async def _drift(self, consumer: Consumer) -> bool:
        """The reply to a batch is kept with the request that filled it."""
        cursor = self._log.cursor(consumer.key)
        rows: list[list[float]] = []
        while asked := self._log.after(cursor, *consumer.owner, AT_ONCE):
            for each in asked:
                found = _rows(each, consumer)
                rows += [row for row in found if not rows or len(row) == len(rows[0])]
                if len(rows) >= max(1, consumer.batch):
                    answer = await self._ask(consumer, rows)
                    said = [(each.id, drift_reply(answer))] if answer else []
                    self._log.said(consumer.key, each.id, consumer.kind, said)
                    return True
            cursor = asked[-1].id
            if not rows:  # nothing for it so far, which need not be read again
                self._log.said(consumer.key, cursor, consumer.kind, ())
        return False

    async def _ask(self, consumer: Consumer, rows: list[list[float]]) -> Json:
        """What the detector says; None if it refuses these rows, as it would the next time."""
        answer = await self._client.post(
            consumer.url, content=question(rows), headers={"content-type": "application/json"}
        )
        if answer.status_code in (400, 422, 500):
            self._tell(consumer, f"status {answer.status_code} {answer.text[:200]}")
            return None
        return answer.raise_for_status().json()

    def _tell(self, consumer: Consumer, error: object) -> None:
        if consumer.key not in self._silent:
            self._silent.add(consumer.key)
            log.warning("%s judges nothing: %s", consumer.key, error)


def _rows(asked: Asked, consumer: Consumer) -> list[list[float]]:
    return rows_of(asked.body) if consumer.judges(asked.model) else []


def _most(widths: Iterable[int]) -> int:
    counted = Counter(widths).most_common(1)
    return counted[0][0] if counted else 0
