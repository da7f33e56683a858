#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""XDP programs on PF and VF: each action, each change below them, resets."""

import contextlib
import struct

from lib import (End, Netns, Nic, Stream, defer, ksft_eq, ksft_ge, ksft_in,
                 ksft_ne, ksft_run, ping, reaches, transfer,
                 wait_until)
from lib.bpf import ABORTED, DROP, ETH_P_DONE, REDIRECT, TX, Xdp
from lib.frames import BROADCAST, Watch, frame, mark, send
from lib.netlink import qstats
from lib.nic import vf_mac

MIB = 1 << 20
JUMBO = 9000
COUNT = 200


class Bench(Nic):
    """The PF, a VF in a name space, and one beside the PF."""

    def __init__(self):
        super().__init__()
        self.need_svnic("XDP of our drivers")
        self.start()
        space = Netns("vf0")
        self.set_vfs(2)
        defer(space.delete)
        defer(self.set_vfs, 0)
        self.ends = (self.pf, self.vf_end(0, space, vf_mac(0)))
        self.beside = End(self.host, self.vf_netdev(1), 11, "vf1")
        for end in (*self.ends, self.beside):
            # transmit queues for the program alone; shared() has none
            end.ethtool("-L", "combined 2", fail=False)


def sent(end):
    """Number of frames that END has sent, by its queues."""
    with end.space():
        return qstats(end.dev)["tx-packets"]


def done(watch, number):
    """Number of frames with this mark that a program sent."""
    want = struct.pack("!HI", ETH_P_DONE, number)
    return sum(want == data[12:18] for data in watch.take())


def drop(bench):
    """Test frames are dropped and counted as received; the rest passes."""
    for end in bench.ends:
        with Xdp(end, DROP), Watch(end) as watch:
            before, number = end.counters(), mark()
            send(bench.peer, frame(end.mac, bench.peer.mac, number), COUNT)
            wait_until(lambda: end.counters()["rx_packets"] >=
                       before["rx_packets"] + COUNT, "frames of the program")
            ksft_eq(watch.saw(number), 0)
            ksft_eq(end.counters()["rx_dropped"], before["rx_dropped"])
            transfer(bench.peer, end, 8 * MIB)
            transfer(end, bench.peer, 8 * MIB)
            # more than a ring holds, so each buffer was used again
            send(bench.peer, frame(end.mac, bench.peer.mac, number, 1000), 5000)
            ping(bench.peer, end)


def aborted(bench):
    """What a program aborts is counted as dropped."""
    end = bench.pf
    with Xdp(end, ABORTED):
        before = end.counters()["rx_dropped"]
        send(bench.peer, frame(end.mac, bench.peer.mac, mark()), COUNT)
        wait_until(lambda: end.counters()["rx_dropped"] == before + COUNT,
                   "dropped frames")


