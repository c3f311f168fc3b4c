# Services go on with what they have mapped of an image until they are begun anew.

# Each is begun anew by its own way, unless it has left the old image already.
renew() { # SECONDS WAY WORD...
    read -r _ gone <"$here/old"
    renew_from "$gone" "$@"
}

renew_back() { # PLACE SECONDS WAY WORD...: where the old one is back in its place
    [ -r "$here/new" ] || return 0
    read -r _ gone <"$here/new"
    read -r _ old <"$here/old"
    has_at "$1" "$old" || return 1
    shift
    renew_from "$gone" "$@"
}

renew_from() { # DEVICE SECONDS WAY WORD...
    gone=$1 seconds=$2 way=$3
    shift 3
    now
    began=$now
    "$way" "$@" || return
    now
    printf '%s: after %d.%02d s\n' "$*" $(((now - began) / 100)) $(((now - began) % 100))
}

by_script() { # SCRIPT PID-FILE
    ! runs_anew "$2" || return 0
    (exec timeout "$seconds" "$1" restart </dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-) || {
        echo "$1 restart: status $?" >&2
        return 1
    }
    comes "$seconds" runs_anew "$2" || { echo "$1 restart: it does not run anew" >&2; return 1; }
}

runs_anew() { # PID-FILE
    pid=
    { read -r pid <"$1"; } 2>/dev/null && [ -d "/proc/${pid:-none}" ] && ! maps "$pid" "$gone"
}

# sshd begins anew by its own file; sessions go on as they are.
by_hup() { # PID STARTED
    maps "$1" "$gone" || { alive "$1" "$2"; return; }
    kill -HUP "$1" || return 1
    comes "$seconds" has_left "$1" && alive "$1" "$2"
}

has_left() { # PID
    ! maps "$1" "$gone"
}

# A supervisor starts anew what ends.
by_supervisor() { # PID STARTED: the supervisor's
    children "$1" TERM || :
    comes "$seconds" children "$1" && alive "$1" "$2"
}

children() { # PID [SIGNAL]: whether it has some, and all run anew; the others are signalled
    count=0 late=0
    for each in /proc/[0-9]*; do
        stat_of "${each#/proc/}" || continue
        set -- "$1" "${2-}" $stat
        [ "$4" = "$1" ] || continue
        count=$((count + 1))
        maps "${each#/proc/}" "$gone" || continue
        late=1
        [ -z "$2" ] || kill -"$2" "${each#/proc/}" || :
    done
    [ "$late" = 0 ] && [ "$count" -gt 0 ]
}

stragglers() { # those that run from the old one
    read -r loop gone <"$here/old"
    [ -d "/sys/block/$loop/loop" ] || return 0
    for each in $(mapping "$gone" /proc/[0-9]*/maps); do
        each=${each%/maps}
        [ "${each#/proc/}" != $$ ] || continue
        comm=
        { read -r comm <"$each/comm"; } 2>/dev/null || continue
        warn "$comm (${each#/proc/}) runs from the old image until it ends"
    done
}
