# Files of UPPER that only repeat LOWER's. What merges with what is asked of an overlay of UPPER on
# a tree of marks: a folder in which its own mark is seen is neither opaque nor moved, and a file
# that can be read there is more than a copy of metadata.

idle() { # CONF: whether no overlay-boot holds the subhost
    for each in /proc/[0-9]*; do
        { read -r comm <"$each/comm"; } 2>/dev/null || continue
        case $comm in overlay-boot | overlay-ended) ;; *) continue ;; esac
        ! tr '\0' '\n' <"$each/cmdline" 2>/dev/null | grep -Fxq -e "$1" || return 1
    done
}

repeated_here='
base=$1 mark=$2
shift 2
attributes() {
    getfattr -h -d -e hex -m "^(user|system|security)[.]" "$1" 2>/dev/null |
        sed "1d;/^security[.]selinux=/d;/^\$/d"
}
repeats() { # FILE SEEN BELOW: it has no other name, and is nothing else than below
    set -- "$1" "$3" "$2" $(stat -c "%h %s %f %u %g" "$1" "$3")
    [ $# -eq 13 ] && [ "$4" = 1 ] || return 1
    [ "$5 $6 $7 $8" = "${10} ${11} ${12} ${13}" ] || return 1
    cmp -s "$3" "$2" || return 1
    command -v getfattr >/dev/null || return 0
    [ "$(attributes "$1")" = "$(attributes "$2")" ]
}
for folder do
    { IFS= read -r said <"$base/merged/$folder/$mark"; } 2>/dev/null || continue
    [ "$said" = "$folder" ] || continue
    below=$base/lower${folder#.}
    cd -P "$below" 2>/dev/null && [ "$PWD" = "$below" ] || continue
    cd -P "$base/upper/$folder" || continue
    for file in * .[!.]* ..?*; do
        name=$file file=./$file
        [ -f "$file" ] && [ ! -L "$file" ] || continue
        [ -f "$below/$file" ] && [ ! -L "$below/$file" ] || continue
        repeats "$file" "$base/merged/$folder/$file" "$below/$file" || continue
        set -- $(stat -c %b "$file")
        rm -f "$file" && printf "%s\n" "$1" >>"$base/freed" && printf "removed %s\n" "$folder/$name"
    done
done
'

repeated='
set -eu
umask 077
upper=$1 lower=$2 here=$3 program=$4
base=$3/clean
mark=.mark-$$
mkdir -p "$base"
mount -t tmpfs none "$base"
cd -P "$base"
base=$PWD
mkdir upper lower marks merged
: >freed
mount --bind "$upper" upper
mount --bind "$lower" lower
mount -o remount,bind,ro lower
cd upper
find . -xdev -type d -exec sh -c '\''
    mark=$2
    cd "$1" && shift 2 && mkdir -p "$@" || exit 1
    for each do printf "%s\n" "$each" >"$each/$mark"; done
    '\'' sh "$base/marks" "$mark" {} +
cd ..
mount -t overlay none -o ro,lowerdir=upper:marks merged
cd upper
find . -xdev -type d -exec sh -c "$program" sh "$base" "$mark" {} +
files=0 blocks=0
while read -r each; do
    files=$((files + 1)) blocks=$((blocks + each))
done <../freed
printf "freed %s files, %s KiB\n" "$files" "$((blocks / 2))"
'

drop_repeated() { # UPPER LOWER
    unshare -m /bin/sh -c "$repeated" sh "$1" "$2" "$here" "$repeated_here"
    rmdir "$here/clean"
}
