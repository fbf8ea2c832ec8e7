#!/usr/bin/env bash
# Boots a Debian as another machine: an overlay over the root filesystem of this machine, or over a folder with
# another, and its systemd as PID 1. Runs in namespaces of its own, which machine.py makes. Nothing is written outside them: what the overlay takes lies
# in memory, and every mount ends with the last process.
#   boot.sh FOLDER SYSTEM IMAGE MACHINE-NAME [KEEP ...]
# FOLDER is where it is put together, SYSTEM the root filesystem, IMAGE a folder of files that this machine has besides,
# and KEEP are folders that another filesystem than the root's holds, and that are needed.
set -euo pipefail
folder=$1 system=$2 image=$3 name=$4
shift 4
root=$folder/root

mount --make-rprivate /
mount -t tmpfs -o mode=0755 papaya-lab "$folder"
mkdir "$folder"/{upper,work,root}
mount -t overlay -o "lowerdir=$system,upperdir=$folder/upper,workdir=$folder/work" papaya-lab "$root"

# Of what is switched on here, nothing is switched on there; what belongs to hardware and screens is not wanted, and
# what papaya may have left here is not there.
rm -rf "$root/etc/systemd/system" "$root/var/log/journal" "$root/etc/papaya"
mkdir -p "$root/etc/systemd/system"
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-logind.service systemd-timesyncd.service \
    systemd-modules-load.service e2scrub_reap.service getty.target apt-daily.timer; do
    ln -s /dev/null "$root/etc/systemd/system/$unit"
done
ln -s /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
rm -f "$root/etc/resolv.conf" "$root/etc/machine-id"
: >"$root/etc/fstab"
: >"$root/etc/resolv.conf"
systemd-id128 new >"$root/etc/machine-id"
echo "$name" >"$root/etc/hostname"
cp --archive --no-preserve=ownership "$image/." "$root/"

for kept in "$@"; do
    mkdir -p "$root$kept"
    mount --rbind "$kept" "$root$kept"
done

# What could reach the hardware or the kernel's settings is shown, and can not be written.
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=0755,nosuid papaya-lab "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root"/dev/{net,pts,shm}
if [ -e /dev/net/tun ]; then
    touch "$root/dev/net/tun"
    mount --bind /dev/net/tun "$root/dev/net/tun"
fi
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5,nosuid,noexec devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for place in dev/shm run tmp; do
    mount -t tmpfs -o mode=1777,nosuid,nodev papaya-lab "$root/$place"
done
chmod 0755 "$root/run"

cd "$root"
mkdir run/before
pivot_root . run/before
umount -l /run/before
rmdir /run/before
# systemd hands a credential to a unit through a mount that has to reach it.
mount --make-rshared /
hostname "$name"
exec env -i container=papaya-lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
    --log-target=console --show-status=false
