# How another squashfs takes the place of the one that runs, under the mount point PLACE: both hold
# an empty folder _upgrade, by which pivot_root exchanges them in one call of the kernel. Beside the
# journal, "new" and "old" tell "LOOP MAJOR:MINOR" of the two, and "order" what is done first.

# The same text works here, and in the mount namespace where it is rehearsed.
turning='
device_at() { # PLACE: prints that of what is mounted there
    sed -n "s|^[^ ]* [^ ]* \([^ ]*\) [^ ]* $1 .*|\1|p" /proc/self/mountinfo | tail -n 1
}

pivot_to() { # PLACE DEVICE
    [ "$(device_at "$1")" = "$2" ] || chroot "$1" pivot_root _upgrade _upgrade/_upgrade
    [ "$(device_at "$1")" = "$2" ]
}

bind() { # FOLDER: the copies of libraries in there are what programs begin with
    [ /lib64 -ef "$1" ] || mount --bind "$1" /lib64
}

unbind() { # FOLDER
    [ ! /lib64 -ef "$1" ] || umount -l /lib64
}

turn() { # ORDER PLACE NEW-DEVICE FOLDER [COMMAND]: which is run after each
    for each in $1; do
        case $each in
            libraries) bind "$4" || return 1 ;;
            place) pivot_to "$2" "$3" || return 1 ;;
        esac
        ${5-} || return 1
    done
}

turn_back() { # ORDER PLACE OLD-DEVICE FOLDER [COMMAND]
    back=
    for each in $1; do back="$each $back"; done
    for each in $back; do
        case $each in
            libraries) unbind "$4" || return 1 ;;
            place) pivot_to "$2" "$3" || return 1 ;;
        esac
        ${5-} || return 1
    done
}
'
eval "$turning"

# Each is of another kind, or of what a way back takes.
trying='
works() {
    sh -c : && mount >/dev/null && chroot / true && losetup -a >/dev/null && stat / >/dev/null &&
        cp /proc/version /dev/null && sleep 0 && sha256sum </dev/null >/dev/null &&
        grep -q . /proc/mounts && ${sshd:+"$sshd" -t}
}
order=$1 place=$2 new=$3 old=$4 folder=$5 sshd=$6
turn "$order" "$place" "$new" "$folder" works
turn_back "$order" "$place" "$old" "$folder" works
'

has_at() { # PLACE MAJOR:MINOR: whether that is what is mounted there
    [ "$(device_at "$1")" = "$2" ]
}

superblock() { # FILE: prints when it was made, and how many bytes of it are used
    set -- $(head -c 96 "$1" | od -An -v -tu1)
    [ "${1-} ${2-} ${3-} ${4-} ${29-} ${30-}" = '104 115 113 115 4 0' ] || return 1
    made=$(($9 + ${10} * 256 + ${11} * 65536 + ${12} * 16777216))
    used=$((${41} + ${42} * 256 + ${43} * 65536 + ${44} * 16777216 + ${45} * 4294967296))
    echo "$made $used"
}

is_squashfs() { # FILE BYTES: whether it is one, and not cut off
    used=$(superblock "$1") && [ "${used#* }" -le "$2" ]
}

has_spare_loop() {
    losetup -f >/dev/null
}

has_room() { # PATH BYTES
    set -- "$2" $(stat -f -c '%S %a' "$1")
    [ $(($2 * $3)) -ge "$1" ]
}

# The boot disk is written for a moment.
stock() { # FILE NEW-FILE SHA256 MOUNT-POINT [ro]
    mount -o remount,rw "$4"
    cp "$1" "$2"
    sync
    same "$2" "$3" || { echo "$2 is not what was written" >&2; return 1; }
    put_away "$4" "${5-}"
}

unstock() { # NEW-FILE MOUNT-POINT [ro]
    [ -e "$1" ] || { put_away "$2" "${3-}"; return; }
    mount -o remount,rw "$2" && rm -f "$1" && sync && put_away "$2" "${3-}"
}

