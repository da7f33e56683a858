#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Link state of VFs: auto, enable, disable, and NETIF's own.
"""

import time

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_disruptive, ksft_eq, ksft_true
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from lib.py import cmd, defer, ip
from sriov_frames import frame, new_mark
from sriov_lib import Local, Remote
from sriov_lib import DEADLINE, make_vfs, passes, wait_until, works

# seconds after which a link that is not down will stay up
SETTLE = 5


def _link_is(vf, up):
    wait_until(lambda: vf.carrier() == up,
               f"the link of {vf} to be {'up' if up else 'down'}")


def states(cfg):
    """ A VF has the link state that is set, at once """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    for state in ("disable", "disable", "enable", "auto", "disable", "auto"):
        vf.vf_set(f"state {state}")
        ksft_eq(vf.info()["link_state"], state)
        _link_is(vf, state != "disable")
        if state != "disable":
            works(vf, remote, wire, f"state {state}")


def disabled_vf_is_silent(cfg):
    """ A VF whose link is disabled neither receives nor sends """
    remote, netif = Remote(cfg), Local(cfg)
    wire = remote.watch()
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    vf, other = vfs
    heard = [vf.watch(), wire, other.watch()]
    vf.vf_set("state disable")
    _link_is(vf, False)
    marks, last = [new_mark() for _ in range(4)], [new_mark(), new_mark()]
    vf.send(frame(remote.mac, vf.mac, marks[0]),
            frame(other.mac, vf.mac, marks[1]))
    netif.send(frame(vf.mac, netif.mac, marks[2]),
               frame(remote.mac, netif.mac, last[0]))
    other.send(frame(vf.mac, other.mac, marks[3]),
               frame(remote.mac, other.mac, last[1]))
    # frames sent before these have arrived
    for mark in last:
        ksft_true(wire.wait(mark), "the last frame")
    vf.vf_set("state auto")
    _link_is(vf, True)
    works(vf, remote, wire, "enabled again")
    for watch in heard:
        for mark in marks:
            ksft_eq(watch.saw(mark), [])


def disabled_before_it_is_up(cfg):
    """ The state of a VF that is down, or has no driver, is used later """
    vf = make_vfs(cfg, 1)[0]
    if not vf.driver():
        raise KsftSkipEx("VFs have no driver on this host")
    vf.unbind()
    vf.vf_set("state disable")
    vf.bind()
    name = vf.host_ifname()
    ip(f"link set dev {name} up")
    defer(ip, f"link set dev {name} down")
    # otherwise it would come up soon
    time.sleep(1)
    ksft_eq("LOWER_UP" in ip(f"link show dev {name}", json=True)[0]["flags"],
            False)
    vf.vf_set("state enable")
    wait_until(lambda: "LOWER_UP" in
               ip(f"link show dev {name}", json=True)[0]["flags"], "a link")


@ksft_disruptive
def auto_follows_the_wire(cfg):
    """ If NETIF loses its link, VFs with state auto do as well, others not """
    remote, netif = Remote(cfg), Local(cfg)
    vfs = make_vfs(cfg, 3)
    for vf, state in zip(vfs, ("auto", "enable", "enable")):
        vf.vf_set(f"state {state}")
        vf.up()
    up = defer(cmd, f"ip link set dev {cfg.remote_ifname} up",
               host=cfg.remote)
    cmd(f"ip link set dev {cfg.remote_ifname} down", host=cfg.remote)
    end = time.monotonic() + SETTLE
    while netif.carrier():
        if time.monotonic() > end:
            raise KsftSkipEx(f"{cfg.ifname} keeps its link when the remote "
                             "goes down")
        time.sleep(0.1)
    _link_is(vfs[0], False)
    ksft_eq([vf.carrier() for vf in vfs], [False, True, True])
    passes(vfs[1], vfs[2], vfs[2].watch(), "without a wire")
    up.exec()
    wait_until(netif.carrier, "NETIF's link")
    _link_is(vfs[0], True)
    works(vfs[0], remote, remote.watch(), "after the wire is back")


@ksft_disruptive
def vf_link_is_no_lie(cfg):
    """ While NETIF is down, a VF that has a link can move frames """
    remote = Remote(cfg)
    wire = remote.watch()
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    works(vfs[0], remote, wire, "before")
    heard = vfs[1].watch()
    ip(f"link set dev {cfg.ifname} down")
    up = defer(ip, f"link set dev {cfg.ifname} up")

    def truth():
        mark, local = new_mark(), new_mark()
        vfs[0].send(frame(remote.mac, vfs[0].mac, mark),
                    frame(vfs[1].mac, vfs[0].mac, local))
        return not vfs[0].carrier() or \
            wire.wait(mark, 2) and heard.wait(local, 2)

    wait_until(truth, "the VF to lose its link, or to move frames")
    ksft_pr("NETIF is down, the VF's link is",
            "up" if vfs[0].carrier() else "down")
    up.exec()
    wait_until(Local(cfg).carrier, "NETIF's link")
    for vf in vfs:
        _link_is(vf, True)
        works(vf, remote, wire, "after NETIF is up again")


def flapping(cfg):
    """ After many changes of the state, the last one is in force """
    remote = Remote(cfg)
    vf = make_vfs(cfg, 1)[0].up()
    end = time.monotonic() + DEADLINE
    for _ in range(20):
        vf.vf_set("state disable")
        vf.vf_set("state auto")
    ksft_true(time.monotonic() < end, "it took too long")
    _link_is(vf, True)
    works(vf, remote, remote.watch(), "after 20 times")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([states, disabled_vf_is_silent, disabled_before_it_is_up,
                  auto_follows_the_wire, vf_link_is_no_lie, flapping],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
