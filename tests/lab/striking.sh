# Strikes at a job that grows a store, at one program it calls after the other, while somebody
# writes there; then sees that nothing is suspended, lost or left. It is fed to a shell of a guest
# after the functions that make stores: strikes CASE VICTIM BYTES NUMBER..., which tells a line
# of each, with FAULT in it where there is one. The job's program is beside it.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
here=/run/striking
job=/run/subdeck/jobs/struck

# Each case makes a store "hit", the same way each time, so that one plan fits them all.
case_file() { store hit PO 8; }
case_deleted() { store hit PO 8; rm $at/hit; }
case_revived() {
    store hit PO 6
    write $at/on-hit/kept 2 >$here/kept
    write $at/on-hit/more 8 >$here/more
}
case_pool() { pool hit; }
# One that goes on in a second file already, and is to in a third.
case_joined() {
    store hit PO 8
    rm $at/hit
    cp $here/first $here/program
    word_of >/dev/null
}

writes() { # CASE: begins to write, as the case allows
    rm -rf $here/stop $here/sums $here/ended $here/failed
    mkdir -p $here/sums
    case $1 in
        revived) true >$here/ended ;;
        pool) (poured; true >$here/ended) </dev/null >/dev/null 2>&1 & ;;
        *) (written; true >$here/ended) </dev/null >/dev/null 2>&1 & ;;
    esac
}

written() { # the same few files over and over, each noted with its sum
    n=0
    while [ ! -e $here/stop ]; do
        k=$((n % 4)) n=$((n + 1))
        dd if=/dev/urandom of=$here/piece bs=64k count=2
        sum=$(sha256sum <$here/piece)
        dd if=$here/piece of=$at/on-hit/w.$k bs=64k conv=notrunc,fsync || { true >$here/failed; break; }
        echo "${sum%% *}  $at/on-hit/w.$k" >$here/sums/$k
    done
}

poured() { # more than the pool holds: this waits
    write /dev/mapper/volume-hit 10 >$here/poured || true >$here/failed
}

total() { # prints the sectors that the store holds
    set -- $(dmsetup status --noflush hit)
    case $3 in
        thin-pool) share=$6 unit=128 ;;
        *) share=${4-} unit=1 ;;
    esac
    case $share in */*) echo $((${share#*/} * unit)) ;; *) echo 0 ;; esac
}

suspended() {
    dmsetup info -c --noheadings -o suspended | grep -q Suspended
}

quiet() { # whether all of the job has ended, soon
    tries=0
    until flock -n $job/lock true 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || return 1
        sleep 0.1
    done
}

word_of() { # [HOW]: runs the job and prints the word it ends with
    [ $# -gt 0 ] || { rm -rf $job; mkdir -p -m 700 $job; echo 'tester@lab' >$job/who; }
    cp $here/program $job/job
    setsid /bin/sh -c 'echo $$ >"$1/pid"; exec env -i PATH=/bin /bin/sh "$1/job" $2' \
        sh $job ${1-} </dev/null >>$job/log 2>&1
    quiet || { echo 'it does not come to rest'; return; }
    last=$(tail -n 1 $job/journal)
    case $last in
        *' end refused'*) echo "${last#* end } ($(tail -n 2 $job/log))" ;;
        *' end '*) echo "${last#* end }" ;;
        *) echo killed ;;
    esac
}

listen() { # AT VICTIM
    rm -f $here/calls
    $here/striker $here/calls $1 $2 $job/pid </dev/null >/dev/null 2>&1 &
    striker=$!
    until [ -e $here/calls ]; do sleep 0.02; done
}

