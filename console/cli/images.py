"""``subdeck images``: what stores hold, who runs it, whether it is whole and who signed it.

``list --json`` prints one document, version 1: ``images``, ``hosts`` (of each whether a reboot
would change it: ``drift`` same, differs or unknown, and ``why``) and ``troubles``; ``show`` the
same of one image; ``verify`` the ``images`` with their ``faults`` after reading all of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from console.cli.images_json import drift_json, set_json
from console.cli.images_seen import Seen, seen
from console.cli.saying import say
from console.cli.setup import settings
from console.cli.shelves import shelves
from console.config import Config
from console.contract import iso
from console.images.catalogue import Catalogue, Drift, Known
from console.model import Host


def run(arguments: Namespace) -> int:
    """Do what is asked; return 0 where all of it went well, else 1."""
    match arguments.deed:
        case "build":
            from console.cli.images_build import run as build

            return build(arguments)
        case "prune":
            from console.cli.images_prune import run as prune

            return prune(arguments)
        case "list":
            asked = _list
        case "show":
            asked = _show
        case "verify":
            asked = _verify
        case _:
            from console.cli.images_change import run as change

            return change(arguments)
    return asyncio.run(asked(arguments, settings(arguments)))


async def _list(arguments: Namespace, config: Config) -> int:
    async with _looked(arguments, config) as found:
        return _told(arguments, found, found.catalogue.sets, found.drifts)


async def _show(arguments: Namespace, config: Config) -> int:
    async with _looked(arguments, config) as found:
        known = found.catalogue.find(arguments.image)
        meant = {known.title, *(each.title for each in _alike(found.catalogue, known))}
        concerned = [
            (host, drift)
            for host, drift in found.drifts
            if (drift.known and drift.known.title in meant)
            or host.name in found.catalogue.users([host]).get(known.title, ())
        ]
        return _told(arguments, found, [known], concerned)


@asynccontextmanager
async def _looked(arguments: Namespace, config: Config) -> AsyncIterator[Seen]:
    async with shelves(arguments, config) as opened:
        yield await seen(arguments, config, opened)


def _alike(catalogue: Catalogue, known: Known) -> list[Known]:
    return [each for each in catalogue.sets if each.digest == known.digest]


def _told(
    arguments: Namespace,
    found: Seen,
    sets: Sequence[Known],
    drifts: Sequence[tuple[Host, Drift]],
) -> int:
    """Print images and hosts; return 1 where something could not be read or asked."""
    users = found.catalogue.users(found.hosts)
    if arguments.json:
        _document(
            images=[
                {
                    **set_json(known),
                    "hosts": list(users[known.title]),
                    "assigned": list(found.catalogue.holds(known)),
                }
                for known in sets
            ],
            hosts=[{"host": host.name, **drift_json(drift)} for host, drift in drifts],
            troubles=[*found.catalogue.troubles],
        )
    else:
        from console.cli.images_tables import images_text

        one = arguments.deed == "show"
        sys.stdout.write(images_text(found.catalogue, sets, users, drifts, whole=one))
    troubles = [*found.catalogue.troubles, *(told for _, told in found.silent)]
    for trouble in troubles:
        say(trouble)
    return int(bool(troubles))


async def _verify(arguments: Namespace, config: Config) -> int:
    async with shelves(arguments, config) as opened:
        catalogue = await opened.catalogue()
        checked: list[Known] = []
        for word in arguments.images:
            known = catalogue.find(word)
            faults = await opened.store(known.store).check(known)
            checked.append(replace(known, faults=faults))
    if arguments.json:
        _document(images=[set_json(known) for known in checked])
    else:
        for known in checked:
            word = "whole" if not known.faults else "NOT WHOLE"
            sys.stdout.write(f"{known.title}: {word}, {known.signature.told}\n")
    for known in checked:
        for fault in known.faults:
            say(f"{known.title}: {fault}")
        if not known.signature.good and known.signature.why:
            say(f"{known.title}: {known.signature.why}")
    return int(any(known.faults or not known.signature.good for known in checked))


def _document(**parts: object) -> None:
    whole = {"version": 1, "time": iso(time.time()), **parts}
    sys.stdout.write(json.dumps(whole, allow_nan=False) + "\n")
