# Reads one request a line, answers each with one frame, and ends with its input. Writes no file.
# Before this text stand listen.sh, S=, the separator of this session, and limit=, seconds it waits for a
# request. A section is "S NAME", what there is, "S/STATUS"; "S.NUMBER" ends the frame. The fast
# questions are answered in one piece, and only those told whose answer is not the one before.
{
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
cd /
(:) # where no process can be started, this says so and ends it all
nl='
'
blanks=' 	
'
mark=/proc/$$/cmdline
bootid=/proc/sys/kernel/random/boot_id
out= as= guests= stores= mapper= foreign= young= pids=

# Each piece that goes out costs a packet, so what need not go yet goes with the next.
begin() { out="$out$nl$S $as$1$nl"; } # NAME; who asks goes before it where many do

finish() { out="$out$nl$S/$1$nl"; } # STATUS

flush() { # before what prints by itself, and what may hang: so that is known
    printf '%s' "$out"
    out=
}

said() { out="$out$nl$S $as$1$nl$3$nl$S/${2:-0}$nl"; } # NAME [STATUS [TEXT]]

tell() { # NAME COMMAND...: what it prints, if that is text; fails where the command does
    text=$(shift; "$@")
    status=$?
    said "$1" $status "$text"
    return $status
}

some() { [ -e "$1" ]; } # whether a pattern found anything

over() { # NUMBER: of the frame
    printf '%s\n%s.%s\n' "$out" "$S" "$1"
    out=
}

told() { # NAME STATUS TEXT
    eval "[ \"\$2 \$3\" = \"\$was_$1\" ]" && return
    eval "was_$1=\"\$2 \$3\""
    said "$@"
}

# The same of a text line by line: how many there are, then those that changed, each by its number.
told_lines() { # NAME STATUS TEXT
    name=$1 status=$2
    set -f
    IFS=$nl
    set -- $3
    IFS=$blanks
    set +f
    at=0 news=
    for line do
        at=$((at + 1))
        eval "[ \"\$line\" = \"\$${name}_$at\" ]" && continue
        eval "${name}_$at=\$line"
        news=$news$at\ $line$nl
    done
    eval "[ -z \"\$news\" ] && [ \"$status $#\" = \"\$was_$name\" ]" && return
    eval "was_$name=\"$status $#\""
    said "$name" "$status" "$#$nl$news"
}

# Without any process: for the day none can be started (the store under / is gone, no pid is left).
slurp() {
    while IFS= read -r line; do text=$text$line$nl; done <"$1"
}

# One process reads them all. A line with the boot id, which no other line of a mount table can
# be, stands before each table.
texts() {
    IFS= read -r boot <$bootid
    told boot 0 "$boot"
    all=
    for each in $guests; do all="$all $bootid /proc/$each/mountinfo"; done
    text=$(cat /proc/uptime /proc/meminfo /proc/pressure/memory $bootid /proc/self/mountinfo \
        $all 2>/dev/null)
    status=$?
    told texts $((status > 125 ? status : 0)) ''
    if [ $status -gt 125 ]; then
        text=
        slurp /proc/uptime
        slurp /proc/meminfo
        text=$text$boot$nl
        slurp /proc/self/mountinfo
    fi
    # Cutting pieces off with # and % would take a shell quadratic time.
    set -f
    IFS=$nl
    set -- $text
    now=$1$nl at=0
    for line do
        case $line in
        "$boot") break ;;
        Mem[TFA]*:* | Shmem:* | Unevictable:* | Swap[TF]*:* | some* | full*) now=$now$line$nl ;;
        Cached:* | SReclaimable:*) # what counts where the kernel tells no MemAvailable
            case $now in *MemAvailable*) ;; *) now=$now$line$nl ;; esac ;;
        esac
        at=$((at + 1))
    done
    shift $at
    tables=$*
    IFS=$blanks
    set +f
    told_lines now 0 "$now"
    told tables 0 "$tables"
}

fill() {
    [ -n "$stores" ] || { told_lines fill 0 ''; return; }
    eval "text=\$($measure $stores 2>/dev/null)"
    told_lines fill $? "$text"
}

