# Tells who writes to a store and what takes room there, and changes nothing. Its words:
#   spaces PID...    rates SECONDS MOUNT...    sizes PATH...
#   users PATH...
#   scan FOLDER SINCE FLOOR INODES SECONDS AFTER MOUNTPOINT...
# A record is a line "KEY LENGTH", then so many bytes, then a newline.
cd /
nl='
'

put() { printf '%s %s\n%s\n' "$1" "${#2}" "$2"; }

has() { command -v "$1" >/dev/null 2>&1; }

# What is looked through must not slow down what is filling it.
calm=
has nice && calm='nice -n 10'
has ionice && calm="ionice -c 3 $calm"

most() { head -c "$1"; } # BYTES

# The mount table of each mount namespace; of those nobody asked for, 60 are enough.
spaces() { # PID...: the first of their namespaces come first
    put uid "$(id -u)"
    put me $$
    all=$(ls -ldn /proc/[0-9]*/ns/mnt /proc/[0-9]*/ns/pid 2>/dev/null |
        sed -n 's,^.* /proc/\([0-9]*\)/ns/\([a-z]*\) -> [a-z]*:\[\([0-9]*\)\]$,\2 \1 \3,p' |
        most 300000)
    put spaces "$all"
    put table "0$nl$(most 131072 </proc/self/mountinfo)"
    known=" $(ls -ldn /proc/self/ns/mnt | sed 's,.*\[\(.*\)\]$,\1,') " count=0
    for each do
        put table "$each$nl$(most 32768 <"/proc/$each/mountinfo" 2>/dev/null)"
        known="$known$(ls -ldn "/proc/$each/ns/mnt" 2>/dev/null | sed 's,.*\[\(.*\)\]$,\1,') "
    done
    set -f
    IFS=$nl
    for each in $all; do
        IFS=' '
        set -- $each
        case $1$known in pid* | *" $3 "*) continue ;; esac
        known="$known$3 " count=$((count + 1))
        [ $count -gt 60 ] || put table "$2$nl$(most 8192 <"/proc/$2/mountinfo" 2>/dev/null)"
    done
    [ $count -le 60 ] || put untold "$((count - 60))"
}

# One process reads them all. No line of these files can end within a name.
counters() {
    $calm grep -HsE '^(w[a-z_]*: [1-9]|Name:|PPid:|0::|[0-9]+:name=systemd:)' \
        /proc/[0-9]*/io /proc/[0-9]*/status /proc/[0-9]*/cgroup | most 240000
}

# Of each open file on one of these mounts: its process, its number, and w where it may be written.
open_files() { # MOUNTS, divided by |
    $calm grep -rHsE "^(flags:[[:space:]]*[0-7]*[12]|mnt_id:[[:space:]]*($1))\$" /proc/[0-9]*/fdinfo |
        sed -n -e '/fdinfo\/[0-9]*:flags:/{h;d;}' -e 'G' \
            -e 's,^/proc/\([0-9]*\)/fdinfo/\([0-9]*\):.*\n/proc/\1/fdinfo/\2:.*,\1 \2 w,;t told' \
            -e 's,^/proc/\([0-9]*\)/fdinfo/\([0-9]*\):.*,\1 \2 r,;:told' -e p
}

clock() { IFS=' ' read -r now rest </proc/uptime; }

