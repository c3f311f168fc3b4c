"""The tree of a subhost: its layers in one mount, its hooks, and what the host shares with it."""

from __future__ import annotations

from collections.abc import Iterator

from console.actions import devices
from console.actions.values import JOINED, commands, literal, place, same_tree, under, words
from console.clean import Clean, clean
from console.model import SubhostConf
from console.operations import Operation, Variable, Word
from console.plan import Step, Where


def steps(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the steps that run PREMOUNT and mount the root."""
    return (*_before(conf), _root(conf))


def after(conf: SubhostConf) -> tuple[Step, ...]:
    """Return the steps that run POSTMOUNT and mount each SHARE, when all else is there."""
    hooked = hook(conf, "POSTMOUNT", place(conf, "LIVE"), place(conf, "UPPER"))
    return (*_interfaces(conf), *hooked, *_shares(conf))


def hook(conf: SubhostConf, key: str, *added: Word) -> tuple[Step, ...]:
    """Return the step that runs a program the configuration names, with ``added`` words."""
    given = dict(conf.hooks).get(Clean(key))
    if given is None:
        return ()
    argv = ("hook", key, conf.path, place(conf, "BASE"), *words(given), *added)
    operation = Operation(argv, into=key if key == "INIT" else None)
    return (Step(Clean(f"run {key}: {given}"), (JOINED, operation), where=Where.PRIVATE),)


def shared(conf: SubhostConf) -> tuple[tuple[Clean, Clean], ...]:
    """Return the shares that are made: what LOWER already shows is none."""
    return tuple(each for each in conf.shares if each[0] != conf.lower)


def _before(conf: SubhostConf) -> tuple[Step, ...]:
    if same_tree(conf) and conf.upper == conf.live:
        return ()  # overlay-boot does not run it then
    return hook(conf, "PREMOUNT", place(conf, "UPPER"))


def _root(conf: SubhostConf) -> Step:
    lower, upper, live = (place(conf, key) for key in ("LOWER", "UPPER", "LIVE"))
    plain = Operation(("plain", lower, upper, *devices.places(conf)))
    shown = "show UPPER, which is LOWER," if same_tree(conf) else "lay UPPER over LOWER"
    why = clean(f"{shown} at LIVE, with {devices.said(conf)}", 1000)
    # All in one program, where the paths are known that its lines are to name.
    if literal(conf, "LOWER", "UPPER", "WORK", "LIVE"):
        lines = (_line(conf), *devices.lines(conf, _field(str(live))))
        return Step(why, (plain, Operation(("mounts", "/", *lines))), where=Where.PRIVATE)
    mounted = Operation(("mounts", live, *devices.lines(conf, ".")))
    return Step(why, (plain, *_mounted(conf), mounted), where=Where.PRIVATE)


def _line(conf: SubhostConf) -> str:
    """Return the line of fstab for the root, whose paths are known."""
    lower, upper, work, live = (
        _field(str(place(conf, key))) for key in ("LOWER", "UPPER", "WORK", "LIVE")
    )
    if same_tree(conf):
        return f"{upper} {live} none bind"
    layers = f"lowerdir={lower},upperdir={upper},workdir={work}"
    return f"{_field(conf.name)} {live} overlay {layers}"


def _field(text: str) -> str:
    """Return the text as it stands in fstab (fstab(5))."""
    return text.replace("\\", "\\134").replace(" ", "\\040")


def _mounted(conf: SubhostConf) -> Iterator[Operation]:
    """Yield what mounts the root, of which commands decide the paths."""
    lower, upper, work, live = (place(conf, key) for key in ("LOWER", "UPPER", "WORK", "LIVE"))
    if same_tree(conf):
        yield Operation(("mount", "--bind", upper, live))
        return
    yield Operation(("layer", lower, upper, work))
    form = "lowerdir=%s,upperdir=%s,workdir=%s"
    yield Operation(("printf", form, lower, upper, work), into="LAYERS")
    overlay = ("mount", "-t", "overlay", conf.name, live)
    yield Operation((*overlay, "-o", Variable("LAYERS")))


def _interfaces(conf: SubhostConf) -> tuple[Step, ...]:
    if Clean("PREMOUNT") in dict(conf.hooks) or (same_tree(conf) and conf.upper == conf.live):
        return ()
    lines: list[Word] = ["auto lo", "iface lo inet loopback"]
    lines += [f"iface {spec.inner} inet manual" for spec in conf.cables if spec.inner]
    if "CABLES" in commands(conf):
        lines.append(Variable("INNER"))
    argv = ("interfaces", place(conf, "UPPER"), place(conf, "LIVE"), *lines)
    why = Clean("write /etc/network/interfaces, unless UPPER has one")
    return (Step(why, (Operation(argv),), where=Where.PRIVATE),)


def _shares(conf: SubhostConf) -> tuple[Step, ...]:
    live = place(conf, "LIVE")
    found = tuple(
        Step(
            Clean(f"share {host} as {inside}"),
            (
                Operation(("place", live, inside)),
                Operation(("mount", "--bind", under(conf, host), ".")),
            ),
            where=Where.PRIVATE,
        )
        for host, inside in shared(conf)
    )
    asked = tuple(
        Step(
            Clean(f"share what the command of {key} printed"),
            (Operation(("show", place(conf, "BASE"), live, Variable(key))),),
            where=Where.PRIVATE,
        )
        for key in commands(conf)
        if key.startswith("SHARE")
    )
    return found + asked
