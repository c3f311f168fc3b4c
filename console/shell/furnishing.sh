# What a supervisor puts into the tree of its subhost.

# Whether none of these is a symlink where UPPER lies over LOWER: by one, a mount would go astray.
plain() { # LOWER UPPER FOLDER...
    lower=$1 upper=$2
    shift 2
    for each do
        tree=$upper
        [ -e "$upper/$each" ] || [ -L "$upper/$each" ] || tree=$lower
        [ ! -L "$tree/$each" ] || fail "$tree/$each is a symlink"
    done
}

# The devices that everybody needs, those that are missing in the folder where one is.
nodes() {
    set --
    for node in null zero full random urandom tty console ptmx fd stdin stdout stderr; do
        if [ -e "./$node" ] || [ -L "./$node" ]; then continue; fi
        if [ -e "/dev/$node" ] || [ -L "/dev/$node" ]; then set -- "$@" "/dev/$node"; fi
    done
    [ $# -eq 0 ] || beside cp -dpR "$@" .
}

# Where both /dev and /run are new, one program copies what was made once since the host booted.
furnish() { # LIVE
    [ -d /run/subdeck/furniture ] || make_furniture
    place "$1" dev
    place "$1" run
    beside cp -dpR /run/subdeck/furniture/dev /run/subdeck/furniture/run "$1"
}

make_furniture() {
    made=$here/furniture
    rm -rf "$made"
    mkdir "$made" "$made/dev" "$made/run"
    mkdir -m 1777 "$made/dev/shm"
    cd "$made/dev"
    nodes
    dummy "$made"
    joined
    mv -T "$made" /run/subdeck/furniture 2>/dev/null || # unless another job was quicker
        [ -d /run/subdeck/furniture ] || fail '/run/subdeck/furniture cannot be made'
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

dummy() { # LIVE: what its last process waits at, see `linger`
    place "$1" run
    if [ -e ./dummy_service ] || [ -L ./dummy_service ]; then rm -rf ./dummy_service; fi
    beside mkfifo -m 600 dummy_service
}
