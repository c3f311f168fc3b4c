# A suspended root stops whoever touches it, for good. So all that runs while a snapshot is
# suspended is a copy in memory, with a root of its own that no way leads out of. Before it is
# suspended another process waits there for the first to end, however it does, and resumes it then.

# Makes that root, which nobody else sees and which goes with the last that is in it, and works in
# there. It leads a process group.
cage='
set -eu
cage=/run/subdeck/cage shell=$1
shift
mkdir -p $cage
mount -t tmpfs -o mode=700 subdeck $cage
mkdir -p $cage/bin $cage/proc $cage/dev/mapper
pack() { # PROGRAM NAME: with the libraries that it loads, each where it is
    cp -L "$1" "$cage/bin/$2"
    { LD_TRACE_LOADED_OBJECTS=1 "$1" || ldd "$1"; } 2>/dev/null </dev/null |
        while read -r name arrow path _; do
            [ "$arrow" = "=>" ] || path=$name
            case $path in /*) ;; *) continue ;; esac
            [ ! -e "$cage$path" ] || continue
            [ -d "$cage${path%/*}" ] || mkdir -p "$cage${path%/*}"
            cp -L "$path" "$cage$path"
            printf "%s:" "${path%/*}" >>$cage/libraries
        done
}
true >$cage/libraries
pack "$shell" sh
for each in dmsetup sleep setsid; do
    program=$(command -v "$each")
    case $program in /*) ;; *) program=$shell ;; esac
    pack "$program" "$each"
done
mount -t proc proc $cage/proc
minor=
while read -r number name; do
    [ "$name" != device-mapper ] || minor=$number
done </proc/misc
mknod -m 600 $cage/dev/mapper/control c 10 "$minor"
mknod -m 666 $cage/dev/null c 1 3
mkfifo -m 600 $cage/life
cat >$cage/keep <<"KEEP"
leader=$1 store=$2
(sleep 20; kill -KILL -- "-$leader") &
trap "" HUP INT TERM
true >/kept
while read -r _; do :; done
until [ "$(dmsetup info -c --noheadings -o suspended "$store")" != Suspended ]; do
    dmsetup resume --noudevsync "$store" || sleep 0.2
done
kill -TERM 0
KEEP
cat >$cage/work <<"WORK"
leader=$1 store=$2 most=$3 table=$4
dmsetup info -c --noheadings -o name "$store" >/dev/null || exit
exec 8<>/life 9</life
setsid sh /keep "$leader" "$store" <&9 >/dev/null 2>&1 8>&- 9<&- &
exec 9<&-
for each in 1 2 3 4 5 6 7 8 9 10; do [ -e /kept ] || sleep 0.3 || sleep 1; done
[ -e /kept ] || exit 1
fits() {
    [ -n "$most" ] || return 0
    set -- $(dmsetup status "$store")
    case $4 in */*) [ "${4%/*}" -le "$most" ] ;; *) return 1 ;; esac
}
mark() { read -r up _ </proc/uptime; echo "$1 at $up"; }
mark "is suspended"
dmsetup suspend --nolockfs --noudevsync "$store" || exit
if ! fits; then echo "more than $most sectors are in use by now"
elif dmsetup reload "$store" --table "$table"; then :
fi
dmsetup resume --noudevsync "$store"
status=$?
mark "was resumed"
exit $status
WORK
read -r libraries <$cage/libraries || :
chroot=$(command -v chroot) status=0
LD_LIBRARY_PATH=$libraries PATH=/bin "$chroot" $cage /bin/sh /work "$$" "$@" \
    >$cage/said 2>&1 </dev/null || status=$?
cat $cage/said >&2
exit $status
'

swap() { # SNAPSHOT DEVICE [SECTORS]: has it use that as its store, if no more are in use
    store=$1 most=${3-}
    number=$(number_of "$2") || return 1
    set -- $(dmsetup table "$store")
    [ "${5-}" != "$number" ] || return 0
    table="$1 $2 $3 $4 $number"
    shift 5
    real unshare || :
    setsid "$real" -m /bin/sh -c "$cage" sh "$(readlink -f /proc/$$/exe)" \
        "$store" "$most" "$table $*" || :
    see_resumed "$store"
    set -- $(dmsetup table "$store")
    [ "${5-}" = "$number" ] || { echo "the store of $store is ${5-not told}" >&2; return 1; }
}

# Where who worked was killed the other may take a moment, and only then shows which table is in use.
see_resumed() { # SNAPSHOT
    for each in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        case $(dmsetup info -c --noheadings -o suspended "$1") in Suspended) ;; *) return 0 ;; esac
        sleep 0.2 || sleep 1
    done
    dmsetup resume --noudevsync "$1"
}

not_swapped() { # SNAPSHOT DEVICE: whether that is not its store
    number=$(number_of "$2" 2>/dev/null) || return 0
    set -- $(dmsetup table "$1")
    [ "${5-}" != "$number" ] || { echo 'what was written since is in there alone' >&2; return 1; }
}

number_of() { # DEVICE: prints MAJ:MIN, also of a name
    case $1 in
        *:*) echo "$1" ;;
        *) dmsetup info -c --noheadings --separator : -o major,minor "$1" ;;
    esac
}

concatenate() { # NAME [ROOM], and the table of what it is made of on stdin, to which the room is added
    table=$(with_room ${2:+"$2"}) || return 1
    if dmsetup info "$1" >/dev/null 2>&1; then
        [ "$(dmsetup table "$1" | sed 's/ *$//')" = "$table" ]
        return
    fi
    printf '%s\n' "$table" | dmsetup create --noudevsync "$1"
}

part() { # NAME: unless it is in use
    ! dmsetup info "$1" >/dev/null 2>&1 || dmsetup remove --noudevsync --retry "$1"
}

# Whether it can be written shows when it is: a filesystem that has given up says that all is well.
write_again() { # MOUNT-POINT REMEDY
    mount -o remount,rw "$1" || :
    if (true >"$1/.subdeck-$$") 2>/dev/null && rm "$1/.subdeck-$$"; then
        return 0
    fi
    warn "the store takes writes again, but the filesystem at $1 has given up for good: $2"
}