mapped() {
    set -- /sys/block/dm-*
    [ -e "$1" ] || { told_lines dm 0 ''; return; }
    [ -n "$mapper" ] || { told_lines dm 127 "$*"; return; }
    text=$(dmsetup status --noflush)
    told_lines dm $? "$text"
}

alien() { # PROC: whether a process is in other namespaces than this shell
    if [ "$1/ns/mnt" -ef /proc/self/ns/mnt ] && [ "$1/ns/net" -ef /proc/self/ns/net ]; then
        return 1
    fi
    [ -e "$1/ns/mnt" ]
}

# Processes that are not in the namespaces of this shell. One that is may be about to leave them,
# so each is looked at twice, and no more: both lists are sorted alike, and what they share is
# passed over in one walk, for a host may have many processes and some always come and go.
strangers() {
    set -- /proc/[0-9]*
    [ -n "$young" ] || [ "$*" != "$pids" ] || return
    there=$* new= gone=
    set -- $pids
    for each in $there; do
        while [ "$1" != "$each" ]; do
            case " $there  " in *" $1 "*) new="$new $each"; continue 2 ;; esac # or none is left
            gone="$gone $1"
            shift
        done
        shift
    done
    gone="$gone $* " pids=$there others=
    for each in $foreign; do
        case $gone in *" $each "*) ;; *) others="$others $each" ;; esac
    done
    for each in $young; do ! alien "$each" || others="$others $each"; done
    young=
    for each in $new; do
        if alien "$each"; then others="$others $each"; else young="$young $each"; fi
    done
    foreign=$others
    told strangers 0 "$foreign"
}

signs() {
    set -- /sys/class/net/* /run/netns/* /sys/block/dm-* /sys/block/loop*/loop
    told signs 0 "$*"
}

fast() { texts; fill; mapped; strangers; signs; }

plain() { # PATH: returns an errno for what is not a plain file that can be read
    [ ! -L "$1" ] || return 40
    [ -e "$1" ] || return 2
    [ -f "$1" ] || return 22
    [ -r "$1" ] || return 13
}

exists() {
    if [ -e "$2" ] || [ -L "$2" ]; then said "$1"; else said "$1" 2; fi
}

head() { # NAME PATH COUNT
    begin "$1"
    plain "$2" || { finish $?; return; }
    flush
    dd if="$2" bs="$3" count=1 2>/dev/null && finish 0 || finish 5
}

