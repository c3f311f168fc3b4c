#!/bin/sh
# First process of a system in memory, made by subdeck images build.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mount -t devtmpfs -o nosuid,mode=755 devtmpfs /dev
mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
