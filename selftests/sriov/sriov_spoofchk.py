#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Spoof check: source addresses that are not the VF's.
"""

from lib.py import ksft_run, ksft_exit
from lib.py import ksft_eq, ksft_true
from lib.py import NetDrvEpEnv
from sriov_frames import frame, new_mark
from sriov_lib import BROADCAST, Remote, last_frame, make_vfs, vf_mac, \
    wait_until, works

FOREIGN = "02:5e:bb:bb:bb:bb"


def _bench(cfg, spoofchk):
    """ Two VFs that are up, with addresses, and the watches """
    remote = Remote(cfg)
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.vf_set(f"mac {vf_mac(vf.num)}")
        vf.vf_set(f"spoofchk {spoofchk}")
        vf.up()
    ksft_eq(vfs[0].info()["spoofchk"], spoofchk == "on")
    return remote, vfs, (remote.watch(), vfs[1].watch())


def _spoof(vf, remote, other):
    """ Frames to all kinds of addresses with a foreign source address """
    marks = [new_mark() for _ in range(3)]
    vf.send(*(frame(dst, FOREIGN, mark) for dst, mark in
              zip((BROADCAST, remote.mac, other.mac), marks)))
    return marks


def spoofed_frames_are_dropped(cfg):
    """ With the check no frame with a foreign source leaves the VF """
    remote, (vf, other), watches = _bench(cfg, "on")
    marks = _spoof(vf, remote, other)
    # nor with the address of a neighbour
    marks.append(new_mark())
    vf.send(frame(BROADCAST, other.mac, marks[-1]))
    for watch in watches:
        last_frame(vf, watch)
        for mark in marks:
            ksft_eq(watch.saw(mark), [])
    works(vf, remote, watches[0], "its honest frames")


def without_the_check_they_pass(cfg):
    """ Without the check any source address passes """
    remote, (vf, other), (wire, heard) = _bench(cfg, "off")
    to_all, to_remote, to_other = _spoof(vf, remote, other)
    ksft_true(wire.wait(to_all), "a broadcast on the wire")
    ksft_true(wire.wait(to_remote), "a frame to the remote")
    ksft_true(heard.wait(to_all), "a broadcast at the other VF")
    ksft_true(heard.wait(to_other), "a frame to the other VF")


def live_vf_is_switched(cfg):
    """ On and off while the VF is up; the same value changes nothing """
    remote, (vf, other), (wire, _) = _bench(cfg, "on")
    for spoofchk in ("off", "off", "on", "on", "off"):
        vf.vf_set(f"spoofchk {spoofchk}")
        ksft_eq(vf.info()["spoofchk"], spoofchk == "on")
        wait_until(vf.carrier, f"the link of {vf}")
        marks = _spoof(vf, remote, other)
        last_frame(vf, wire)
        ksft_eq(len(wire.saw(marks[0])), int(spoofchk == "off"),
                f"spoofchk {spoofchk}")


def check_follows_the_address(cfg):
    """ A new address of the administrator is the one that passes """
    remote, (vf, _), (wire, _) = _bench(cfg, "on")
    old = vf.mac
    vf.vf_set(f"mac {vf_mac(9)}")
    wait_until(lambda: vf.mac == vf_mac(9), "the VF to take its address", 20)
    wait_until(vf.carrier, f"the link of {vf}")
    mark = new_mark()
    vf.send(frame(BROADCAST, old, mark))
    last_frame(vf, wire)
    ksft_eq(wire.saw(mark), [], "with the old address")
    works(vf, remote, wire, "with the new address")


def no_mac_and_the_check_on(cfg):
    """ Check on and no address from the administrator: traffic passes """
    remote = Remote(cfg)
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set("spoofchk on")
    vf.vf_set("mac 00:00:00:00:00:00")
    vf.up()
    works(vf, remote, remote.watch(), "with no address set")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([spoofed_frames_are_dropped, without_the_check_they_pass,
                  live_vf_is_switched, check_follows_the_address,
                  no_mac_and_the_check_on],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
