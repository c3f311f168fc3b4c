# How a subhost is brought to its end. Its first process is pinned while it is acted on: its folder
# in /proc is fd 9, which is never another process's, and nothing that is run inside inherits it.

bound=

stays() { # the undo of what cannot be taken back
    return 1
}

pinned() { # PID STARTED COMMAND...: does it unless that process has ended
    pid=$1 started=$2
    shift 2
    [ -d "/proc/$pid" ] || return 0
    { ! alive "$pid" "$started" || "$@"; } 9<"/proc/$pid" || {
        failure=$?
        alive "$pid" "$started" || return 0
        return "$failure"
    }
}

apart() { # whether the pinned process is none of the host's own: all of those would be signalled
    [ ! "/proc/$$/fd/9/ns/pid" -ef /proc/self/ns/pid ] || {
        echo 'this is no process of a subhost' >&2
        return 1
    }
}

within() { # NAMESPACES COMMAND...: in these of the pinned process, for at most $bound seconds
    spaces=
    case $1 in *p*) spaces="$spaces -p/proc/$$/fd/9/ns/pid" ;; esac
    case $1 in *n*) spaces="$spaces -n/proc/$$/fd/9/ns/net" ;; esac
    case $1 in *i*) spaces="$spaces -i/proc/$$/fd/9/ns/ipc" ;; esac
    case $1 in *u*) spaces="$spaces -u/proc/$$/fd/9/ns/uts" ;; esac
    case $1 in *m*)
        spaces="$spaces -m/proc/$$/fd/9/ns/mnt -r/proc/$$/fd/9/root -w/proc/$$/fd/9/cwd"
        ;;
    esac
    shift
    real nsenter || :
    set -- "$real" $spaces "$@"
    [ -z "$bound" ] || set -- timeout -k 2 "$bound" "$@"
    # Not this shell's own fd 9, by which nsenter finds what it opens, but that of its child is shut.
    (exec "$@" </dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-)
}

# A service by the same ways as it was started.
stop_service() { # PID STARTED SERVICE SECONDS
    pinned "$1" "$2" quiet_service "$3" "$4"
}

quiet_service() { # SERVICE SECONDS
    bound=$2 status=0
    within pnium /bin/sh -c '
        if command -v service >/dev/null; then exec service "$1" stop; fi
        exec "/etc/init.d/$1" stop' sh "$1" || status=$?
    bound=
    case $status in
        0) ;;
        124 | 137 | 143) warn "$1 did not stop within $2 s" ;;
        *) warn "$1 did not stop: status $status" ;;
    esac
}

warn() { # TEXT: what the operator is to know, though it is no failure
    printf '%s\n' "$1" >&2
    tell "warn $at $1"
}

# TERM to all inside but the first process, and HUP to whoever has a terminal, for a shell at its
# prompt heeds nothing else; what is stopped goes on, to see it.
ask() { # PID STARTED SECONDS: to end, and waits so long
    pinned "$1" "$2" signal_all TERM CONT
    pinned "$1" "$2" hang_up "$1"
    alone_within "$@" || warn "not all has ended within $3 s"
}

send() { # PID STARTED SIGNAL
    pinned "$1" "$2" signal_all "$3"
}

signal_all() { # SIGNAL...: to all inside but the first process
    apart || return 1
    # What fails is that they have ended meanwhile.
    within p /bin/sh -c 'for each do kill -"$each" -1; done' sh "$@" 2>/dev/null || :
}

hang_up() { # PID of the first process
    apart || return 1
    for each in /proc/[0-9]*; do
        [ "$each/ns/pid" -ef "/proc/$$/fd/9/ns/pid" ] || continue
        stat_of "${each#/proc/}" || continue
        set -- "$1" $stat
        [ "$6" = 0 ] || [ "${each#/proc/}" = "$1" ] || kill -HUP "${each#/proc/}" 2>/dev/null || :
    done
}

