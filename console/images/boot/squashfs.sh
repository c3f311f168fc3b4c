# An overlay covers the squashfs that lies in here, or at fetch=URL; all is where Debian's live-boot
# has it, so that who knows one knows the other.
. /etc/network.sh

fail() {
    echo "subdeck: $1; starting anew in 10 seconds" >/dev/console
    sleep 10
    reboot -f
}

fetched() { # url: the file it was fetched to
    mkdir -p $at/medium/live
    file=$at/medium/live/filesystem.squashfs
    tries=0
    until wget -q -O "$file" "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 30 ] || fail "$1 cannot be fetched"
        sleep 1
    done
    digest=$(word fetch_sha256)
    [ -z "$digest" ] || echo "$digest  $file" | sha256sum -c -s || fail "$1 is not what was built"
}

at=/run/live
file=/live/filesystem.squashfs
mkdir -p $at/medium $at/rootfs/filesystem.squashfs $at/overlay /root
modprobe -q -a loop squashfs overlay
if [ ! -e $file ]; then
    url=$(word fetch)
    [ -n "$url" ] || fail "there is no squashfs in here and no word fetch=URL"
    mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs $at/medium
    plug
    network
    fetched "$url"
    killall udhcpc 2>/dev/null
fi
device=$(losetup -f)
losetup -r "$device" "$file"
mount -t squashfs -o ro,noatime "$device" $at/rootfs/filesystem.squashfs || fail "$file: no squashfs"
mount -t tmpfs -o "noatime,mode=755,size=$(word overlay-size 50%)" tmpfs $at/overlay
mkdir $at/overlay/rw $at/overlay/work
mount -t overlay overlay /root -o noatime,\
lowerdir=$at/rootfs/filesystem.squashfs/,upperdir=$at/overlay/rw,workdir=$at/overlay/work ||
    fail "no overlay can be mounted"
for place in proc sys dev run; do
    mount -o move /$place /root/$place
done
exec switch_root -c /dev/console /root /sbin/init
