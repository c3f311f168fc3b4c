# Files of a boot medium give way to new ones beside them. A file in use keeps a name: without one it
# could not be put away read-only again, and on FAT its room would be lost.

can_write() { # MOUNT-POINT: whether its device is not write-protected
    number=$(device_at "$1")
    read -r fixed 2>/dev/null <"/sys/dev/block/$number/ro" || return 0 # it is on no single device
    [ "$fixed" = 0 ]
}

switch_medium() { # MOUNT-POINT ro|rw FILE...: each FILE.new becomes FILE, and what that was FILE.old
    point=$1 was=$2
    shift 2
    mount -o remount,rw "$point"
    for each do
        [ -e "$each.new" ] || continue
        give_way "$each" || return 1
    done
    sync
    put_away "$point" "$was"
}

# By one rename where files have two names; else by two, the second of which follows at once.
give_way() { # FILE
    if ln -f "$1" "$1.old" 2>/dev/null; then
        mv -f "$1.new" "$1"
    else
        mv -f "$1" "$1.old"
        mv -f "$1.new" "$1" || { mv -f "$1.old" "$1"; return 1; }
    fi
}

switch_medium_back() { # MOUNT-POINT ro|rw FILE...
    point=$1 was=$2
    shift 2
    mount -o remount,rw "$point" || return 1
    for each do
        if [ ! -e "$each.new" ] && [ -e "$each.old" ]; then
            mv -f "$each.old" "$each" || return 1
        elif [ ! -e "$each" ] && [ -e "$each.old" ]; then
            mv -f "$each.old" "$each" || return 1
        elif [ "$each.old" -ef "$each" ]; then
            rm -f "$each.old" || return 1
        fi
    done
    sync
    put_away "$point" "$was"
}
