# Sourced by each case in the guest. Everything a case reports is in sections of its output.
T=/sys/kernel/tracing
LAB=$PWD
PROBE=$LAB/probe
export LAB PROBE T

section() { echo "%%section $1"; }

# fact NAME VALUE: tells the test a value that this guest knows
fact() { echo "$1 $2" >>/run/facts; }

# known NAME COMMAND…: runs COMMAND and tells its process id as a fact
known() {
    (
        pid=$(exec sh -c 'echo $PPID')
        (fact "$1" "$pid") # by a process of its own, so that none of this is in its trace
        shift
        exec "$@"
    )
}

# All that a script could leave behind.
state() {
    take-stock
    echo '== files'
    find /tmp ! -path '/tmp/work*'
} 2>&1

# prepare: a clean state to start from, with somebody else's probes. Taking stock takes a tenth of a second,
# so what one case left clean is what the next starts from.
prepare() {
    rm -rf /tmp/* /run/facts
    mkdir -p /tmp/work
    touch /run/facts
    if [ ! -f /run/clean ]; then
        reset
        bystander
        state >/run/clean
    fi
}

# before: after a case's own preparations, which it need not clean up
before() {
    mv /run/clean /run/before
    state >/run/before
}

# after: tells what is otherwise than before
after() {
    state >/run/after
    if [ -f /run/before ]; then
        diff /run/before /run/after | sed 1,2d | grep '^[-+]'
        rm -f /run/before
    else
        diff /run/clean /run/after | sed 1,2d | grep '^[-+]' && rm /run/clean
    fi
}

# Clears what a case before this one may have left, so that one failure stays one failure.
reset() {
    echo 0 >"$T/events/enable"
    (cd "$T" && grep -v '^#' events/*/*/trigger) | while IFS=: read -r file line; do
        echo "!$line" >>"$T/$file"
    done
    (cd "$T" && grep -v '^none$' events/*/*/filter) | while IFS=: read -r file line; do
        echo 0 >"$T/$file"
    done
    for file in dynamic_events kprobe_events uprobe_events synthetic_events error_log trace; do
        echo >"$T/$file"
    done
    echo 1 >"$T/tracing_on"
} 2>/dev/null

# Probes of somebody else, which a script must leave as they are.
bystander() {
    echo 'p:bystanders/idle do_nanosleep mode=%si:u32' >>"$T/kprobe_events"
    echo 'mode == 77' >"$T/events/bystanders/idle/filter"
    echo 1 >"$T/events/bystanders/idle/enable"
    echo 'common_pid == 1' >"$T/events/sched/sched_process_hang/filter" 2>/dev/null ||
        echo 'common_pid == 1' >"$T/events/sched/sched_process_wait/filter"
}

modules() {
    for module in $*; do
        insmod "$LAB/$module" || echo "cannot load $module"
    done
}