# Whatever became of it, it can be done in the end.
settled() { # AT SECTORS: prints what was done about it
    word=$(word_of)
    said=$word
    if [ "$word" = killed ]; then
        how=finish
        [ $(($1 / 2 % 2)) -eq 0 ] || how=roll-back
        ! suspended || said="$said FAULT: left suspended"
        word=$(word_of $how)
        said="$said, $how: $word"
        case "$how $word" in
            'finish done' | 'roll-back undone' | 'roll-back left'*) ;;
            *) said="$said FAULT: not settled" ;;
        esac
    fi
    case $word in
        undone | refused*)
            [ "$(devices)" = "$before" ] || said="$said FAULT: $(devices), not $before"
            word=$(word_of)
            said="$said, again: $word"
            ;;
        left*) [ "$(total)" -lt $2 ] || word=done ;;
    esac
    [ "$word" = done ] || said="$said FAULT: not done"
    echo "$said"
}

devices() { # prints what there is of them
    echo $(dmsetup ls | sort) $(cat /sys/block/loop*/loop/backing_file | sort) \
        $(grep -c subdeck /proc/mounts)
}

intact() { # CASE: prints what is not as it was written
    true >$here/stop
    tries=0
    until [ -e $here/ended ]; do
        tries=$((tries + 1))
        [ $tries -lt 150 ] || { echo 'FAULT: a writer hangs'; return; }
        sleep 0.1
    done
    [ ! -e $here/failed ] || echo 'FAULT: a write failed'
    if [ $1 = pool ]; then
        found=$(dd if=/dev/mapper/volume-hit bs=64k count=160 iflag=direct 2>/dev/null | sha256sum)
        [ "$found" = "$(cat $here/poured)" ] || echo 'FAULT: the volume reads otherwise'
        return
    fi
    new=$(write $at/on-hit/new 4)
    sync
    echo 3 >/proc/sys/vm/drop_caches
    [ "$(sha256sum <$at/on-hit/new)" = "$new" ] || echo 'FAULT: it takes no more'
    if [ $1 = revived ]; then
        [ "$(sha256sum <$at/on-hit/kept)" = "$(cat $here/kept)" ] || echo 'FAULT: it is not kept'
    else
        cat $here/sums/* | sha256sum -c --quiet 2>&1 | sed 's/^/FAULT: /'
    fi
}

laid() { # CASE: makes a store and has it written
    case_$1 2>/dev/null
    writes $1
    [ $1 = revived ] || [ $1 = pool ] || until [ -e $here/sums/3 ]; do sleep 0.02; done
    [ $1 != pool ] || until dmsetup status --noflush hit | grep -q out_of_data; do sleep 0.1; done
}

seen() { # CASE SECTORS: prints what is wrong with the store, and removes it
    ! suspended || echo 'FAULT: suspended'
    [ "$(total)" -ge $2 ] || echo "FAULT: it holds $(total)"
    intact $1
    gone hit >$here/gone 2>&1
    gone hit >/dev/null 2>&1 # what another still used
    ! dmsetup ls | grep -q '^hit' || { echo "FAULT: hit stays: $(cat $here/gone)"; return 1; }
}

adrift() { # JOB STEP: ends all sessions of SSH when the job is that far, and tells how many
    rm -f $here/adrift
    (
        trap '' HUP
        until grep -q " step $2\$" /run/subdeck/jobs/$1/journal; do sleep 0.02; done 2>/dev/null
        ended=0
        for each in $(pgrep sshd); do
            [ "$(cut -d' ' -f4 /proc/$each/stat)" = 1 ] || ! kill -KILL $each || ended=$((ended + 1))
        done
        echo $ended >$here/adrift
    ) </dev/null >/dev/null 2>&1 &
}

struck() { # CASE VICTIM SECTORS AT: strikes once
    laid $1
    cp $here/$1 $here/program
    before=$(devices)
    listen $4 $2
    said=$(settled $4 $3)
    kill $striker
    wait $striker 2>/dev/null || :
    call=$(grep "^$4 " $here/calls)
    wrong=$(seen $1 $3)
    stays=$?
    echo "$1 $2 ${call:-$4 nothing}: $said" $wrong
    return $stays
}

strikes() { # CASE VICTIM BYTES NUMBER...
    set +e
    case=$1 victim=$2 sectors=$(($3 / 512))
    shift 3
    for striking do
        struck $case $victim $sectors $striking || return 0
    done
    return 0
}