# The same of many files, read by one process: the errno of each, then those that can be read,
# each behind what is in $mark, which only this session can have.
heads() { # NAME COUNT PATH...
    begin "$1"
    count=$2
    shift 2
    for each do
        plain "$each"
        status=$?
        out="$out$status "
        [ $status != 0 ] || set -- "$@" "$mark" "$each"
        shift
    done
    out=$out$nl
    if [ $# -gt 0 ]; then
        flush
        command head -qc "$count" "$@" 2>/dev/null
    fi
    finish 0
}

tail() {
    begin "$1"
    plain "$2" || { finish $?; return; }
    flush
    command tail -c "$3" "$2" && finish 0 || finish 5
}

block() { # NAME PATH BYTES [BLOCKS TO SKIP]
    begin "$1"
    [ -b "$2" ] || { [ -e "$2" ] && finish 22 || finish 2; return; }
    flush
    dd if="$2" bs="$3" skip="${4:-0}" count=1 2>/dev/null && finish 0 || finish 5
}

# The same past the page cache, which knows nothing of what device-mapper wrote. Where dd's memory
# is not aligned it reads through the cache after all, which is therefore emptied first.
direct() { # NAME PATH BYTES BLOCKS-TO-SKIP...
    device=$2 size=$3 number=0
    prefix=$1
    shift 3
    blockdev --flushbufs "$device" 2>/dev/null
    for each do
        begin "$prefix$number"
        number=$((number + 1))
        flush
        if [ ! -b "$device" ]; then
            finish 2
        elif dd if="$device" bs="$size" skip="$each" count=1 iflag=direct 2>/dev/null; then
            finish 0
        else
            finish 5
        fi
    done
}

beneath() { # NAME PATH ROOT COUNT: no symbolic link is followed after ROOT
    way=${2#"$3"} at=$3
    while [ -n "$way" ]; do
        step=${way%%/*}
        case $way in */*) way=${way#*/} ;; *) way= ;; esac
        [ -n "$step" ] || continue
        at=${at%/}/$step
        [ ! -L "$at" ] || { begin "$1"; [ -n "$way" ] && finish 20 || finish 40; return; }
    done
    head "$1" "$2" "$4"
}

owners() { # NAME PATH...
    name=$1
    shift
    tell "$name" ls -ldn "$@"
}

real() { # NAME PATH: its folder and those above, if they are really others than the path says
    begin "$1"
    flush
    way=$(cd -P "${2%/*}/" && pwd -P)
    if [ "$way" != "${2%/*}" ]; then
        printf '%s\n' "$way"
        set -- /
        while [ -n "$way" ]; do
            set -- "$way" "$@"
            way=${way%/*}
        done
        ls -ldn "$@"
    fi
    finish 0
}

link() {
    [ -L "$2" ] || { [ -e "$2" ] && said "$1" 22 || said "$1" 2; return; }
    text=$(ls -ldn "$2" 2>/dev/null) && said "$1" 0 "$text" || said "$1" 13
}

node() { # NAME PATH: device, inode, bytes, blocks of 512 bytes
    [ -e "$2" ] || { said "$1" 2; return; }
    text=$(stat -L -c '%d %i %s %b' "$2") && said "$1" 0 "$text" || said "$1" 5
}

found() { # NAME PATH...: those that are there, each ended by NUL
    begin "$1"
    flush
    shift
    for each do
        if [ -e "$each" ] || [ -L "$each" ]; then printf '%s\0' "$each"; fi
    done
    finish 0
}

full() { # NAME PATH
    [ -e "$2" ] || { said "$1" 2; return; }
    text=$(eval "$measure \"\$2\"" 2>/dev/null) && said "$1" 0 "$text" || said "$1" 5
}

run() { # NAME COMMAND...: what prints anything at all, or may hang
    begin "$1"
    flush
    shift
    "$@"
    finish $?
}

# What is in many files, each behind what is in $mark, which only this session can have.
files() { # NAME PATH...
    begin "$1"
    flush
    shift
    all=
    for each do all="$all $mark $each"; done
    cat $all 2>/dev/null
    finish 0
}

people() { # PID...: what tells who they are
    all= links=
    for each do
        each=/proc/$each
        all="$all $mark $each/stat $mark $each/cmdline $mark $each/status"
        links="$links $each/ns/mnt $each/ns/pid $each/ns/net"
    done
    begin people
    flush
    cat $all 2>/dev/null
    finish 0
    tell spaces ls -ldn $links
    tell booted grep '^btime ' /proc/stat
}

lines() { # NAME PATTERN...: file name, colon, line, as grep tells them
    text=$(shift; grep -s '' "$@" /dev/null)
    said "$1" 0 "$text"
}

cost() { # NAME TIMES COMMAND: seconds used before and after, by this shell and by its children
    begin "$1"
    flush
    times
    count=$2
    shift 2
    while [ "$count" -gt 0 ]; do "$@" >/dev/null; count=$((count - 1)); done
    times
    printf '\n%s/0\n' "$S" # before what the commands may have gathered
}

measure='both_df'
both_df() { df -kP "$@" && df -iP "$@"; }
if stat -f -c %S / >/dev/null 2>&1; then measure="stat -f -c '%S %b %f %a %c %d'"; fi
if command -v dmsetup >/dev/null 2>&1; then mapper=yes; fi

begin hello
flush
while read -r key value other; do
    [ "$key" != Uid: ] || printf 'uid %s\n' "$value"
done </proc/self/status
printf 'measure %s\n' "${measure%% *}"
printf 'tools'
for each in dmsetup stat df ip losetup dmesg dd ls grep tail nsenter; do
    command -v "$each" >/dev/null 2>&1 && printf ' %s' "$each"
done
finish 0
begin mark
flush
cat "$mark"
finish 0
over 0

obey() { eval "$line"; }
listen obey
exit 0
}