rates() { # SECONDS MOUNT...
    pause=$1
    shift
    IFS='|'
    mounts=$*
    IFS=' '
    clock
    put me $$
    put at "$now"
    first=$(counters)
    before=$(open_files "$mounts")
    sleep "$pause"
    clock
    second=$(counters)
    after=$(open_files "$mounts")
    put counters "$first"
    put at "$now"
    put counters "$second"
    open=$(printf '%s\n%s\n' "$before" "$after" | sort -u)
    printf '%s\n' "$open" | sed -n 's/ w$//p' | plain | head -n 300 | named open
    # A pipe has one link; a file that has none is only held.
    printf '%s\n' "$open" | sed -n 's,^\([0-9]*\) \([0-9]*\) .*,/proc/\1/fd/\2,p' | sort -u |
        xargs stat -L -c '%h %b %n' 2>/dev/null | sed -n 's/^0 //p' | sort -rn | head -n 100 |
        sed 's,^\([0-9]*\) /proc/\([0-9]*\)/fd/\([0-9]*\)$,\2 \3 \1,' | named deleted
    [ ${#second} -lt 239000 ] || put cut ''
}

# What a descriptor leads to may be another thing by now: a shell bends its own for a moment.
still() { # PID NUMBER
    while IFS=' 	' read -r key value; do
        [ "$key" != mnt_id: ] || case "|$mounts|" in *"|$value|"*) return 0 ;; esac
    done <"/proc/$1/fdinfo/$2"
    return 1
}

plain() { # lines "PID NUMBER" at its input: those of files; a device takes no room, as /dev/null
    while IFS=' ' read -r pid number; do
        [ ! -f "/proc/$pid/fd/$number" ] || printf '%s %s\n' "$pid" "$number"
    done
}

named() { # KEY, lines "PID NUMBER ..." at its input: with what the descriptor leads to
    while IFS=' ' read -r pid number rest; do
        [ -n "$number" ] || continue
        still "$pid" "$number" && path=$(readlink "/proc/$pid/fd/$number") &&
            still "$pid" "$number" && put "$1" "$pid $number $rest$nl$path"
    done 2>/dev/null
}

# A walk: for each entry its blocks, kind, links, inode, time of change and path, ended by a NUL. Where
# find cannot tell, stat does, a line each, but for names of which one holds a newline.
if find / -maxdepth 0 -printf '' 2>/dev/null; then
    tell="-xdev -printf '%b %y %n %i %C@ %p\\0'"
else
    each='for each do line=$(stat -c "%b %f %h %i %Z" "$each") && printf "%s %s\0" "$line" "$each"; done'
    lines='stat -c "%b %f %h %i %Z %n" "$@" | tr "\n" "\0"'
    tell="-xdev -exec sh -c 'case \"\$*\" in *\"$nl\"*) $each ;; *) $lines ;; esac' sh {} +"
fi
lined() { tr '\0\n' '\n\1'; }
unlined() { tr '\n\1' '\0\n'; }

# Told last, when all was.
told() { [ "$1" -ge 124 ] || printf '.\0'; } # STATUS

walk() { # paths at its input, each ended by a NUL
    $calm xargs -0 sh -c "[ \$# -eq 0 ] || exec find \"\$@\" $tell" sh 2>/dev/null
}

# Never touches a mount: another store, and perhaps one that hangs.
around() { # FOLDER: the entries of it and below that no mount is in
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        case $avoid in
            *"$nl$entry$nl"*) ;;
            *"$nl$entry/"*) around "$entry" ;;
            *) if [ -e "$entry" ] || [ -L "$entry" ]; then printf '%s\0' "$entry"; fi ;;
        esac
    done
}

