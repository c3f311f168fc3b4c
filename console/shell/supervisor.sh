# The supervisor: from `supervise` on, all is made in a mount namespace that ends with this shell,
# and what runs in the subhost is killed with it. Its names are published when it is whole.
# $wires are the host's ends of its cables, $below its unshare, $first its first process; all
# pids are the host's.
wires= below= first= group= accounting= attaching= published= claimed=

may_mount() { # whether this is root with CAP_SYS_ADMIN
    while read -r key value _; do
        if [ "$key" = CapEff: ]; then
            [ $((0x$value >> 21 & 1)) = 1 ]
            return
        fi
    done </proc/self/status
    return 1
}

claim() { # SECONDS: whether nothing supervises the subhost by then, and from now on we do
    [ -d /run/subdeck/alive ] || mkdir -p -m 700 /run/subdeck/alive
    exec 6<>"/run/subdeck/alive/$name"
    flock -w "$1" 6 || return 1
    claimed=yes
}

supervise() { # CONF
    [ -d /run/netns ] || mkdir -p /run/netns
    [ -n "$claimed" ] || claim 5 || fail "$name is still supervised by another job"
    # UNSHARED is there to be seen in /proc/PID/environ; the frame unsets it at once. A job has
    # nothing else in its environment.
    real unshare || :
    unset LC_ALL
    export UNSHARED=yes
    exec "$real" -m --propagation slave /bin/sh "$0" "$1" private
}

assume() { # begins the private half
    at=$host_steps
    watch
    printf overlay-boot >/proc/$$/comm
}

alien() { # COMMAND...: what is not ours, with nothing of ours open
    "$@" 4>&- 5>&- 6>&- 7<&-
}

wire() { # LINK...: what is on stdin makes these, beside what follows
    wires=$*
    {
        ip -batch - <&3 & # whose own stdin would be empty
        besides="$besides $!"
    } 3<&0
}

# --- the tree ---