put_away() { # MOUNT-POINT [ro]: as it was; the kernel lets go of files in its own time
    [ "$2" = ro ] || return 0
    comes 3 mount -o remount,ro "$1" 2>/dev/null ||
        warn "$1 stays writable: a file of it that is in use has no name"
}

# What is hashed is what will be mounted: the bytes that the loop device gives.
mount_beside() { # FILE BYTES SHA256 PLACE OLD-LOOP OLD-DEVICE
    echo "$5 $6" >"$here/old"
    loop_of "$1" >/dev/null || losetup -r -f "$1"
    loop=$(loop_of "$1") || { echo "$1 has no loop device" >&2; return 1; }
    read -r device <"/sys/block/$loop/dev"
    echo "$loop $device" >"$here/new"
    found=$(head -c "$2" "/dev/$loop" | sha256sum)
    [ "${found%% *}" = "$3" ] || { echo "$1 is not what was staged any more" >&2; return 1; }
    has_at "$4/_upgrade" "$device" ||
        mount -t squashfs -o ro,nosuid,nodev "/dev/$loop" "$4/_upgrade"
    losetup -d "/dev/$loop" # when nothing uses it any more
}

mapping() { # MAJOR:MINOR MAPS...: prints those in which files of that device are
    hexadecimal=$(printf '%02x:%02x' "${1%:*}" "${1#*:}")
    shift
    grep -l "^[^ ]* [^ ]* [^ ]* $hexadecimal " "$@" 2>/dev/null
}

maps() { # PID MAJOR:MINOR: whether it has mapped files of that device
    mapping "$2" "/proc/$1/maps" >/dev/null
}

# Not where the old one is there, because it could not be brought back to its place. A shell that
# was begun while the new one was in its place would keep it in use: another goes on instead.
unmount_beside() { # FILE PLACE
    device=none
    [ ! -r "$here/new" ] || read -r _ device <"$here/new"
    if has_at "$2" "$device"; then return 1; fi
    if has_at "$2/_upgrade" "$device"; then
        ! maps $$ "$device" || exec /bin/sh "$0" roll-back 4>&- 5>&-
        comes 3 umount "$2/_upgrade" 2>/dev/null || {
            umount -l "$2/_upgrade" || return 1
            warn 'something runs from the new image until it ends'
        }
    fi
    ! loop=$(loop_of "$1") || losetup -d "/dev/$loop"
}

may_follow() { # PLACE: whether what is beside can take its place
    for each in _upgrade etc/os-release bin/sh; do
        [ -e "$1/_upgrade/$each" ] || { echo "the new image has no /$each" >&2; return 1; }
    done
    [ "$(made_for "$1/_upgrade/bin/sh")" = "$(made_for "$1/bin/sh")" ] || {
        echo 'the new image is for another architecture' >&2
        return 1
    }
}

made_for() { # PROGRAM: prints class, byte order and machine, of elf(5)
    set -- $(head -c 20 "$1" | od -An -v -tx1)
    [ "${1-} ${2-} ${3-} ${4-}" != '7f 45 4c 46' ] || echo "$5 $6 ${19} ${20}"
}

copy_libraries() { # PLACE FOLDER: those of which /lib64 holds copies, from what is beside
    mkdir -p -m 755 "$2"
    for each in /lib64/*; do
        [ -f "$each" ] || continue
        each=${each##*/} found=
        for found in "$1/_upgrade"/usr/lib64/"$each" "$1/_upgrade"/usr/lib/*-linux-*/"$each" \
            "$1/_upgrade"/lib64/"$each" "$1/_upgrade"/usr/lib/"$each" ''; do
            [ ! -f "$found" ] || break
        done
        [ -n "$found" ] || { echo "the new image has no $each" >&2; return 1; }
        cp "$found" "$2/.$each"
        mv -f "$2/.$each" "$2/$each" # what programs have mapped is not written to
    done
}