# The same walk from where it stopped: what is in that folder, after it in its own, and so on up.
onward() { # UNIT
    at=$after
    if [ -d "$at" ] && ! [ -L "$at" ]; then
        around "$at" | walk
    fi
    while [ "$at" != "$1" ]; do
        up=${at%/*}
        here=$at
        [ -e "$at" ] || [ -L "$at" ] || here=
        find "$up/" -mindepth 1 -maxdepth 1 -print0 2>/dev/null | lined |
            here=$(printf %s "$here" | tr '\n' '\1') awk '
                BEGIN { here = ENVIRON["here"]; found = here == "" }
                found
                $0 == here { found = 1 }' | unlined | walk
        at=$up
    done
}

everything() { # UNIT...
    if [ -z "$after" ]; then
        printf '%s\0' "$@" | walk
        return
    fi
    while [ $# -gt 0 ]; do
        case $after/ in "$1"/*) break ;; esac
        shift
    done
    [ $# -gt 0 ] || return
    onward "$1"
    shift
    [ $# -eq 0 ] || printf '%s\0' "$@" | walk
}

# The largest files, those of them that changed, and what folders hold with all below them.
summed='
function note(kind, size, text,    at) { # keeps the largest of a list, smallest first
    if (many[kind] == 60) {
        if (size <= least[kind]) return
        at = 1
    } else at = ++many[kind]
    if (many[kind] == 60 && at == 1) {
        while (at < 60 && sizes[kind, at + 1] < size) {
            sizes[kind, at] = sizes[kind, at + 1]; texts[kind, at] = texts[kind, at + 1]; at++
        }
    } else {
        while (at > 1 && sizes[kind, at - 1] > size) {
            sizes[kind, at] = sizes[kind, at - 1]; texts[kind, at] = texts[kind, at - 1]; at--
        }
    }
    sizes[kind, at] = size; texts[kind, at] = text
    least[kind] = sizes[kind, 1]
}
function above(path) { # the folder a path is in
    return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : ""
}
function flush() { # most entries are in the folder that the one before was in
    if (!entries) return
    own[folder] += size; items[folder] += entries; young[folder] += fresh_size
    size = entries = fresh_size = 0
}
function list(key,    at) {
    for (at = many[key]; at; at--) printf "%s %.0f %s\n", key, sizes[key, at], texts[key, at]
}
BEGIN {
    since = ENVIRON["since"] + 0; floor = ENVIRON["floor"] + 0; most = ENVIRON["inodes"] + 0
    root = ENVIRON["root"]; within = "/"; inside = 0
    srand(); late = srand() + ENVIRON["seconds"]
}
$0 == "." { whole = 1; next }
{
    if (++count >= most) full = "inodes"
    if (count % 256 == 0) { srand(); if (srand() >= late) full = "seconds" }
    path = substr($0, index($0, "/"))
    if (path == root "/") path = root
    last = path
    if ($5 + 0 >= floor && path != root) {
        if (substr(path, 1, inside) != within || index(substr(path, inside + 1), "/")) {
            flush()
            folder = above(path)
            within = folder "/"
            inside = length(within)
        }
        taken = $1 * 512
        regular = $2 == "f" || $2 ~ /^8...$/
        if (regular && $3 > 1) { if ($4 in linked) taken = 0; linked[$4] }
        size += taken
        entries++
        if (regular && taken) {
            note("large", taken, $5 " " path)
            if ($5 + 0 >= since) { note("fresh", taken, $5 " " path); fresh_size += taken }
        }
    }
    if (full) exit
}
END {
    flush()
    for (folder in own) {
        path = folder
        while (1) {
            all[path] += own[folder]; number[path] += items[folder]; fresh[path] += young[folder]
            if (path == root || index(path, root "/") != 1) break
            path = above(path)
        }
    }
    for (path in all) {
        text = sprintf("%.0f %.0f %s", number[path], fresh[path], path)
        note("folder", all[path], text)
        note("crowded", number[path], sprintf("%.0f %s", all[path], text))
        if (fresh[path]) note("grown", fresh[path], sprintf("%.0f %s", all[path], text))
    }
    list("large"); list("fresh"); list("folder"); list("crowded"); list("grown")
    printf "count %d\n", count
    if (full) printf "full %s\n", full
    if (!whole) printf "last %s\n", last
}'

scan() { # FOLDER SINCE FLOOR INODES SECONDS AFTER MOUNTPOINT...
    root=$1 after=$6
    moment=$(date +%s)
    since=$((moment - $2)) floor=0 inodes=$4 seconds=$5
    [ "$3" != boot ] || floor=$(sed -n 's/^btime //p' /proc/stat)
    shift 6
    put moment "$moment"
    [ -d "$root/" ] || { put gone ''; return; }
    avoid=$nl
    for each do avoid=$avoid$each$nl; done
    export root since floor inodes seconds
    put scan "$({
        if [ $# -eq 0 ]; then
            if [ -z "$after" ]; then printf '%s/\0' "$root" | walk; else onward "$root"; fi
        else
            around "$root" | lined | {
                set --
                while IFS= read -r unit; do set -- "$@" "$(printf '%s' "$unit" | tr '\1' '\n')"; done
                everything "$@"
            }
        fi
        told $?
    } | lined | $calm awk "$summed")"
}

sizes() { # PATH...: of each the bytes of the regular file it is, or that it is a folder
    for each do
        if [ -L "$each" ]; then put size ''
        elif [ -f "$each" ]; then put size "$(stat -c %s "$each")"
        elif [ -d "$each" ]; then put size -1
        else put size ''
        fi
    done
}

real() { # PATH...: where each really is
    for each do
        where=$(readlink -f "$each" && echo .) && put real "${where%??}" || put real ''
    done
}

# Not who only has it open: what is run or mapped ends when its file is emptied. The names are those
# that the process itself knows.
users() { # PATH...: without newlines
    list=$(printf '%s\n' "$@")
    put users "$({
        $calm grep -HsF -e "$list" /proc/[0-9]*/maps |
            sed -n 's,^/proc/\([0-9]*\)/maps:[^/]*,\1 ,p'
        grep -Hs '' /sys/block/loop*/loop/backing_file | sed -n 's,^/sys/block/\([^/]*\)[^:]*:,\1 ,p'
        sed -n 's,^\(/.*[^ 	]\)[ 	]*file[ 	].*,swap \1,p' /proc/swaps
    } 2>/dev/null | sort -u | most 120000)"
}

"$@"
put end ''
