# How stores are made larger. Whatever says that it did so is looked at again: mounting anew is no
# failure on what does not grow.

affords() { # BYTES: whether so much of memory is available
    while read -r key value _; do
        [ "$key" != MemAvailable: ] || return $((value * 1024 < $1))
    done </proc/meminfo
    return 0 # a kernel that does not tell
}

lies_on() { # PATH DEVICE
    found=$(stat -L -c %d "$1") && [ "$found" = "$2" ]
}

size() { # MOUNT-POINT OPTIONS BYTES [INODES]
    mount -o "remount,$(sizes "$2" "$3" ${4:+"$4"})" "$1"
    holds "$1" "$3" ${4:+"$4"}
}

# By the programs of the subhost, in all its namespaces: from its root no way leads to ours.
size_inside() { # PID STARTED MOUNT-POINT OPTIONS BYTES [INODES]
    pinned "$1" "$2" within pnium mount -o "remount,$(sizes "$4" "$5" ${6:+"$6"})" "$3"
    holds "/proc/$1/root$3" "$5" ${6:+"$6"}
}

sizes() { # OPTIONS BYTES [INODES]
    printf '%s' "${1:+$1,}size=$2${3:+,nr_inodes=$3}"
}

holds() { # PATH BYTES [INODES]: whether its filesystem does, at least
    said=$(stat -f -c '%S %b %c' "$1") || return 1
    set -- "$1" "$2" "${3:-0}" $said
    [ $(($4 * $5)) -ge "$2" ] && [ "$6" -ge "$3" ] || {
        echo "$1 holds $(($4 * $5)) bytes and $6 inodes: it did not become larger" >&2
        return 1
    }
}

# Makes a file larger, or as large again as it was. Where no path leads to it its filesystem is
# mounted once more, in a mount namespace that ends with this.
resize='
set -eu
file=$1 from=$2 to=$3 loop=$4 device=${5-}
if [ -n "$device" ]; then
    while IFS== read -r key name; do
        [ "$key" != DEVNAME ] || break
    done <"/sys/dev/block/$device/uevent"
    mkdir -p /run/subdeck/cage
    mount "/dev/$name" /run/subdeck/cage
    file=/run/subdeck/cage$file
fi
held=$(losetup -n -O BACK-INO --list "/dev/$loop" 2>/dev/null | tr -d " ")
size=$(stat -L -c %s "$file")
if [ "$held" != "${held:+$(stat -L -c %i "$file")}" ] || [ "$size" != "$from" -a "$size" != "$to" ]
then
    echo "$file is not the file of $loop any more" >&2
    exit 1
fi
if [ -n "$device" ] && [ "$to" -gt "$size" ]; then
    lacking=$((to - $(stat -L -c %b "$file") * 512))
    set -- $(stat -f -c "%a %S" "$file")
    if [ $(($1 * $2)) -lt "$lacking" ]; then
        echo "what holds $file has but $(($1 * $2)) bytes left" >&2
        exit 1
    fi
fi
dd if=/dev/null of="$file" bs=512 seek="$((to / 512))" count=0 2>/dev/null
[ "$(stat -L -c %s "$file")" = "$to" ]
'

