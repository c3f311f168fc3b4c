"""The nouns of the field as frozen values; nothing here does anything."""

from console.model.boot import Boot, Image, Style
from console.model.gap import Gap
from console.model.host import Host, Memory, Pressure
from console.model.level import (
    Clock,
    Confidence,
    Forecast,
    Kind,
    Level,
    Limit,
    State,
    Trend,
)
from console.model.network import Cable, Link, Netns, Rates, Routing
from console.model.storage import (
    SECTOR,
    DmDevice,
    LoopDevice,
    Mount,
    OtherTarget,
    Overlay,
    Snapshot,
    Statfs,
    Target,
    ThinPool,
)
from console.model.subhost import CableSpec, Process, Running, Subhost, SubhostConf

__all__ = [
    "SECTOR",
    "Boot",
    "Cable",
    "CableSpec",
    "Clock",
    "Confidence",
    "DmDevice",
    "Forecast",
    "Gap",
    "Host",
    "Image",
    "Kind",
    "Level",
    "Limit",
    "Link",
    "LoopDevice",
    "Memory",
    "Mount",
    "Netns",
    "OtherTarget",
    "Overlay",
    "Pressure",
    "Process",
    "Rates",
    "Routing",
    "Running",
    "Snapshot",
    "State",
    "Statfs",
    "Style",
    "Subhost",
    "SubhostConf",
    "Target",
    "ThinPool",
    "Trend",
]
