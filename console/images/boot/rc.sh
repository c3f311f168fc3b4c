#!/bin/sh
# Brings the system up, once; the first process runs it.
. /etc/network.sh
mkdir -p /dev/pts /dev/shm /run/lock
mount -t devpts -o nosuid,noexec,mode=620,gid=5 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev tmpfs /dev/shm
hostname "$(word hostname "$(cat /etc/hostname)")"
plug
network
