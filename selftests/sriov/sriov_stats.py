#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Statistics of VFs in ip -s link show NETIF.
"""

from lib.py import ksft_run, ksft_exit
from lib.py import ksft_eq, ksft_ge, ksft_lt, ksft_true
from lib.py import KsftFailEx, KsftSkipEx
from lib.py import NetDrvEpEnv
from sriov_frames import frame, new_mark
from sriov_lib import BROADCAST, Remote, make_vfs, vf_info, vf_mac, \
    wait_until, works

GROUP = "01:00:5e:12:34:56"
COUNT = 50
SIZE = 500


def _stats(vf):
    stats = vf_info(vf.cfg, vf.num, stats=True).get("stats")
    if not stats:
        raise KsftSkipEx("the driver has no statistics of VFs")
    # ip shows "packets" for received ones, but "tx_packets"
    return {way: {key.removeprefix("tx_"): val
                  for key, val in stats[way].items()} for way in stats}


def _bench(cfg):
    """ A VF that has sent and received, so that its counters are not 0 """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    works(vf, remote, wire, "before")

    def counted():
        stats = _stats(vf)
        return stats["tx"]["packets"] or stats["rx"]["packets"]

    try:
        wait_until(counted, "a counter", 5)
    except KsftFailEx as exc:
        raise KsftSkipEx("the driver counts nothing of VFs: all are 0") \
            from exc
    cfg.wait_hw_stats_settle()
    return vf, remote, wire


def _grown(vf, before, way, key, least, most):
    """ A counter has grown by this much; the NIC may show it later """
    def delta():
        return _stats(vf)[way][key] - before[way][key]

    wait_until(lambda: delta() >= least, f"{way} {key} of {vf} to grow by "
               f"{least}; it grew by {delta()}", 10)
    ksft_lt(delta(), most + 1, f"{way} {key}")


def _frames(dst, src, count):
    marks = [new_mark() for _ in range(count)]
    return [frame(dst, src, mark, size=SIZE) for mark in marks], marks[-1]


def sent(cfg):
    """ Everything that a VF sends is counted as sent, once """
    vf, remote, wire = _bench(cfg)
    before = _stats(vf)
    frames, last = _frames(remote.mac, vf.mac, COUNT)
    vf.send(*frames)
    ksft_true(wire.wait(last))
    _grown(vf, before, "tx", "packets", COUNT, COUNT)
    # some drivers count the FCS
    _grown(vf, before, "tx", "bytes", COUNT * SIZE, COUNT * (SIZE + 4))
    # the remote may send broadcasts
    ksft_lt(_stats(vf)["rx"]["packets"], before["rx"]["packets"] + 10)


def received(cfg):
    """ Everything that a VF receives is counted as received, once """
    vf, remote, _ = _bench(cfg)
    heard = vf.watch()
    before = _stats(vf)
    frames, last = _frames(vf.mac, remote.mac, COUNT)
    remote.send(*frames)
    ksft_true(heard.wait(last))
    # the remote may send other frames
    _grown(vf, before, "rx", "packets", COUNT, COUNT + 10)
    _grown(vf, before, "rx", "bytes", COUNT * SIZE, COUNT * (SIZE + 4) + 5000)
    ksft_eq(_stats(vf)["tx"]["packets"], before["tx"]["packets"])


def multicast_and_broadcast(cfg):
    """ Multicast and broadcast that a VF receives is counted as such """
    vf, remote, _ = _bench(cfg)
    if "multicast" not in _stats(vf)["rx"]:
        raise KsftSkipEx("ip tells nothing of multicast")
    vf.ip(f"maddr add {GROUP} dev {vf.ifname}")
    heard = vf.watch()

    def joined():
        mark = new_mark()
        remote.send(frame(GROUP, remote.mac, mark))
        return heard.wait(mark, 1)

    wait_until(joined, "the group to be joined")
    for dst, key in ((GROUP, "multicast"), (BROADCAST, "broadcast")):
        before = _stats(vf)
        frames, last = _frames(dst, remote.mac, COUNT)
        remote.send(*frames)
        ksft_true(heard.wait(last), dst)
        if key in before["rx"]:
            _grown(vf, before, "rx", key, COUNT, COUNT + 10)


def neighbours_are_apart(cfg):
    """ The traffic of one VF is not counted for another """
    remote = Remote(cfg)
    wire = remote.watch()
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    before = [_stats(vf) for vf in vfs]
    frames, last = _frames(remote.mac, vfs[0].mac, COUNT)
    vfs[0].send(*frames)
    ksft_true(wire.wait(last))
    if not _stats(vfs[0])["tx"]["packets"]:
        raise KsftSkipEx("the driver counts nothing of VFs: all are 0")
    _grown(vfs[0], before[0], "tx", "packets", COUNT, COUNT)
    ksft_eq(_stats(vfs[1])["tx"], before[1]["tx"])
    # from one to the other: sent once, received once
    before = [_stats(vf) for vf in vfs]
    heard = vfs[1].watch()
    frames, last = _frames(vfs[1].mac, vfs[0].mac, COUNT)
    vfs[0].send(*frames)
    ksft_true(heard.wait(last))
    _grown(vfs[0], before[0], "tx", "packets", COUNT, COUNT)
    _grown(vfs[1], before[1], "rx", "packets", COUNT, COUNT + 10)


def spoofed_frames_are_dropped(cfg):
    """ Frames dropped by the spoof check count as dropped, not as sent """
    vf, _, wire = _bench(cfg)
    vf.vf_set(f"mac {vf_mac(0)}")
    vf.vf_set("spoofchk on")
    wait_until(lambda: vf.mac == vf_mac(0), "the VF to take its address", 20)
    wait_until(vf.carrier, f"the link of {vf}")
    before = _stats(vf)
    if "dropped" not in before["tx"]:
        raise KsftSkipEx("ip tells nothing of dropped frames")
    frames, mark = _frames(BROADCAST, "02:5e:bb:bb:bb:bb", COUNT)
    vf.send(*frames)
    _grown(vf, before, "tx", "dropped", COUNT, COUNT)
    ksft_eq(wire.saw(mark), [])


def they_persist(cfg):
    """ Counters continue over a reset and a reload of the VF's driver """
    vf, remote, wire = _bench(cfg)
    before = _stats(vf)
    vf.reset()
    wait_until(vf.carrier, f"the link of {vf}")
    vf.unbind()
    vf.bind()
    vf.up()
    works(vf, remote, wire, "after all that")
    for way in ("tx", "rx"):
        ksft_ge(_stats(vf)[way]["packets"], before[way]["packets"], way)


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([sent, received, multicast_and_broadcast,
                  neighbours_are_apart, spoofed_frames_are_dropped,
                  they_persist],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
