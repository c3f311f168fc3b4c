"""What the programs of ``console/shell/layering.sh`` tell of an upper and two lower layers.

``shadow 4096 ./etc/passwd`` is one of the worst, and ``found 1 4096 0 0 - 12`` all there are:
shadows, their bytes, whiteouts, opaque folders, what was moved (``-``: not known), folders looked
at, and ``cut`` where those are not all. Before come ``machine new 023e00`` and ``digest HEX``.
"""

from __future__ import annotations

import re

from console.clean import Clean, clean, clean_path
from console.errors import Unparsable
from console.survey import Hiding, UpperAudit

_WORST = re.compile(rb"(shadow|whiteout|opaque) ([0-9]{1,19}) \.(/.*|)")
_FOUND = re.compile(
    rb"found ([0-9]{1,12}) ([0-9]{1,19}) ([0-9]{1,12}) ([0-9]{1,12}) ([0-9]{1,12}|-) "
    rb"([0-9]{1,12}) (cut)?"
)
_MACHINE = re.compile(rb"machine (new|old) ([0-9a-f]{6})")
_DIGEST = re.compile(rb"digest ([0-9a-f]{64})")
_KEPT = 30


def upper_audit(answer: bytes) -> UpperAudit:
    """Return what was found. Raises ``Unparsable`` where the last line does not tell how much."""
    lines = answer.split(b"\n")
    found = next((match for line in lines if (match := _FOUND.fullmatch(line))), None)
    if found is None:
        raise Unparsable("layers", clean(answer[-80:]), "how much was found")
    worst = [match for line in lines if (match := _WORST.fullmatch(line))]
    machines = {match[1]: clean(match[2]) for line in lines if (match := _MACHINE.fullmatch(line))}
    shadows, size, whiteouts, opaque = (int(found[at]) for at in range(1, 5))
    return UpperAudit(
        worst=tuple(
            Hiding(clean(each[1]), int(each[2]), clean_path(each[3] or b"/"))
            for each in worst[:_KEPT]
        ),
        shadows=shadows,
        shadow_bytes=size,
        whiteouts=whiteouts,
        opaque=opaque,
        moved=None if found[5] == b"-" else int(found[5]),
        folders=int(found[6]),
        complete=found[7] is None,
        machine=machines.get(b"new"),
        old_machine=machines.get(b"old"),
        digest=_digest(lines),
    )


def _digest(lines: list[bytes]) -> Clean | None:
    return next((clean(match[1]) for line in lines if (match := _DIGEST.fullmatch(line))), None)