resized() { # FILE FROM TO LOOP [DEVICE]
    if [ $# -gt 4 ]; then
        real unshare || :
        "$real" -m /bin/sh -c "$resize" sh "$@"
    else
        /bin/sh -c "$resize" sh "$@"
    fi
}

enlarge() { # FILE BYTES-NOW BYTES LOOP [DEVICE]: of its filesystem, where no path leads there
    resized "$@"
}

cut_back() { # FILE BYTES BYTES-NOW LOOP [DEVICE]: unless the loop device shows more already
    read -r sectors <"/sys/block/$4/size"
    read -r offset <"/sys/block/$4/loop/offset"
    if [ $((sectors * 512 + offset)) -gt "$2" ]; then
        warn "$1 stays as large as it is: what is in it now may lie at its end"
        return 0
    fi
    resized "$1" "$3" "$2" "$4" ${5:+"$5"}
}

widen() { # LOOP BYTES
    losetup -c "/dev/$1"
    read -r sectors <"/sys/block/$1/size"
    [ $((sectors * 512)) -ge "$2" ] || {
        echo "$1 shows $((sectors * 512)) bytes" >&2
        return 1
    }
}

is_made_of() { # MAPPED-DEVICE, and its table on stdin: whether it still is
    wanted=$(cat) && found=$(dmsetup table "$1" | sed 's/ *$//') && [ "$found" = "$wanted" ]
}

store_holds() { # SNAPSHOT SECTORS: at least, in all
    set -- "$1" "$2" $(dmsetup status --noflush "$1")
    case ${6-} in
        */*) [ "${6#*/}" -lt "$2" ] || return 0 ;;
    esac
    echo "the store of $1 holds ${6-nothing}" >&2
    return 1
}

pool_holds() { # POOL BLOCKS: at least, in all
    set -- "$1" "$2" $(dmsetup status --noflush "$1")
    case ${8-} in
        */*) [ "${8#*/}" -lt "$2" ] || return 0 ;;
    esac
    echo "$1 holds ${8-nothing}" >&2
    return 1
}

# One call of the kernel exchanges the tables: killed before that, the old one stays in use.
exchange() { # MAPPED-DEVICE [ROOM], and its new table on stdin, to which the room is added
    table=$(with_room ${2:+"$2"}) || return 1
    [ "$(dmsetup table "$1" | sed 's/ *$//')" != "$table" ] || return 0
    printf '%s\n' "$table" | dmsetup reload "$1"
    dmsetup resume --noflush --nolockfs --noudevsync "$1"
}

discard() { # MAPPED-DEVICE, and on stdin its table from before: the new one, unless it is in use
    dmsetup clear "$1"
    is_made_of "$1" || {
        echo "$1 is made up anew already: nothing makes it smaller while it is in use" >&2
        return 1
    }
}

with_room() { # [ROOM]: prints the table on stdin, and a last line for the file in there
    end=0
    while read -r start sectors rest; do
        printf '%s %s %s\n' "$start" "$sectors" "$rest"
        end=$((start + sectors))
    done
    [ $# -gt 0 ] || return 0
    loop=$(loop_of "$1/store") || { echo "$1/store has no loop device" >&2; return 1; }
    read -r number <"/sys/block/$loop/dev"
    read -r sectors <"/sys/block/$loop/size"
    printf '%s %s linear %s 0\n' "$end" "$sectors" "$number"
}

loop_of() { # FILE: prints its loop device
    for each in /sys/block/loop*/loop/backing_file; do
        found=
        { read -r found <"$each"; } 2>/dev/null || continue
        [ "$found" = "$1" ] || continue
        each=${each%/loop/*}
        echo "${each##*/}"
        return 0
    done
    return 1
}

make_room() { # FOLDER BYTES: a tmpfs, in it a file with a loop device
    mkdir -p -m 700 "${1%/*}" "$1"
    mounted "$1" || mount -t tmpfs -o "size=$2,mode=700,nosuid,nodev,noexec" subdeck "$1"
    dd if=/dev/null of="$1/store" bs=512 seek="$(($2 / 512))" count=0 2>/dev/null
    loop_of "$1/store" >/dev/null || losetup -f "$1/store"
}

drop_room() { # FOLDER: unless it is in use
    if loop=$(loop_of "$1/store"); then
        for each in "/sys/block/$loop/holders"/*; do
            [ ! -e "$each" ] || { echo "$1/store is in use" >&2; return 1; }
        done
        losetup -d "/dev/$loop"
    fi
    drop_mount "$1" "$1"
    [ ! -d "$1" ] || rmdir "$1"
}
