# What a supervisor puts into the tree of its subhost.

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
        beside cp /var/lib/overlay-boot/reaper ./.reaper
        return
    fi
    put .reaper '#!/bin/sh' '# Buries the dead, and ends when nothing else is left here.' \
        'while sleep 1 & wait "$!"; do' \
        '    set -- /proc/[0-9]*' '    [ $# -gt 1 ] || exit 0' 'done'
    beside chmod 755 ./.reaper
}

# Whoever else may write to the folder of LOG must not choose what is written to.
forget() { # LOG
    if [ -L "$1" ] || [ -f "$1" ]; then beside rm -f -- "$1"; fi
}

dummy() { # LIVE: what its last process waits at, see `linger`
    place "$1" run
    if [ -e ./dummy_service ] || [ -L ./dummy_service ]; then rm -rf ./dummy_service; fi
    beside mkfifo -m 600 dummy_service
}