drop_libraries() { # FOLDER: unless an earlier swap made it
    [ /lib64 -ef "$1" ] || rm -rf "$1"
}

# Newer libraries serve older programs, but not the other way round: which of the two go first
# is found out where nobody else sees it.
rehearse() { # PLACE OLD-DEVICE FOLDER SSHD, of which the last two may be empty
    read -r _ new <"$here/new"
    real unshare || :
    for order in 'libraries place' 'place libraries'; do
        [ -n "$3" ] || order=place
        if "$real" -m /bin/sh -ec "$turning$trying" sh "$order" "$1" "$new" "$2" "$3" "$4"; then
            echo "$order" >"$here/order"
            return 0
        fi
        [ -n "$3" ] || break
    done
    echo 'what is needed does not run from the new image' >&2
    return 1
}

pivot() { # PLACE FOLDER
    read -r _ new <"$here/new"
    read -r order <"$here/order"
    turn "$order" "$1" "$new" "$2"
    learn_libraries
}

pivot_back() { # PLACE FOLDER
    [ -r "$here/order" ] || return 0
    read -r order <"$here/order"
    read -r _ old <"$here/old"
    turn_back "$order" "$1" "$old" "$2" && learn_libraries
}

# The cache is in the root itself, where boot made it.
learn_libraries() {
    [ -f /etc/ld.so.cache ] && [ ! -L /etc/ld.so.cache ] || return 0
    for each in /sbin/ldconfig.real /sbin/ldconfig; do
        [ ! -x "$each" ] || { "$each" -X; return; }
    done
}

detach() { # PLACE OLD-LOOP: the old one ends with its last user
    ! mounted "$1/_upgrade" || umount -l "$1/_upgrade"
    [ ! -d "/sys/block/$2/loop" ] || losetup -d "/dev/$2" || : # gone by now
}

attach() { # PLACE OLD-FILE: the old one again, where it was moved to
    [ -r "$here/old" ] && ! mounted "$1/_upgrade" || return 0
    read -r loop _ <"$here/old"
    made=$(superblock "$2") || return 1
    # Where something uses it still it has its loop device, which may tell another name by now.
    [ -d "/sys/block/$loop/loop" ] && [ "$(superblock "/dev/$loop")" = "$made" ] ||
        { losetup -r -f "$2" && loop=$(loop_of "$2"); } || return 1
    read -r device <"/sys/block/$loop/dev"
    mount -t squashfs -o ro,nosuid,nodev "/dev/$loop" "$1/_upgrade" || return 1
    echo "$loop $device" >"$here/old"
    losetup -d "/dev/$loop"
}

# By what the kernel says, not by what was done.
swapped() { # PLACE FILE
    read -r loop device <"$here/new"
    has_at "$1" "$device" && [ "$(loop_of "$2")" = "$loop" ] || {
        echo "$1 is not $2" >&2
        return 1
    }
    found=$(superblock "/dev/$loop") && [ "$found" = "$(superblock "$2")" ] || return 1
    sed -n 's/^PRETTY_NAME=/now /p' "$1/etc/os-release"
}

# The old file keeps a name; what the next boot reads is the one or the other at any moment.
switch_file() { # FILE MOUNT-POINT [ro]: FILE.new takes its place
    [ -e "$1.new" ] || { put_away "$2" "${3-}"; return; }
    mount -o remount,rw "$2"
    ln -f "$1" "$1.old" 2>/dev/null || { cp "$1" "$1.part" && mv -f "$1.part" "$1.old"; }
    sync
    mv -f "$1.new" "$1"
    sync
    put_away "$2" "${3-}"
}

switch_file_back() { # FILE MOUNT-POINT [ro]
    if [ ! -e "$1.new" ] && [ -e "$1.old" ]; then
        mount -o remount,rw "$2" && mv -f "$1.old" "$1" && sync || return 1
    elif [ "$1.old" -ef "$1" ]; then
        mount -o remount,rw "$2" && rm -f "$1.old" || return 1
    fi
    put_away "$2" "${3-}"
}