# The devices that everybody needs, those that are missing in the folder where one is.
nodes() {
    set --
    for node in null zero full random urandom tty console ptmx fd stdin stdout stderr; do
        if [ -e "./$node" ] || [ -L "./$node" ]; then continue; fi
        if [ -e "/dev/$node" ] || [ -L "/dev/$node" ]; then set -- "$@" "/dev/$node"; fi
    done
    [ $# -eq 0 ] || beside cp -dpR "$@" .
}

put() { # FILE LINE...: a new file in the folder where one is
    file=$1
    shift
    if [ -e "./$file" ] || [ -L "./$file" ]; then rm -f -- "./$file"; fi
    set -C
    printf '%s\n' "$@" >"./$file"
    set +C
}

interfaces() { # UPPER LIVE LINE...
    upper=$1/etc/network/interfaces
    if [ -e "$upper" ] || [ -L "$upper" ]; then return; fi
    place "$2" etc/network
    shift 2
    put interfaces "$@"
}

hook() { # VARIABLE CONF BASE PROGRAM ARGUMENT...
    cd -- "$3"
    said=$1 conf=$2
    shift 3
    program=$1
    shift
    case $program in */*) ;; *) program=./$program ;; esac
    [ -f "$program" ] && [ -x "$program" ] || fail "$said: $program is no executable file"
    set -- "$program" "$@"
    alien env "CONFIG=$conf" ACTION=overlay-boot "$@" || fail "$said: $1 failed with status $?"
}

reaper() { # LIVE: one that is there is the subhost's own
    place "$1" ''
    if [ -e ./.reaper ] || [ -L ./.reaper ]; then return; fi
    if [ -x /var/lib/overlay-boot/reaper ]; then
        cp /var/lib/overlay-boot/reaper ./.reaper
        return
    fi
    put .reaper '#!/bin/sh' '# Buries the dead, and ends when nothing else is left here.' \
        'while sleep 1 & wait "$!"; do' \
        '    set -- /proc/[0-9]*' '    [ $# -gt 1 ] || exit 0' 'done'
    chmod 755 ./.reaper
}

# --- the first process ---

# What it and the supervisor tell each other goes through two FIFOs that nobody else sees.
channels() { # LIVE LOG bound|loose OPTIONS-OF-UNSHARE...
    log=$2 bond=$3
    place "$1" dev/shm
    place "$1" run
    shift 3
    apart=$*
    # Whoever else may write to the folder of LOG must not choose what is written to.
    if [ -L "$log" ] || [ -f "$log" ]; then beside rm -f -- "$log"; fi
    if [ -e ./dummy_service ] || [ -L ./dummy_service ]; then rm -rf ./dummy_service; fi
    mkfifo -m 600 /run/netns/.told /run/netns/.go dummy_service
    joined
    cd /
    exec 8<>/run/netns/.told 9<>/run/netns/.go 3</run/netns/.go
}

# Becomes the first process, whose program is on stdin. What it says goes to LOG.
enclose() { # VARIABLE...: that the program names
    [ $# -eq 0 ] || export "$@"
    set -C
    exec 5>"$log"
    set +C
    case $apart in
        *T*) [ -e /proc/self/ns/time ] || apart=${apart%%T*}${apart#*T} ;;
    esac
    doom=
    if [ "$bond" = bound ] && real setpriv; then doom="$real --pdeathsig KILL"; fi
    real nsenter || :
    enter=$real
    real unshare || :
    exec $doom "$enter" "--net=/run/netns/$name" "$real" $apart --propagation slave /bin/sh \
        >&5 2>&5 4>&- 5>&- 7<&- 9>&-
}

# Once the subhost's own programs run, they might get at that FIFO: nothing said there is trusted.
accompany() { # PID of unshare: until the subhost is up
    exec 8</run/netns/.told 3<&-
    below=$1 whole=
    account
    while [ -z "$whole" ] && read -r word rest <&8; do
        case $word,$rest in
            warn,*) tell "warn $at $rest" ;;
            pivoted,) [ -n "$published" ] || { publish; part; attached; accounted; echo go >&9; } ;;
            over,) if taken_over; then whole=yes; fi; break ;;
            up,) whole=yes ;;
            *,*[!0-9]* | *,) ;;
            first,*) [ -n "$first" ] || first=$rest ;;
            step,*) step "$rest" ;;
            online,*) online "$rest"; echo go >&9 ;;
        esac
    done
    if [ -z "$whole" ]; then
        [ ! -f "$log" ] || tail -n 20 -- "$log" >&2 || :
        fail 'the first process of the subhost ended'
    fi
}

taken_over() { # whether the first process is no shell of ours any more
    turns=0
    while { read -r comm <"/proc/$first/comm"; } 2>/dev/null; do
        if [ "$comm" != sh ] || [ "$turns" -gt 1000 ]; then return 0; fi
        turns=$((turns + 1))
        [ $((turns % 50)) -gt 0 ] || sleep 0.02 2>/dev/null || sleep 1
    done
    return 1
}

part() { # takes the tree of the host away from the first process, by programs of the host
    real umount || :
    nsenter "--mount=/proc/$first/ns/mnt" "--root=/proc/$first/root/dev/shm" "$real" -l /
}

publish() { # while the tree of the host is taken away
    real ip || :
    set -- "$real"
    real nsenter || :
    "$real" --mount=/proc/self/fd/7 "$1" netns attach "$name" "$first" &
    attaching=$!
}

attached() { # by now
    [ -n "$attaching" ] || return 0
    set -- "$attaching"
    attaching=
    wait "$1" || fail "$name could not be made the name of its network namespace"
    published=yes
}

# In the first cgroup2 there is, for what it counts; nothing is limited. The kernel lets the first
# to write there wait for all its processors: meanwhile the first process is made by its parent.
account() {
    while read -r _ folder kind _; do
        [ "$kind" = cgroup2 ] || continue
        group=$folder/$name
        [ -d "$group" ] || mkdir "$group" || :
        real echo || :
        "$real" "$below" >"$group/cgroup.procs" &
        accounting=$!
        return
    done </proc/mounts
}

accounted() { # by now; so is all that it begins from here on
    [ -n "$accounting" ] || return 0
    set -- "$accounting"
    accounting=
    wait "$1" && echo "$first" >"$group/cgroup.procs" ||
        tell "warn $at it is not accounted for: there is no writing to $group"
}

online() { # SECONDS: until the gateway of the subhost has been heard of
    read -r now _ </proc/uptime
    end=$((${now%.*} + $1))
    while [ "${now%.*}" -lt "$end" ]; do
        set -- $(ip -n "$name" -4 route show default)
        [ $# -gt 4 ] || set -- $(ip -n "$name" -6 route show default)
        if [ $# -gt 4 ]; then
            # "use" has the kernel ask for it, as for a packet to be sent.
            ip -n "$name" neigh replace "$3" dev "$5" use || :
            case $(ip -n "$name" neigh show to "$3" dev "$5") in
                *REACHABLE* | *PERMANENT* | *NOARP*) return 0 ;;
            esac
        fi
        sleep 0.5 2>/dev/null || sleep 1
        read -r now _ </proc/uptime
    done
    tell "warn $at the gateway was not heard of in time"
}

# --- the rest of its life ---

attend() { # the subhost is up: this shell goes on until it ends
    tell end done
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
        [ -z "$accounting" ] || wait "$accounting" || :
        real ip || :
        [ -z "$published" ] || outside "$real" netns delete "$name"
        for wire in $wires; do
            [ ! -e "/sys/class/net/$wire" ] || ip link delete "$wire"
        done
        drop_group "$group" || return 1
        return 0 # in a trap, bash means an older status else
    fi
    # By now another one of that name may live.
    free "$name" || return 0
    if [ -e "/run/netns/$name" ]; then
        [ -z "$(ip netns pids "$name")" ] || return 0
        ip netns delete "$name" || return 1
    fi
    while read -r _ folder kind _; do
        [ "$kind" = cgroup2 ] || continue
        drop_group "$folder/$name" || return 1
        return 0
    done </proc/mounts
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
