"""Sets of boot images, and whether hosts differ from theirs, as parts of JSON documents."""

from __future__ import annotations

from console.contract import iso
from console.images.catalogue import Drift, Known

Json = dict[str, object]


def set_json(known: Known) -> Json:
    """Return all that is known of a set."""
    manifest, signature = known.manifest, known.signature
    return {
        "title": known.title,
        "store": known.store,
        "name": manifest.name,
        "version": manifest.version,
        "built": iso(manifest.built),
        "kernel": manifest.kernel,
        "arch": manifest.arch,
        "styles": [str(style) for style in manifest.styles],
        "ram": manifest.ram,
        "size": manifest.size,
        "digest": known.digest,
        "signature": {
            "word": str(signature.word),
            "signer": signature.signer,
            "key": signature.key,
            "why": signature.why,
        },
        "pointers": sorted(known.pointers),
        "faults": list(known.faults),
        "files": [
            {
                "role": str(entry.role),
                "path": entry.path,
                "size": entry.size,
                "sha256": entry.sha256,
            }
            for entry in manifest.files
        ],
    }


def drift_json(drift: Drift) -> Json:
    """Return whether a reboot would change a host."""
    return {
        "drift": str(drift.word),
        "why": drift.why,
        "assigned": drift.known.title if drift.known else None,
    }
