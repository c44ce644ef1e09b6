#!/bin/busybox sh
# PID 1 of a guest: mounts what a tracer needs, runs each folder of /lab/jobs in turn and reports on
# the second serial line. A report is a header, the output (gzip, base64), and a trailer with its checksum.
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /sys/fs/bpf
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t bpf bpf /sys/fs/bpf
ln -s /proc/self/fd /dev/fd
hostname guest
ip link set lo up
if [ -e /lab/jobs/shell/run ]; then
    cd /lab/jobs/shell && sh ./run
    poweroff -f
fi
stty -F /dev/ttyS1 raw -echo 2>/dev/null
exec 3>/dev/ttyS1
echo '%%ready' >&3
for job in /lab/jobs/*; do
    name=${job##*/}
    seconds=$(cat "$job/.seconds")
    echo "%%begin $name" >&3
    read -r began _ </proc/uptime
    cd "$job"
    setsid timeout -s KILL "$seconds" /bin/sh ./run </dev/null >/run/out 2>&1 3>&-
    status=$?
    read -r ended _ </proc/uptime
    cd /
    kill -KILL -1 2>/dev/null
    sum=$(sha256sum </run/out)
    gzip -1 </run/out | base64 >&3
    echo "%%end $name $status $began $ended ${sum%% *}" >&3
done
echo '%%done' >&3
poweroff -f
