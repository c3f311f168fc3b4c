# How a supervisor begins the first process of its subhost, and goes with it until it is up.

# What it and the supervisor tell each other goes through two pipes: a shell's own, which it makes
# of here-documents, unless it is one that makes files of them.
channels() { # LOG bound|loose OPTIONS-OF-UNSHARE...
    log=$1 bond=$2
    shift 2
    apart=$*
    exec 8<<TOLD 9<<GO

TOLD

GO
    read -r _ <&8
    read -r _ <&9
    if ! [ -p /proc/self/fd/8 ]; then
        for each in told go; do
            [ -p "$here/$each" ] || mkfifo -m 600 "$here/$each"
        done
        exec 8<>"$here/told" 9<>"$here/go"
    fi
    # To write where nobody listens any more would end us.
    exec 8<>/proc/self/fd/8 9<>/proc/self/fd/9
    cd /
}

# Becomes the first process, whose program is on stdin. What it says goes to a new LOG: whoever else
# may write to the folder of that must not choose what is written to.
enclose() { # VARIABLE...: that the program names
    export "$@"
    if [ -L "$log" ] || [ -f "$log" ]; then rm -f -- "$log"; fi # an old one
    set -C
    exec 5>"$log"
    set +C
    case $apart in
        *T*) [ -e /proc/self/ns/time ] || apart=${apart%%T*}${apart#*T} ;;
    esac
    doom= enter= net=
    if [ "$bond" = bound ] && real setpriv; then doom="$real --pdeathsig KILL"; fi
    if [ -n "$netns" ]; then
        real nsenter || :
        enter="$real --net=/run/netns/$netns"
    else
        net=--net
    fi
    real unshare || :
    exec $doom $enter "$real" $net $apart --propagation slave /bin/sh \
        >&5 2>&5 3</proc/self/fd/9 8>/proc/self/fd/8 4>&- 5>&- 7<&- 9>&-
}

begun() { # PID of unshare: while that begins the first process
    below=$1
    exec 8</proc/self/fd/8 # so that we hear when it has ended
    if grouped; then stir; fi
}

met() { # whether there is a first process by now
    [ -z "$first" ] || return 0
    read -r _ first <&8 || fail 'the first process of the subhost did not begin'
}

# Once the subhost's own programs run, they might get at that pipe: nothing said there is trusted.
accompany() { # until the subhost is up, of which all has been built
    [ -n "$below" ] || begin_first
    echo built >&9
    met
    account
    whole=
    while [ -z "$whole" ] && read -r word rest <&8; do
        case $word,$rest in
            warn,*) tell "warn $at $rest" ;;
            mounted,) [ -n "$attaching$published" ] || publish ;;
            pivoted,) [ -n "$published" ] || apart_now ;;
            over,) if taken_over; then whole=yes; fi; break ;;
            up,) whole=yes ;;
            *,*[!0-9]* | *,) ;;
            step,*) step "$rest" ;;
            online,*) online "$rest"; echo go >&9 ;;
        esac
    done
    if [ -z "$whole" ]; then
        [ ! -f "$log" ] || tail -n 20 -- "$log" >&2 || :
        fail 'the first process of the subhost ended'
    fi
}

apart_now() { # when the first process has pivoted: the tree of the host goes, and it goes on
    part
    joined
    accounted
    parted
    attached
    echo go >&9
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
    set -- "$real"
    real nsenter || :
    set -- "--mount=/proc/$first/ns/mnt" "--root=/proc/$first/root/dev/shm" "$1" -l /
    "$real" "$@" &
    parting=$!
}

parted() { # by now
    wait "$parting" || fail "the tree of the host could not be taken away from $name"
}

publish() { # makes its cables, unless they are there, and then its name; beside what follows
    links
    real ip || :
    set -- "$real"
    real nsenter || :
    "$real" --mount=/proc/self/fd/7 "$1" -batch - <<LINES &
${batch}netns attach $name $first
LINES
    attaching=$!
}

attached() { # by now
    [ -n "$attaching" ] || return 0
    set -- "$attaching"
    attaching=
    wait "$1" || fail "$name could not be given its cables and the name of its network namespace"
    published=yes
}

# The kernel has the first who moves a process to another control group wait for all its processors,
# but not those that follow soon: that is a program here, which ends then.
stir() {
    real echo || :
    "$real" 0 2>/dev/null >"${group%/*}/cgroup.procs" &
}

# A group would outlive us, so there is none before all is built.
account() {
    [ -n "$group" ] || return 0
    [ -d "$group" ] || { mkdir "$group" & grouping=$!; }
}

accounted() { # with all that it begins from here on
    [ -n "$group" ] || return 0
    [ -z "$grouping" ] || wait "$grouping" || :
    grouping=
    echo "$below" >"$group/cgroup.procs" && echo "$first" >"$group/cgroup.procs" ||
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
