from __future__ import annotations

from console.parse.subhost_conf import conf


def test_hooks_are_kept_as_they_are_typed() -> None:
    found = conf(b"/opt/mta/mta.conf", b"BASE=.\nINIT=/opt/init  -x\nPREMOUNT=!find hook\n")
    assert found.hooks == (("PREMOUNT", "!find hook"), ("INIT", "/opt/init  -x"))
    assert not conf(b"/opt/mta/mta.conf", b"BASE=.\n").hooks


def test_variables_of_our_own_are_read() -> None:
    found = conf(b"/opt/mta/mta.conf", b"BASE=.\nWAIT_ONLINE= 12 \nKEEP_DEV=yes\n")
    assert (found.wait_online, found.keep_dev) == ("12", True)
    assert not found.notes
    plain = conf(b"/opt/mta/mta.conf", b"BASE=.\nKEEP_DEV=perhaps\n")
    assert (plain.wait_online, plain.keep_dev) == (None, False)