now() { # leaves hundredths of seconds in $now
    read -r now _ </proc/uptime
    now=${now%.*}${now#*.}
}

nap() { # not at all at first, for a program that sleeps takes longer than most; counted in $naps
    naps=$((naps + 1))
    if [ "$naps" -le 10 ]; then return
    elif [ "$naps" -le 18 ]; then sleep 0.001
    elif [ "$naps" -le 40 ]; then sleep 0.02
    else sleep 0.1
    fi 2>/dev/null || sleep 1
}

comes() { # SECONDS COMMAND...: whether it holds by then
    now
    naps=0 deadline=$((now + $1 * 100))
    shift
    until "$@"; do
        now
        [ "$now" -lt "$deadline" ] || return 1
        nap
    done
}

ended_within() { # PID STARTED SECONDS: whether it has
    comes "$3" has_ended "$1" "$2"
}

has_ended() { # PID STARTED
    ! alive "$1" "$2"
}

# A first process that only reaps ends by itself then, unless it is one that does not.
alone_within() { # PID STARTED SECONDS: whether none but it is left inside by then, or it has ended
    comes "$3" is_alone "$1" "$2"
}

is_alone() { # PID STARTED
    ! alive "$1" "$2" || ! pinned "$1" "$2" company "$1"
}

company() { # PID of the first process: whether there is anybody else
    for each in /proc/[0-9]*; do
        [ "${each#/proc/}" != "$1" ] && [ "$each/ns/pid" -ef "/proc/$$/fd/9/ns/pid" ] && return 0
    done
    return 1
}

slay() { # PID STARTED SECONDS PID-NAMESPACE: the first process, with which all inside is killed
    alive "$1" "$2" || return 0
    kill -KILL "$1" 2>/dev/null || :
    ended_within "$1" "$2" "$3" || {
        name_stuck "$4"
        return 1
    }
}

name_stuck() { # PID-NAMESPACE: those of its processes that a KILL does not end
    stat -L -c '%i %n' /proc/[0-9]*/ns/pid 2>/dev/null | while read -r inode path; do
        [ "$inode" = "$1" ] || continue
        path=${path%/ns/pid} comm= wchan=
        stat_of "${path#/proc/}" || continue
        { read -r comm <"$path/comm" && read -r wchan <"$path/wchan"; } 2>/dev/null || :
        set -- "$1" $stat
        warn "process ${path#/proc/} ($comm) does not end: state $2, in ${wchan:-an unknown place}"
    done
}

dismiss() { # PID STARTED SECONDS: whoever should end now by itself
    ended_within "$@" && return 0
    kill -KILL "$1" 2>/dev/null || :
    ended_within "$1" "$2" 5
}

drop_netns() { # NAME INODE: unless there is another of that name, or somebody is in it
    [ -e "/run/netns/$1" ] && inode=$(stat -L -c %i "/run/netns/$1" 2>/dev/null) || return 0
    if [ "$inode" != "$2" ]; then
        warn "network namespace $1 is another than before: left alone"
        return 0
    fi
    for each in /proc/[0-9]*; do
        [ "$each/ns/net" -ef "/run/netns/$1" ] || continue
        comm=
        { read -r comm <"$each/comm"; } 2>/dev/null || continue
        printf 'process %s (%s) is in network namespace %s\n' "${each#/proc/}" "$comm" "$1" >&2
        return 1
    done
    ip netns delete "$1" || [ ! -e "/run/netns/$1" ]
}

# The kernel takes a cable away with its namespace, but in its own time.
drop_link() { # LINK INDEX: unless there is another of that name
    same_link "$@" || return 0
    ip link delete "$1" 2>/dev/null || :
    comes 10 no_link "$@" || {
        printf 'interface %s stays\n' "$1" >&2
        return 1
    }
}

see_link_go() { # LINK: of which is not known whose it is
    comes 10 [ ! -e "/sys/class/net/$1" ] ||
        warn "interface $1 stays: it is not known to be its own"
}

no_link() { # LINK INDEX
    ! same_link "$@"
}

same_link() { # LINK INDEX: also while the kernel takes it away, and tells no index any more
    [ -e "/sys/class/net/$1" ] || return 1
    { read -r index <"/sys/class/net/$1/ifindex"; } 2>/dev/null || return 0
    [ "$index" = "$2" ]
}

drop_cgroup() { # NAME: with what groups it has made; the kernel refuses while anybody is in them
    places=
    for place in /sys/fs/cgroup /sys/fs/cgroup/unified; do
        [ ! -e "$place/cgroup.controllers" ] || places="$places $place"
    done
    [ -n "$places" ] || # "read" takes a table byte by byte
        places=$(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p' /proc/mounts) || return 1
    for place in $places; do
        naps=0
        while [ -d "$place/$1" ]; do
            find "$place/$1" -depth -type d -exec rmdir {} \; 2>/dev/null || :
            [ -d "$place/$1" ] || break
            [ "$naps" -lt 40 ] || {
                printf 'control group %s stays\n' "$place/$1" >&2
                return 1
            }
            nap
        done
    done
}

drop_mount() { # PLACE ESCAPED: all that is mounted there, escaped as mountinfo does
    while mounted "$2"; do
        umount "$1" || return 1
    done
}

mounted() { # ESCAPED
    cut -d' ' -f5 /proc/self/mountinfo | grep -Fxqe "$1"
}
