"""How a host came up, which image it runs, and what its next stop will do.

``style(evidence, mounts, dm)`` decides between the eleven styles; ``boot(…)`` adds the running
image and the armed triggers; ``images(…)`` lists every image in use. ``STAMPS`` and ``TRIGGERS``
name the files a backend reads or looks for as evidence.
"""

from console.identity.decision import ROFS, style, topmost
from console.identity.image import STAMPS, images
from console.identity.startup import TRIGGERS, boot

__all__ = ["ROFS", "STAMPS", "TRIGGERS", "boot", "images", "style", "topmost"]
