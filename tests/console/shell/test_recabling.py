from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest

SOURCE = Path("console/shell/recabling.sh").resolve()
ROUTES = """\
-4 198.51.100.0/24 via 192.0.2.1 table 7
-4 default via 203.0.113.1
-4 203.0.113.1 scope link
-6 default via fe80::1 metric 5 pref medium
"""
PROGRAM = """
set -eu
here=$1 real=$3 nl='
'
. "$2"
made() {
    "$real" link add aa0 type veth peer name bb0
    "$real" link set aa0 up
    "$real" link set bb0 up
    "$real" address add 192.0.2.7/24 dev aa0
}
mount -t sysfs sysfs /sys
made
"$real" route add 203.0.113.1 dev aa0
"$real" route add default via 203.0.113.1 dev aa0
"$real" route add 198.51.100.0/24 via 192.0.2.1 dev aa0 table 7
"$real" -6 route add default via fe80::1 dev aa0 metric 5
read -r index </sys/class/net/aa0/iflink
keep_routes aa0 "$index"
"$real" link delete aa0
keep_routes aa0 "$index"
made
give_routes aa0
(ip() { "$real" "$@"; }; routes_by aa0)
"$real" address delete 192.0.2.7/24 dev aa0
! give_routes aa0
"""


@pytest.mark.root
@pytest.mark.needs("ip", "unshare", "mount", "dash", "busybox")
@pytest.mark.parametrize("shell", [["dash"], ["busybox", "sh"], ["bash", "--posix"]])
def test_a_link_that_is_made_anew_gets_the_routes_it_had(shell: list[str], tmp_path: Path) -> None:
    argv = ["unshare", "--mount", "--net", *shell, "-c", PROGRAM, "sh"]
    argv += [str(each) for each in (tmp_path, SOURCE, which("ip"))]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, ROUTES), said.stderr
    assert said.stderr == "the route -4 198.51.100.0/24 via 192.0.2.1 table 7 by aa0 is not back\n"
