# The supervisor: from `supervise` on, all is made in a mount namespace that ends with this shell,
# and what runs in the subhost is killed with it. Its names are published when it is whole.
# $besides is what goes on beside that, $wires are the host's ends of its cables, $lines what is to
# make them, $below its unshare, $first its first process, $netns how ip finds its network namespace
# before that has its name; all pids are the host's.
besides= wires= lines= below= first= netns= group= grouping= attaching= published=
reaching= claimed=

# One program: a copy of this shell that outlived it would be taken for the supervisor.
beside() { # PROGRAM ARGUMENT...
    "$@" &
    besides="$besides $!"
}

joined() { # whether all of that has been done, when it has ended
    set -- $besides
    besides=
    for each do wait "$each" || besides=failed; done
    [ -z "$besides" ] || { besides=; return 1; }
}

reach() { # SECONDS: begins to wait that nothing supervises the subhost
    [ -d /run/subdeck/alive ] || mkdir -p -m 700 /run/subdeck/alive
    exec 6<>"/run/subdeck/alive/$name"
    flock -w "$1" 6 &
    reaching=$!
}

claim() { # whether nothing supervises it by then, and from now on we do
    [ -n "$reaching" ] || reach 5
    wait "$reaching" || return 1
    claimed=yes
}

weigh() { # FILE SHA256: `joined` tells whether it still has that content
    sha256sum -c 3<"$1" >/dev/null 2>&1 <<SUM &
$2  /proc/self/fd/3
SUM
    besides="$besides $!"
}

supervise() { # CONF
    [ -n "$claimed" ] || claim || fail "$name is still supervised by another job"
    withdraw "$1" private
}

# Goes on in a mount namespace of its own: what is mounted there the first process sees too, which
# may have begun before, and the host never.
withdraw() { # CONF MODE
    [ -d /run/netns ] || mkdir -p /run/netns
    enter=
    if [ "$mode" = private ]; then
        real nsenter || :
        enter="$real --mount=/proc/self/fd/7"
    fi
    real unshare || :
    private="$real -m --propagation"
    # UNSHARED is there to be seen in /proc/PID/environ; the frame unsets it at once. A job has
    # nothing else in its environment.
    unset LC_ALL
    export UNSHARED=yes
    exec $enter $private slave $private shared /bin/sh "$0" "$@"
}

assume() { # begins the private half
    at=$host_steps
    watch
    printf overlay-boot >/proc/$$/comm
}

alien() { # COMMAND...: what is not ours, with nothing of ours open
    "$@" 3>&- 4>&- 5>&- 6>&- 7<&- 8>&- 9>&-
}

# Makes its network namespace before its first process, with a name that only hooks can see.
name_netns() {
    mount -t tmpfs -o mode=755 none /run/netns
    ip netns add "$name"
    netns=$name
}

spaced() { # whether there is its network namespace by now, if need be as that of its unshare
    [ -n "$netns" ] || { met && netns=/proc/$below/ns/net; }
}

wire() { # LINK...: what is on stdin makes these, at the latest when it is published
    wires=$*
    while IFS= read -r line; do
        lines=$lines$line$nl
    done
}

links() { # leaves in $batch what is to make those that are not there
    spaced
    batch=
    while [ -n "$lines" ]; do
        line=${lines%%"$nl"*} lines=${lines#*"$nl"}
        case $line in *" netns $name") line=${line%"$name"}$netns ;; esac
        batch=$batch$line$nl
    done
}

wired() { # at once
    links
    ip -batch - <<LINES || fail "the cables of $name could not be made"
$batch
LINES
}

attend() { # the subhost is up: this shell goes on until it ends
    tell end "${back:+un}done"
    trap - EXIT
    trap '' HUP
    trap 'kill -KILL "$below"' INT TERM
    exec >/dev/null 2>&1 4>&- 5>&- 8<&- 9>&-
    while [ -d "/proc/$below" ]; do
        wait "$below" || :
    done
    below=
    printf overlay-ended >/proc/$$/comm # so that it is seen to end, not to begin
    bury || :
    exit 0
}

bury() { # what is left of the subhost; also for a job that was killed
    if [ -n "$below" ]; then
        kill -KILL "$below" 2>/dev/null || :
        wait "$below" 2>/dev/null || :
        below=
    fi
    if [ "$mode" = private ]; then
        joined || :
        attached || :
        [ -z "$grouping" ] || wait "$grouping" || :
        real ip || :
        [ -z "$published" ] || outside "$real" netns delete "$name" &
        naming=$!
        status=0
        drop_group "$group" || status=1
        wait "$naming" || :
        for wire in $wires; do
            leaves "$wire" || ip link delete "$wire"
        done
        return "$status" # in a trap, bash means an older status else
    fi
    # By now another one of that name may live.
    free "$name" || return 0
    if [ -e "/run/netns/$name" ]; then
        [ -z "$(ip netns pids "$name")" ] || return 0
        ip netns delete "$name" || return 1
    fi
    if grouped; then drop_group "$group" || return 1; fi
    return 0
}

# The kernel takes a cable away with its namespace; who tells it to waits several times as long.
leaves() { # LINK: whether it goes by itself within moments
    turns=0
    while [ -e "/sys/class/net/$1" ]; do
        turns=$((turns + 1))
        [ "$turns" -lt 1000 ] || return 1
        [ $((turns % 200)) -gt 0 ] || sleep 0.01 2>/dev/null || return 1
    done
}

grouped() { # leaves in $group where it is counted what the subhost uses; nothing is limited
    group=/sys/fs/cgroup/$name
    [ ! -e /sys/fs/cgroup/cgroup.controllers ] || return 0
    while read -r _ folder kind _; do
        group=$folder/$name
        [ "$kind" != cgroup2 ] || return 0
    done </proc/mounts
    group=
    return 1
}

drop_group() { # FOLDER: of control group; whoever is killed with its parent leaves it after that
    turns=0
    while [ -d "$1" ] && ! rmdir "$1" 2>/dev/null; do
        turns=$((turns + 1))
        [ "$turns" -lt 20 ] || {
            printf 'control group %s stays\n' "$1" >&2
            return 1
        }
        sleep 0.05 2>/dev/null || sleep 1
    done
}
