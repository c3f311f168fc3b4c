# What is held back in a store until it is full, and let go then: a folder that is root's alone,
# with a file that takes room and files that take inodes. Whoever may write beside it may put a
# symlink in its place at any time, so it is looked at from within.
ballast='
set -eu
fail() { printf "%s\n" "$1" >&2; exit 1; }
enter() { cd -P -- "$1" && [ "$PWD" = "$1" ] || fail "$1 is a way to another folder"; }
name=.subdeck-ballast whole=${2%/}/.subdeck-ballast
enter "$2"
if [ ! -e "$name" ] && [ ! -L "$name" ]; then
    [ "$1" = hold ] || exit 0
    mkdir -m 700 "$name"
fi
enter "$whole"
[ "$(stat -c %u:%a .)" = 0:700 ] || fail "$whole is not what was made for this: remove it"
case $1 in
    hold)
        dd if=/dev/zero of=room bs=65536 count="$(($3 / 65536))" conv=fsync 2>/dev/null ||
            fail "$whole/room cannot be written"
        [ "$(($(stat -c %b room) * 512))" -ge "$3" ] || fail "$whole/room takes less than it holds"
        number=0
        while [ "$number" -lt "$4" ]; do
            : >"inode.$number"
            number=$((number + 1))
        done
        ;;
    let_go)
        rm -f room inode.*
        enter "$2"
        rmdir "$name"
        ;;
esac
'

hold() { # MOUNT-POINT BYTES INODES
    /bin/sh -c "$ballast" sh hold "$@"
}

let_go() { # MOUNT-POINT
    /bin/sh -c "$ballast" sh let_go "$@"
}

hold_inside() { # PID STARTED MOUNT-POINT BYTES INODES: by the programs of the subhost
    run_inside "$1" "$2" /bin/sh -c "$ballast" sh hold "$3" "$4" "$5"
}

let_go_inside() { # PID STARTED MOUNT-POINT
    run_inside "$1" "$2" /bin/sh -c "$ballast" sh let_go "$3"
}
