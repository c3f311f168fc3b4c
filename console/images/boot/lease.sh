#!/bin/sh
# What udhcpc calls: $1 is what happened, the rest is in the environment.
. /etc/network.sh
# shellcheck disable=SC2154 # variables of udhcpc
case $1 in
bound | renew)
    ifconfig "$interface" "$ip" netmask "${subnet:-255.255.255.0}"
    for each in ${router:-}; do
        route add default gw "$each" dev "$interface" 2>/dev/null
    done
    for each in ${dns:-}; do
        echo "nameserver $each"
    done >/run/resolv.conf
    [ -z "${hostname:-}" ] || [ -n "$(word hostname)" ] || hostname "$hostname"
    ;;
esac
