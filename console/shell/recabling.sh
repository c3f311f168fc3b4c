# How the cables of a subhost that runs are changed. An interface is told by its name and its index:
# another one of that name is left alone.

link_is() { # LINK INDEX
    { read -r found <"/sys/class/net/$1/ifindex"; } 2>/dev/null && [ "$found" = "$2" ]
}

while_there() { # LINK INDEX COMMAND...: unless it has gone, and all with it
    if link_is "$1" "$2"; then
        shift 2
        "$@"
    fi
}

is_bridge() { # LINK INDEX
    [ -d "/sys/class/net/$1/bridge" ] && link_is "$1" "$2"
}

is_port() { # LINK [BRIDGE]: of that one; else of none
    if [ $# -gt 1 ]; then
        [ "/sys/class/net/$1/master" -ef "/sys/class/net/$2" ]
    else
        [ ! -e "/sys/class/net/$1/master" ]
    fi
}

plug() { # LINK BRIDGE: out of any other
    is_port "$1" "$2" || ip link set dev "$1" master "$2"
    is_port "$1" "$2"
}

unplug() { # LINK
    is_port "$1" || ip link set dev "$1" nomaster
    is_port "$1"
}

is_up() { # LINK
    { read -r found <"/sys/class/net/$1/flags"; } 2>/dev/null && [ $((found & 1)) = 1 ]
}

raise() { # LINK
    ip link set dev "$1" up
    is_up "$1"
}

rides_on() { # LINK INDEX: whether it is made of that one
    { read -r found <"/sys/class/net/$1/iflink"; } 2>/dev/null && [ "$found" = "$2" ]
}

no_link_called() { # NAME
    [ ! -e "/sys/class/net/$1" ]
}

put_vlan() { # LINK INDEX NUMBER NAME [BRIDGE]: up
    rides_on "$4" "$2" || ip link add link "$1" name "$4" type vlan id "$3"
    [ -z "${5-}" ] || plug "$4" "$5"
    raise "$4"
}

take_vlan() { # NAME INDEX: of what it rides on
    ! rides_on "$1" "$2" || ip link delete dev "$1"
    comes 10 no_link_called "$1"
}

routes_by() { # LINK: what it does not have of itself, a line each, as "ip" takes it
    for family in -4 -6; do
        ip "$family" route show table all dev "$1" | while read -r route; do
            case " $route " in *' proto kernel '* | *' proto ra '*) continue ;; esac
            case $route in *" dev $1 "*) route="${route%%" dev $1"*}${route#*" dev $1"}" ;; esac
            printf '%s\n' "$family ${route%% linkdown}"
        done
    done
}

keep_routes() { # LINK INDEX: of what it rides on
    if rides_on "$1" "$2"; then
        routes_by "$1" >"$here/routes.new"
        mv "$here/routes.new" "$here/routes"
    fi
}

give_routes() { # LINK: those that were kept, first the ones by which others are reached
    [ -e "$here/routes" ] || return 0
    for direct in yes ''; do
        while read -r family route; do
            case $direct$route in yes*' via '*) continue ;; esac
            # shellcheck disable=SC2086 # a route is several words
            ip "$family" route add $route dev "$1" 2>/dev/null || :
        done <"$here/routes"
    done
    shown=$nl$(routes_by "$1")$nl
    while read -r route; do
        case $shown in *"$nl$route$nl"*) continue ;; esac
        printf 'the route %s by %s is not back\n' "$route" "$1" >&2
        return 1
    done <"$here/routes"
}

# What is inside is asked and changed by programs of the host, in that network alone.
inside() { # PID STARTED LINK INDEX WORD...: set what it is to be
    pinned "$1" "$2" as_it_was "$3" "$4" set_there "$3" "$5" ${6:+"$6"}
}

has_inside() { # PID STARTED LINK INDEX TEXT: whether it is shown as being so
    shown=
    pinned "$1" "$2" as_it_was "$3" "$4" :
    case $shown in *"$5"*) ;; *) return 1 ;; esac
}

as_it_was() { # LINK INDEX COMMAND...: where it is that one
    shown=$(within n ip -o link show dev "$1") || return 1
    case $shown in
        "$2: $1@"* | "$2: $1:"*) ;;
        *)
            printf '%s is another interface than it was\n' "$1" >&2
            return 1
            ;;
    esac
    shift 2
    "$@"
}

set_there() { # LINK WORD...
    if [ "$2" = address ]; then
        real ip || :
        within n /bin/sh -c "$readdress" sh "$real" "$1" "$3"
    else
        within n ip link set dev "$@"
    fi
}

# The kernel tells the neighbours, who else would keep the old address for a minute.
readdress='
notes="/proc/sys/net/ipv4/conf/$2/arp_notify /proc/sys/net/ipv6/conf/$2/ndisc_notify" status=0 were=
for note in $notes; do
    { read -r was <"$note"; } 2>/dev/null || continue
    were="$were $was:$note"
    echo 1 >"$note"
done
"$1" link set dev "$2" address "$3" || status=$?
for note in $were; do echo "${note%%:*}" >"${note#*:}"; done
exit "$status"
'

unclaimed() { # MAC: whether no interface of the host, or of a network that has a name, has it
    for each in /sys/class/net/*/address; do
        { read -r found <"$each"; } 2>/dev/null || continue
        [ "$found" != "$1" ] || return 1
    done
    for each in /run/netns/*; do
        shown=$(ip -n "${each##*/}" -o link show 2>/dev/null) || continue
        case $shown in *" $1 brd "*) return 1 ;; esac
    done
}
