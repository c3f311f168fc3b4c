# Another lower layer beneath a subhost: what it is, what UPPER makes of it, and the way back. What
# may lie in images is mounted where nobody else sees it, and goes with what looks at it.

# Two lower layers, NEW and OLD, each a folder, or an image (of which a partition may be meant) and
# a folder in that, as new and old where it works.
layered=$slice'
set -u
look=/run/subdeck/look
[ -d $look ] || mkdir -p -m 700 /run/subdeck $look
mount -t tmpfs -o mode=700 none $look && cd -P $look || exit 1
look=$PWD
spread() { # NAME TREE PARTITION FOLDER
    mkdir "$1" "whole-$1" || return 1
    if [ -f "$2" ]; then
        options=$(options_of "$2" "$3") && mount -o "ro,$options" -- "$2" "whole-$1" &&
            mount --bind "whole-$1/$4" "$1"
    else
        mount --bind -- "$2" "$1"
    fi
}
spread new "$1" "$2" "$3" || exit 1
spread old "$4" "$5" "$6" 2>/dev/null # which may be gone already, or is where a command says
shift 6
'

# For which machine the programs in them were made, by class and e_machine of the first one in each
# (elf(5)); nothing of those that have none.
machines='
machine() { # NAME
    tried=0
    for folder in bin usr/bin sbin usr/sbin lib usr/lib; do
        [ -d "$1/$folder" ] && [ ! -L "$1/$folder" ] || continue
        for file in "$1/$folder"/*; do
            [ -f "$file" ] && [ ! -L "$file" ] || continue
            tried=$((tried + 1))
            [ "$tried" -le 100 ] || return 0
            set -- "$1" $(head -c 20 "$file" | od -An -v -tx1)
            [ $# -eq 21 ] && [ "$2$3$4$5" = 7f454c46 ] || continue
            echo "machine $1 $6${20}${21}"
            return 0
        done
    done
}
machine new
machine old
'

# Folder by folder: where the new tree is merged with what UPPER has, files of UPPER in the place of
# files that changed since the old tree, whiteouts of such, and folders that hide all of the new one.
audit_here='
look=$1 until=$2
shift 2
late() {
    read -r now _ </proc/uptime
    [ "${now%.*}" -ge "$until" ]
}
there() { [ -e "$1" ] || [ -L "$1" ]; }
folder() { [ -d "$1" ] && [ ! -L "$1" ]; }
hides() { # KIND SIZE PATH
    case $3 in *"
"*) set -- "$1" "$2" "${3%%"
"*}?" ;; esac
    printf "%s %s %s\n" "$1" "$2" "$3"
}
alike() { # NEW OLD: whether nothing has changed, as far as that can be told without all below
    there "$2" || return 1
    [ ! "$1" -ef "$2" ] || [ -L "$1" ] || return 0
    if [ -L "$1" ] && [ -L "$2" ]; then [ "$(readlink "$1")" = "$(readlink "$2")" ]; return; fi
    if folder "$1" && folder "$2"; then [ ! "$1" -nt "$2" ] && [ ! "$2" -nt "$1" ]; return; fi
    set -- "$1" "$2" $(stat -c "%s %f %u %g %t %T" -- "$1" "$2")
    [ $# -eq 14 ] && [ "$3 $4 $5 $6 $7 $8" = "$9 ${10} ${11} ${12} ${13} ${14}" ] || return 1
    [ ! -f "$1" ] || [ -L "$1" ] || cmp -s -- "$1" "$2"
}
hidden() { # UPPER NEW MERGED: counts in $hidden what the new tree has and nobody sees
    hidden=0
    for entry in "$2"/* "$2"/.[!.]* "$2"/..?*; do
        there "$entry" || continue
        entry=${entry##*/}
        there "$3/$entry" || there "$1/$entry" || hidden=$((hidden + 1))
    done
}
opaque=/
for at do
    ! late || { echo "cut 0 ."; exit; }
    case $at/ in "$opaque"/*) continue ;; esac
    echo "folder 0 ."
    upper=$look/upper${at#.} new=$look/new${at#.} old=$look/old${at#.}
    cd -P "$new" 2>/dev/null && [ "$PWD" = "$new" ] || continue
    cd -P "$upper" 2>/dev/null && [ "$PWD" = "$upper" ] || continue
    hidden "$upper" "$new" "$look/merged${at#.}"
    if [ "$hidden" -gt 0 ]; then
        opaque=$at
        hides opaque "$hidden" "$at"
        continue
    fi
    for name in * .[!.]* ..?*; do
        there "./$name" && there "$new/$name" || continue
        ! folder "./$name" || ! folder "$new/$name" || continue
        ! alike "$new/$name" "$old/$name" || continue
        if [ -c "./$name" ] && [ "$(stat -c %t:%T "./$name")" = 0:0 ]; then
            hides whiteout 0 "$at/$name"
        else
            hides shadow "$(stat -c %s "./$name")" "$at/$name"
        fi
    done
done
'

# Lines "KIND SIZE PATH" of the worst, then "found" and how many of all there are.
audit='
upper=$1 seconds=$2 program=$3
mkdir upper merged || exit 1
mount --bind -- "$upper" upper || exit 1
layers=lowerdir=upper:new
mount -t overlay none -o "ro,index=off,$layers" merged 2>/dev/null ||
    mount -t overlay none -o "ro,$layers" merged || exit 1
read -r now _ </proc/uptime
limit=
! command -v timeout >/dev/null || limit="timeout $((seconds + 1))"
moved=
if command -v getfattr >/dev/null; then
    moved=$($limit getfattr -R -P -h -m "^trusted[.]overlay[.](redirect|metacopy)\$" upper \
        2>/dev/null | grep -c "^trusted")
fi
cd upper
{
    $limit find . -xdev -type d -exec sh -c "$program" sh "$look" "$((${now%.*} + seconds))" {} +
    [ $? -lt 124 ] || echo "cut 0 ."
} |
    sort -k2,2rn | {
        folders=0 shadows=0 bytes=0 whiteouts=0 opaque=0 cut=
        while IFS=" " read -r kind size path; do
            case $kind in
                folder) folders=$((folders + 1)); continue ;;
                cut) cut=cut; continue ;;
                shadow) shadows=$((shadows + 1)) bytes=$((bytes + size)) nth=$shadows ;;
                whiteout) whiteouts=$((whiteouts + 1)) nth=$whiteouts ;;
                opaque) opaque=$((opaque + 1)) nth=$opaque ;;
                *) continue ;;
            esac
            [ "$nth" -gt 10 ] || printf "%s %s %s\n" "$kind" "$size" "$path"
        done
        echo "found $shadows $bytes $whiteouts $opaque ${moved:--} $folders $cut"
    }
'

look_at() { # PROGRAM NEW PARTITION FOLDER OLD PARTITION FOLDER ARGUMENT...
    program=$layered$1
    shift
    real unshare || :
    "$real" -m /bin/sh -c "$program" sh "$@"
}

kindred() { # of both tree, partition, folder: whether there is nothing that speaks for another machine
    said=$(look_at "$machines" "$@") || return 1
    set -- $(printf '%s\n' "$said" | sed 's/^machine [a-z]* //')
    [ $# -lt 2 ] || [ "$1" = "$2" ]
}

audit_upper() { # of both tree, partition, folder, then UPPER SECONDS: it is told, never a failure
    found=$(look_at "$audit" "$@" "$audit_here") || {
        warn "$7 could not be looked through"
        return 0
    }
    printf '%s\n' "$found"
    set -- ${found##*found }
    [ "$1$3$4" = 000 ] || warn "UPPER hides of the new LOWER: $1 changed files by copies of \
$((($2 + 1023) / 1024)) KiB, $3 by whiteouts, and what is new in $4 opaque folders"
}
