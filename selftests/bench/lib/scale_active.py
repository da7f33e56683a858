# SPDX-License-Identifier: GPL-2.0-only
"""VFs that send all at once: what they move together, and who gets how much.

Each VF is a netdev in a name space of its own, the receiver is the peer on the
wire. What counts is what the device says each VF has sent.

Two questions need two links. With the link as fast as it is the emulated
machine is what is scarce: the sum tells what a VF more costs, but shares are
the doing of Linux' scheduler and of TCP. On a link so slow that all VFs always
have frames waiting, shares are the NIC's doing.
"""

import contextlib
import threading

from lib import End, Netns, cmd, wait_until
from lib.flow import KIB, Flow, vf_rates
from lib.nic import slow_nic

COUNTS = (1, 2, 4, 8, 16, 32, 64)
QUICK_COUNTS = (1, 8, 64)
ROUNDS = 5
SECONDS, QUICK_SECONDS = 5, 3
EQUALS = 64
# on the slow link frames are large, so that few of them fill it
SLOW_MTU = 9000
SLOW_SECONDS, SLOW_QUICK_SECONDS = 10, 5


@contextlib.contextmanager
def _crowd(nic, count, mtu):
    """COUNT VFs of NIC as ends that are up, while the context."""
    spaces = [Netns(f"vf{num}") for num in range(count)]
    try:
        nic.start(mtu)
        nic.fn.write("sriov_drivers_autoprobe", 1)
        nic.set_vfs(count)
        ends = []
        for num, space in enumerate(spaces):
            dev = nic.vf_netdev(num)
            cmd(f"ip link set dev {dev} netns {space.name}")
            ends.append(End(space, dev, 10 + num, f"vf{num}").up(mtu))
        yield ends
    finally:
        for space in spaces:
            space.delete()
        nic.set_vfs(0)
        nic.pf.down()
        nic.peer.down()


@contextlib.contextmanager
def _flows(ends, peer, proto):
    """All ENDS send as much as they can."""
    stop = threading.Event()
    with contextlib.ExitStack() as stack:
        flows = [stack.enter_context(Flow(end, peer, proto, stop=stop))
                 for end in ends]
        stack.callback(stop.set)
        yield flows


def sample(num, each):
    """A sample of what each VF moved, Mb/s, with Jain's index."""
    total = sum(each)
    jain = total ** 2 / (len(each) * sum(rate ** 2 for rate in each))
    return {"vfs": len(each), "round": num, "mbps": total, "each": each,
            "jain": jain}


def _text(moved):
    return f"{moved['mbps']:.1f} Mb/s, Jain's index {moved['jain']:.4f}"


def active(nic, quick, progress):
    """Samples of scale.active: TCP, on the link as fast as it is."""
    counts = QUICK_COUNTS if quick else COUNTS
    samples = []
    progress(f"scale: {counts[-1]} VFs, each in a name space")
    with _crowd(nic, counts[-1], 1500) as ends:
        for num in range(ROUNDS):
            for count in counts:
                with _flows(ends[:count], nic.peer, "tcp") as flows:
                    wait_until(lambda f=flows: min(flow.received for flow in f)
                               >= 256 * KIB, "all to move", 120)
                    each = vf_rates(nic.pf.dev,
                                    QUICK_SECONDS if quick else SECONDS)
                moved = sample(num, each[:count])
                samples.append(moved)
                progress(f"scale: round {num}, {count} VFs send: "
                         f"{_text(moved)}")
    return {"active": samples}


def fair(quick, progress):
    """Samples of scale.fair: UDP, on a link that is always full."""
    nic = slow_nic()
    samples = []
    progress(f"scale: {EQUALS} VFs on a slow link")
    try:
        with _crowd(nic, EQUALS, SLOW_MTU) as ends:
            speed = int(nic.pf.cmd(
                f"cat /sys/class/net/{nic.pf.dev}/speed").stdout)

            def full():
                each = vf_rates(nic.pf.dev, 1)
                return sum(each) >= 0.95 * speed and min(each) > 0

            with _flows(ends, nic.peer, "udp"):
                wait_until(full, "a full link", 120)
                for num in range(ROUNDS):
                    each = vf_rates(nic.pf.dev, SLOW_QUICK_SECONDS if quick
                                    else SLOW_SECONDS)
                    moved = {**sample(num, each), "link_mbps": speed}
                    samples.append(moved)
                    progress(f"scale: round {num}, {EQUALS} equal VFs, link of "
                             f"{speed} Mb/s: {_text(moved)}")
    finally:
        nic.peer_ns.delete()
    return {"fair": samples}
