# The first process of the subhost, until its reaper takes over. Nothing of the subhost's own runs
# before the tree of the host is out of sight.
set -eu
unset LC_ALL
exec 6>&-

keep() { # VARIABLE...: the supervisor's values of these, which nothing inherits from here on
    for each do
        eval "value=\$$each; unset $each; $each=\$value"
    done
    unset value
}

told() { printf '%s\n' "$*" >&8; }

step() { told step "$1"; }

greet() { # tells its pid as the host sees it
    read -r self _ </proc/self/stat
    told first "$self"
}

call() { # NAME: itself
    printf '%s' "$1" >/proc/sys/kernel/hostname
}

# The supervisor may have died before it could take this process with it: then nobody answers.
answered() { read -r _ <&3; }

# The host's tree is taken away from outside. Meanwhile lo is set up, as a program of the host would.
close_host() { # REAPER
    told pivoted
    printf 1 >/sys/class/net/lo/flags
    answered
    hash -r
    [ -x "$1" ] || fail "$1 is not an executable file in the subhost"
    exec </dev/null
}

lonely() { # whether nothing else lives here
    for other in /proc/[0-9]*; do
        [ "$other" != /proc/1 ] || continue
        { read -r stat <"$other/stat"; } 2>/dev/null || continue
        case ${stat##*) } in [ZX]*) ;; *) return 1 ;; esac
    done
}

linger() { # a reaper ends with the last process: one waits until its FIFO is written to
    lonely || return 0
    {
        exec 3<&- 8>&-
        printf dummy_service >/proc/self/comm
        read -r _ </run/dummy_service
    } &
}

up() { # REAPER NAME
    told over
    exec 3<&- 8>&-
    exec "$@"
}

init() { # SCRIPT: what INIT printed; it ends in the reaper
    told up
    exec 3<&- 8>&-
    exec /bin/sh -c "$1"
}
