# What takes room goes: by the name it has where it is used, never behind the back of an overlay.

# For one file. Whoever may write there may put a symlink in its place at any time: the folder is
# the one that the kernel says we are in, and what is emptied is what it says we have opened.
removal='
set -eu
fail() { printf "%s\n" "$1" >&2; exit 1; }
cd -P -- "$2" && [ "$PWD" = "$2" ] || fail "$2 is a way to another folder"
name=./$3 whole=${2%/}/$3
if [ "$1" = delete ] && [ ! -e "$name" ] && [ ! -L "$name" ]; then exit 0; fi
[ -f "$name" ] && [ ! -L "$name" ] || fail "$whole is no regular file"
blocks=$(stat -c %b "$name" 2>/dev/null) || blocks=
case $1 in
    delete) rm -f "$name" ;;
    truncate)
        exec 3>>"$name"
        [ "$(readlink "/proc/$$/fd/3")" = "$whole" ] || fail "$whole is a way to another file"
        : >"/proc/$$/fd/3"
        ;;
esac
[ -z "$blocks" ] || printf "%s took %s KiB\n" "$whole" "$((blocks / 2))"
'

remove() { # delete|truncate FOLDER NAME
    /bin/sh -c "$removal" sh "$@"
}

remove_inside() { # PID STARTED delete|truncate FOLDER NAME: by the programs of the subhost
    run_inside "$1" "$2" /bin/sh -c "$removal" sh "$3" "$4" "$5"
}

run_inside() { # PID STARTED COMMAND...: in all namespaces of the subhost
    alive "$1" "$2" || { echo 'the subhost has ended' >&2; return 1; }
    first=$1 began=$2
    shift 2
    pinned "$first" "$began" within pnium "$@"
}

empty_held() { # PID NUMBER: what has no name any more, only that process holds it
    case $(stat -L -c '%h %f' "/proc/$1/fd/$2") in
        '0 8'???) : >"/proc/$1/fd/$2" ;;
        *) echo "what process $1 holds as $2 is no deleted file" >&2; return 1 ;;
    esac
}

# For a folder that a program empties. How much went is looked at: that program may say that all
# is well where it did nothing, for which this ends with 9, or fail when it is done. What a journal
# is being written to does not go before it was put by, and where nobody writes one nobody can.
emptying='
set -eu
folder=$1
shift
taken() { set -- $(du -sk "$folder" 2>/dev/null || :); echo "${1-0}"; }
left() { set -- $(stat -f -c "%f %S" "$folder"); echo $(($1 * $2 / 1024)); }
before=$(taken) left=$(left) status=9
[ "$1" != journalctl ] || journalctl --rotate || echo "nobody writes that journal"
printf "y\ny\ny\ny\n" | "$@" || {
    status=$?
    # Without a cache that was set up there are but lists in there, of which apk will not hear.
    [ "$1" != apk ] || rm -f "$folder"/APKINDEX.*.tar.gz
}
after=$(taken)
more=$(($(left) - left))
echo "$folder took $before KiB and takes $after: $more KiB more are left"
# What a lower layer has is hidden by it, which gives back nothing.
[ "$after" -lt "$before" ] && [ "$more" -gt 0 ] || exit "$status"
'

empty() { # FOLDER COMMAND...
    status=0
    /bin/sh -c "$emptying" sh "$@" || status=$?
    emptied "$status" "$1"
}

empty_inside() { # PID STARTED FOLDER COMMAND...: by the programs of the subhost
    first=$1 began=$2 status=0
    shift 2
    run_inside "$first" "$began" /bin/sh -c "$emptying" sh "$@" || status=$?
    emptied "$status" "$1"
}

emptied() { # STATUS FOLDER
    [ "$1" -eq 9 ] || return "$1"
    warn "$2 gave back no room"
}
