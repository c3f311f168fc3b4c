"""What the command line says of itself."""

from __future__ import annotations

VERBS = {
    "start": "Start subhosts; done when they are seen running.",
    "stop": "Stop subhosts: their services first, then what is left; done when nothing is.",
    "restart": "Stop subhosts and start them again.",
    "share": "Show a folder of the host inside running subhosts, until they stop.",
    "unshare": "Take a shared folder out of running subhosts.",
    "clean": "Delete in the upper layers of stopped subhosts what is the same in the lower one.",
    "enable": "Have subhosts started when their host boots.",
    "disable": "Have subhosts started at boot no more.",
    "kill": "Send a signal to all inside running subhosts but their first process.",
    "repair": "Remove what subhosts that died left behind.",
    "grow": "Make levels larger while they are in use; done when they are seen so large.",
    "delete": "Delete a file of hosts or running subhosts, by the name it has there.",
    "truncate": "Make a file empty; who writes to it goes on.",
    "vacuum": "Let go older entries of the journal.",
    "purge": "Let go packages in a cache, which can be fetched again.",
    "hold": "Hold a ballast in a level, some room and inodes, to be let go when it is full.",
    "release": "Let go of the ballast of a level, so that one can work there while it is full.",
}
"""What is done to subhosts and levels, and what it means."""

EPILOG = """\
commands:
  subdeck [TARGET...]          the screen (default: this host and the configured ones)
  subdeck status [TARGET...]   levels and subhosts as a table, or --json
  subdeck start TARGET...      start subhosts; --dry-run prints the script that would run
  subdeck stop TARGET...       stop them, services first
  subdeck restart TARGET...    stop and start
  subdeck share DIR TARGET...  show a folder of the host inside;
                               subdeck unshare DIR TARGET... takes it out
  subdeck clean TARGET...      delete in the upper layer what is the same in the lower one
  subdeck enable TARGET...     start at boot; subdeck disable TARGET... no more
  subdeck kill TARGET...       send a signal into running subhosts
  subdeck repair TARGET...     remove what a subhost that died left behind
  subdeck grow TARGET --to SIZE
                               make a level larger: the soonest full, or --level ID
  subdeck relief TARGET        what can be done about a level that fills; changes nothing
  subdeck delete PATH TARGET...
                               delete a file there; subdeck truncate PATH TARGET... empties one
  subdeck purge CACHE TARGET...
                               let go fetched packages; subdeck vacuum TARGET... old journal
  subdeck hold TARGET...       hold a ballast in a level; subdeck release TARGET... lets it go
  subdeck enter TARGET [-- COMMAND...]
                               a shell in there, or a command and its exit status
  subdeck jobs [TARGET...]     what runs or ran there, by whom; follow, finish, roll back
  subdeck logs TARGET          what a subhost last said
  subdeck upgrade TARGET... --image NAME
                               boot another image; done when the host is back and shows it
  subdeck rollout start TARGET... --image NAME
                               upgrade many in waves, and back where a gate fails; list, show,
                               pause, resume, abort
  subdeck cables [TARGET...]   bridges, VLANs, bonds and what is plugged into them, drawn;
                               --trace IF follows one interface to the wire
  subdeck cable TARGET... IF --bridge BR | --vlan N | --mac ADDRESS | --up
                               change a cable of running subhosts
  subdeck images list          boot images in stores, who runs them, and whom a reboot would
                               change; show, verify, publish, assign, delete, build
  subdeck writers TARGET       who is filling a level, and what takes room in it
  subdeck history TARGET       how full its levels were, from the record on this machine
  subdeck capsule [TARGET...]  all that is known in one file, without secrets
  subdeck replay FILE          look at one; subdeck replay --at TIME at the record
  subdeck doctor [HOST...]     what is reachable, permitted, missing, and the remedy

TARGET is HOST or HOST/SUBHOST; globs (web*) and lists (web[01-40]) are allowed.
HOST is "local", a configured name, an alias of ~/.ssh/config, @TAG or [USER@]ADDRESS[:PORT].
exit status: 0 done, 1 the request failed on some target, 2 wrong usage or configuration
"""
"""What ``subdeck --help`` ends with."""
