"""Configurations of every form, and what is typed in a guest that has them."""

from __future__ import annotations

CONFS = {
    # A small Debian out of an image, below it services of its own; cables into a bridge and into
    # none, VLANs of the second, one of them in the bridge.
    "site": """\
BASE=.
LOWER=!overlay-diskfile mnt /opt/lower.img
CABLES=br0=02:00:00:00:00:51 = =.5 br0=.7 =02:00:00:00:00:52
START=networking nginx
RAM_SIZE=16M
SHARE=/opt/shared
SHARE = /opt/shared:/srv/elsewhere
WAIT_ONLINE=20
""",
    # One tree, no layers; hooks, a program of its own as a service, and no /run of its own.
    "bare": """\
BASE=!echo /opt/bare
UPPER=tree
LOWER=tree
CABLES=br0= =.9
START=/usr/bin/noted
RAM_SIZE=none
PREMOUNT=hooks/before some words
POSTMOUNT=hooks/after
LOG=/opt/bare/log
KEEP_DEV=yes
""",
    # The host's own tree, and all that holds by default.
    "host": "BASE=.\nSTART=none\n",
    # A folder as its lower layer, and a service of its own that listens.
    "layered": """\
BASE=.
LOWER=/opt/bare/tree
START=/usr/bin/served
RAM_SIZE=8M
""",
}
PREPARE = """
set -e
mkdir -p /opt/shared /opt/bare/hooks /opt/site/mnt /opt/site/root/srv
mkdir -p /opt/site/root/etc/network /opt/site/root/etc/nginx/sites-enabled
echo shown >/opt/shared/file
ip link show br0 >/dev/null 2>&1 || ip link add br0 type bridge
ip link set br0 up
ip netns add first && ip netns del first # which makes /run/netns a mount, for good
ip address replace 10.77.0.1/24 dev br0
cat >/opt/site/root/etc/network/interfaces <<END
auto lo eth0
iface lo inet loopback
iface eth0 inet static
    address 10.77.0.2/24
    gateway 10.77.0.1
END
echo 'server { listen 80 default_server; root /srv; }' >/opt/site/root/etc/nginx/sites-enabled/site
echo 'this is the site' >/opt/site/root/srv/index.html
for hook in before after; do
    printf '#!/bin/sh\\necho %s $1 $CONFIG >>/opt/bare/hooks/said\\n' $hook >/opt/bare/hooks/$hook
    chmod 755 /opt/bare/hooks/$hook
done
mount -t squashfs -o loop,ro /opt/lower.img /mnt
mkdir -p /opt/bare/tree/usr/bin /opt/bare/tree/usr/lib/x86_64-linux-gnu
cd /opt/bare/tree
cp -a /mnt/bin /mnt/lib /mnt/lib64 .
cp -a /mnt/usr/lib64 usr
cp -a /mnt/usr/bin/busybox usr/bin
for library in ld-linux-x86-64.so.2 libc.so.6 libresolv.so.2; do
    cp -a /mnt/usr/lib/x86_64-linux-gnu/$library usr/lib/x86_64-linux-gnu
done
umount /mnt
for applet in sh date readlink sleep cat; do ln -s busybox usr/bin/$applet; done
printf '#!/bin/sh\\ndate >/noted\\n' >usr/bin/noted
printf '#!/bin/sh\\nbusybox httpd -p 2580 -h /usr\\n' >usr/bin/served
chmod 755 usr/bin/noted usr/bin/served
"""
GET = r"""
if command -v bash >/dev/null; then
    bash -c 'exec 3<>/dev/tcp/10.77.0.2/80; printf "GET / HTTP/1.0\r\n\r\n" >&3; cat <&3'
else
    wget -q -O - http://10.77.0.2/
fi"""
REFUSED = """
ip address add 10.78.0.1/24 dev site1.5
if command -v bash >/dev/null; then bash -c ': <>/dev/tcp/10.78.0.2/9' 2>&1
else nc -w 9 10.78.0.2 9 </dev/null 2>&1; fi | grep -i refused"""
INSIDE = """
hostname; cat /proc/1/comm; ls /sys/class/net; id -u; cat /opt/shared/file /srv/elsewhere/file
ip link set eth1 up
ip link add link eth1 name eth1.5 type vlan id 5
ip address add 10.78.0.2/24 dev eth1.5
ip link set eth1.5 up
cat /sys/class/net/eth2/address /run/nginx.pid
"""
WAY_OUT = """
ip netns add wire
ip link add way type veth peer name far netns wire
ip link add pair type bond
ip link set way master pair
ip link add link pair name pair.9 type vlan id 9
ip link set pair.9 master br0
ip -n wire link set far up
ip link set pair up
ip link set pair.9 up
for turn in 1 2 3 4 5 6 7 8 9; do # until the kernel has noticed
    [ "$(cat /sys/class/net/pair.9/brport/state)" != 3 ] || break
    sleep 1
done
"""
NO_WAY = """
ip link del pair
ip link del way
ip netns del wire
ln -s "$(command -v kmod || command -v busybox)" /tmp/rmmod
/tmp/rmmod bonding
/tmp/rmmod tls
rm /tmp/rmmod
"""
TRACES = """
cut -d' ' -f5 /proc/self/mountinfo | sort
ls /sys/class/net
ls /run/netns 2>/dev/null
cat /sys/block/loop*/loop/backing_file 2>/dev/null
ls -d /sys/fs/cgroup/*/ 2>/dev/null
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' |
    grep 'overlay-boo[t]\\|unshar[e]\\|reape[r]\\|subdec[k]' | sort || :
"""
