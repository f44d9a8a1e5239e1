"""Who starts when: one per core, models before the rest, and never behind it."""

from __future__ import annotations

import asyncio

from releasectl.sandbox.seldon.slots import Slots
from releasectl.sandbox.seldon.values import Kind

MODEL, EXPLAINER, DETECTOR = Kind.MODEL, Kind.EXPLAINER, Kind.DETECTOR


def order(*asked: Kind, cores: int = 1) -> list[Kind]:
    """The order in which starts are granted when all are asked for at once."""
    granted: list[Kind] = []

    async def start(slots: Slots, kind: Kind) -> None:
        async with slots.take(kind):
            granted.append(kind)
            await asyncio.sleep(0)

    async def run() -> None:
        slots = Slots(cores)
        async with slots.take(MODEL):  # a start that goes on
            starting = [asyncio.create_task(start(slots, kind)) for kind in asked]
            await asyncio.sleep(0)
        await asyncio.gather(*starting)

    asyncio.run(run())
    return granted


def test_models_go_first_then_explainers_then_detectors() -> None:
    assert order(DETECTOR, EXPLAINER, MODEL, DETECTOR, MODEL) == [MODEL, MODEL, EXPLAINER, DETECTOR, DETECTOR]


def test_a_model_does_not_wait_for_explainers_and_detectors() -> None:
    async def run() -> list[str]:
        slots, seen = Slots(2), []
        async with slots.take(EXPLAINER), slots.take(DETECTOR):
            waiting = asyncio.create_task(slots.take(DETECTOR).__aenter__())
            async with slots.take(MODEL):
                seen.append("model")
            await asyncio.sleep(0)
            assert not waiting.done()
        await waiting
        seen.append("detector")
        return seen

    assert asyncio.run(run()) == ["model", "detector"]


def test_one_that_is_cancelled_gives_up_its_turn() -> None:
    async def run() -> None:
        slots = Slots(1)
        async with slots.take(MODEL):
            gone = asyncio.create_task(slots.take(MODEL).__aenter__())
            await asyncio.sleep(0)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
        async with asyncio.timeout(1), slots.take(MODEL):
            pass

    asyncio.run(run())
