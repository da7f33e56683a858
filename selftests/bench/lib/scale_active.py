# SPDX-License-Identifier: GPL-2.0-only
"""VFs that all send at the same time: their total rate, and their shares.

Each VF is a netdev in a name space of its own, the receiver is the peer on the
wire. The device's counters of each VF are measured.

There are two questions, which need two links. With the link at its normal speed
the emulated machine is the bottleneck: the sum shows the cost of further VFs,
but shares are determined by Linux' scheduler and by TCP. On a link so slow that
all VFs always have frames waiting, the NIC determines the shares.
"""

import contextlib
import os
import tempfile

from lib import End, Netns, cmd, wait_until
from lib.flow import Flow, Gate, vf_rates
from lib.nic import slow_nic

# TCP streams of all VFs together, so that only the number of VFs differs:
# sockets and threads cost the emulated machine more than a VF
STREAMS = 64
COUNTS = (1, 2, 4, 8, 16, 32, 64)
QUICK_COUNTS = (1, 8, 64)
ROUNDS = 5
SECONDS, QUICK_SECONDS = 5, 3
EQUALS = 64
# large frames on the slow link, so that few of them fill it
SLOW_MTU = 9000
SLOW_SECONDS, SLOW_QUICK_SECONDS = 10, 5
# a busy machine may leave the link idle for a while, which is no property of
# the NIC
FULL, TRIES = 0.95, 3 * ROUNDS


def _ip(lines, ns=None):
    """Lines for ip(8), by one process."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        cmd(["ip", *(["-n", ns] if ns else []), "-batch", file.name],
            timeout=300)


@contextlib.contextmanager
def _crowd(nic, count, mtu):
    """COUNT VFs of NIC as ends that are up, during the context."""
    names = [f"vf{num}" for num in range(count)]
    try:
        nic.start(mtu)
        nic.fn.write("sriov_drivers_autoprobe", 1)
        nic.set_vfs(count)
        devs = [nic.vf_netdev(num) for num in range(count)]
        _ip(f"netns add {name}" for name in names)
        _ip(f"link set dev {dev} netns {name}"
            for dev, name in zip(devs, names))
        ends = [End(Netns(name), dev, 10 + num, name)
                for num, (dev, name) in enumerate(zip(devs, names))]
        for end in ends:
            _ip([f"link set dev {end.dev} mtu {mtu} up",
                 f"addr add {end.v4}/24 dev {end.dev}"], end.node.name)
        for end in ends:
            wait_until(end.carrier, f"link of {end}")
        yield ends
    finally:
        _ip(f"netns del {name}" for name in names
            if os.path.exists(f"/run/netns/{name}"))
        nic.set_vfs(0)
        nic.pf.down()
        nic.peer.down()


@contextlib.contextmanager
def _flows(ends, peer, proto):
    """ENDS send as much as they can, with one flow for each time in the
    list."""
    gate = Gate()
    with contextlib.ExitStack() as stack:
        flows = [stack.enter_context(Flow(end, peer, proto, gate=gate))
                 for end in ends]
        gate.go.set()
        stack.callback(gate.stop.set)
        yield flows


def sample(num, each):
    """A sample of the rate of each VF, Mb/s, with Jain's index."""
    total = sum(each)
    jain = total ** 2 / (len(each) * sum(rate ** 2 for rate in each))
    return {"vfs": len(each), "round": num, "mbps": total, "each": each,
            "jain": jain}


def _text(moved):
    return f"{moved['mbps']:.1f} Mb/s, Jain's index {moved['jain']:.4f}"


def active(nic, quick, progress):
    """Samples of scale.active: TCP, on the link at its normal speed."""
    counts = QUICK_COUNTS if quick else COUNTS
    samples = []
    progress(f"scale: {counts[-1]} VFs, each in a name space")
    with _crowd(nic, counts[-1], 1500) as ends:
        for num in range(ROUNDS):
            for count in counts:
                ways = ends[:count] * (STREAMS // count)
                with _flows(ways, nic.peer, "tcp") as flows:
                    wait_until(lambda f=flows: all(flow.received for flow
                                                   in f), "all to move", 120)
                    each = vf_rates(nic.pf.dev,
                                    QUICK_SECONDS if quick else SECONDS)
                moved = sample(num, each[:count])
                samples.append(moved)
                progress(f"scale: round {num}, {count} VFs send: "
                         f"{_text(moved)}")
    return {"active": samples}


def _full_link(nic, seconds, progress):
    """Samples of a time in which the link was always full."""
    speed = int(nic.pf.cmd(f"cat /sys/class/net/{nic.pf.dev}/speed").stdout)
    samples = []
    wait_until(lambda: min(vf_rates(nic.pf.dev, 1)) > 0, "all to move", 120)
    for _ in range(TRIES):
        moved = {**sample(len(samples), vf_rates(nic.pf.dev, seconds)),
                 "link_mbps": speed}
        full = moved["mbps"] >= FULL * speed
        progress(f"scale: round {len(samples)}, {EQUALS} equal VFs, link of "
                 f"{speed} Mb/s: {_text(moved)}"
                 f"{'' if full else ', not full: again'}")
        if full:
            samples.append(moved)
        if len(samples) == ROUNDS:
            break
    return samples


def fair(quick, progress):
    """Samples of scale.fair: UDP, on a link that is always full."""
    nic = slow_nic()
    progress(f"scale: {EQUALS} VFs on a slow link")
    try:
        with _crowd(nic, EQUALS, SLOW_MTU) as ends, \
                _flows(ends, nic.peer, "udp"):
            return {"fair": _full_link(nic, SLOW_QUICK_SECONDS if quick
                                       else SLOW_SECONDS, progress)}
    finally:
        nic.peer_ns.delete()
