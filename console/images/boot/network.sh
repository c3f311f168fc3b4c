# Words of the kernel's command line, drivers, addresses: for the initrd and the system alike.

word() { # name default: its value
    for each in $(cat /proc/cmdline); do
        case $each in
        "$1="*) echo "${each#*=}" && return ;;
        esac
    done
    echo "${2:-}"
}

plug() { # drivers of what there is, and of what those of a bus bring to light
    for _ in 1 2; do
        find /sys/devices -name modalias -exec cat {} + | sort -u | tr '\n' '\0' |
            xargs -0 modprobe -q -a
    done 2>/dev/null
}

network() { # as ip= says, which is DHCP on every card unless told otherwise
    ip link set lo up
    case $(word ip dhcp) in
    off | none) return ;;
    *:*:*:*) stand "$(word ip)" && return ;;
    esac
    for card in /sys/class/net/*; do
        [ -e "$card/device" ] || continue
        ip link set "${card##*/}" up
        udhcpc -b -t 5 -T 1 -A 5 -i "${card##*/}" -s /etc/lease.sh >/dev/null 2>&1 &
    done
}

stand() { # address:server:gateway:mask:name:card:…, as of the kernel's nfsroot.rst
    IFS=: read -r address _ gateway mask name card _ <<END
$1
END
    card=${card:-eth0}
    ifconfig "$card" "$address" netmask "${mask:-255.255.255.0}" up
    [ -z "$gateway" ] || route add default gw "$gateway"
    [ -z "$name" ] || hostname "$name"
}