def _answers(bench, end, size, count=COUNT):
    """Each test frame for END comes back, with all of its bytes."""
    number = mark()
    data = frame(end.mac, bench.peer.mac, number, size)
    data = data[:18] + bytes(n % 251 for n in range(size - 18))
    with Watch(bench.peer) as watch:
        for _ in range(count // 10):
            had = done(watch, number)
            send(bench.peer, data, 10)
            wait_until(lambda: done(watch, number) >= had + 10,
                       f"10 frames of {size} bytes from {end}")
        ksft_eq(done(watch, number), count // 10 * 10)
        want = data[6:12] + data[:6] + struct.pack("!H", ETH_P_DONE) + data[14:]
        ksft_in(want, watch.frames)


def tx(bench):
    """Frames go back on the wire, and are counted as sent."""
    for end in bench.ends:
        with Xdp(end, TX):
            before = sent(end)
            for size in (64, 65, 1000, 1514):
                _answers(bench, end, size)
            after = sent(end)
            ksft_ge(after, before + 4 * COUNT)
            # as many rings as channels change, the counters do not go back
            end.ethtool("-L", "combined 1")
            _answers(bench, end, 500)
            ksft_ge(sent(end), after)
            end.ethtool("-L", "combined 2")
            transfer(bench.peer, end, 8 * MIB)


def long_frames(bench):
    """Frames of several buffers, for programs that handle them."""
    for end in (*bench.ends, bench.peer):
        end.set(f"mtu {JUMBO}")
        defer(end.set, "mtu 1500")
    for end in bench.ends:
        with Xdp(end, TX, frags=True):
            for size in (JUMBO + 14, 3520, 3521, 7041, 64):
                _answers(bench, end, size, 50)
            transfer(bench.peer, end, 16 * MIB)
            transfer(end, bench.peer, 16 * MIB)
            ping(bench.peer, end, size=8000)


def redirect(bench):
    """Frames go from a VF to the PF, from the PF to a VF, and on the wire."""
    vf = bench.beside
    vf.set("up")
    # the VF sends frames that others made
    bench.pf.set("vf 1 spoofchk off")
    for one, two in ((vf, bench.pf), (bench.pf, vf)):
        with Xdp(one, REDIRECT, two.link()["ifindex"]), Xdp(two), \
                Watch(bench.peer) as watch:
            for size in (64, 1514):
                number = mark()
                data = frame(BROADCAST, bench.peer.mac, number, size)
                for _ in range(10):
                    had = done(watch, number)
                    send(bench.peer, data, 10)
                    wait_until(lambda: done(watch, number) >= had + 10,
                               f"10 frames of {size} bytes by way of {one}")


def shared(bench):
    """With all pairs in use as channels, program and stack share them."""
    for end in bench.ends:
        most = int(end.ethtool("-l").stdout.split("Combined:")[1].split()[0])
        end.ethtool("-L", f"combined {most}")
        with Xdp(end, TX):
            with Stream(bench.peer, end, rate=MIB) as back, \
                    Stream(end, bench.peer, rate=MIB) as out:
                for size in (64, 1514):
                    _answers(bench, end, size)
                back.wait_moving()
                out.wait_moving()
            transfer(end, bench.peer, 8 * MIB)
            # queues of its own, and shared ones again
            for count in (most - 1, most):
                end.ethtool("-L", f"combined {count}")
                _answers(bench, end, 500)
        end.ethtool("-L", "combined 2")


def refused(bench):
    """What does not fit is refused with a reason, and changes nothing."""
    for end in bench.ends:
        with contextlib.closing(Xdp(end)) as prog:
            end.set(f"mtu {JUMBO}")
            failed = prog.attach(fail=False)
            ksft_in("MTU is at most 3498", failed.stderr)
            end.set("mtu 3498")
            prog.attach()
            ksft_ne(end.set(f"mtu {JUMBO}", fail=False).returncode, 0)
            ksft_eq(end.link()["mtu"], 3498)
            end.set("mtu 1500")
            ping(bench.peer, end)
            end.set("xdpdrv off")


def changes(bench):
    """The program stays and works over every change, and can be exchanged."""
    for end in bench.ends:
        with Xdp(end, TX), contextlib.closing(Xdp(end, DROP)) as other, \
                contextlib.closing(Xdp(end, TX)) as same, \
                Stream(bench.peer, end, rate=MIB):
            _answers(bench, end, 200, 20)
            end.ethtool("-G", "rx 256 tx 128")
            _answers(bench, end, 200, 20)
            for state in False, True:
                end.feature("generic-receive-offload", state)
            number = mark()
            other.attach(force=True)
            before = end.counters()["rx_packets"]
            with Watch(bench.peer) as watch:
                send(bench.peer, frame(end.mac, bench.peer.mac, number), COUNT)
                wait_until(lambda: end.counters()["rx_packets"] >=
                           before + COUNT, "frames of the program")
                ksft_eq(done(watch, number), 0)
            same.attach(force=True)
            _answers(bench, end, 200, 20)
        end.ethtool("-G", "rx 2048 tx 1024")


def resets(bench):
    """After a reset of the function, and down and up, the program works."""
    for end in bench.ends:
        fn = bench.fn if end is bench.pf else bench.vf(0)
        with Xdp(end, TX):
            _answers(bench, end, 200, 20)
            end.set("down")
            end.up()
            _answers(bench, end, 200, 20)
            fn.write("reset", 1)
            wait_until(end.carrier, f"link of {end}")
            wait_until(lambda: reaches(bench.peer, end), f"answers of {end}")
            _answers(bench, end, 200, 20)
            ksft_in("xdp", str(end.link()))
        # a VF is reset after the PF, and refuses changes until then
        for other in bench.ends:
            wait_until(lambda o=other: reaches(bench.peer, o),
                       f"answers of {other}")


def attach_under_traffic(bench):
    """Attached and detached again and again while frames come and go."""
    for end in bench.ends:
        with Stream(bench.peer, end, rate=MIB), \
                Stream(end, bench.peer, rate=MIB):
            for _ in range(10):
                with Xdp(end, DROP):
                    ping(bench.peer, end, 1)
                ping(bench.peer, end, 1)


if __name__ == "__main__":
    ksft_run([drop, aborted, tx, long_frames, redirect, shared, refused,
              changes, resets, attach_under_traffic], setup=Bench)
