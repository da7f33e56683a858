#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
MAC addresses of VFs: the administrator's, and the VF's own.
"""

from lib.py import ksft_run, ksft_exit
from lib.py import ksft_eq, ksft_ne, ksft_raises, ksft_true
from lib.py import CmdExitFailure
from lib.py import NetDrvEpEnv
from sriov_frames import frame, new_mark
from sriov_lib import Local, Remote
from sriov_lib import BROADCAST, ZERO_MAC, make_vfs, passes, set_num_vfs, \
    vf_mac, wait_until, works

OWN = "02:5e:aa:aa:aa:01"


def admin_mac_reaches_a_live_vf(cfg):
    """ The administrator's address is in force at once, without a rebind """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    for num in (1, 2):
        vf.vf_set(f"mac {vf_mac(num)}")
        ksft_eq(vf.info()["address"], vf_mac(num))
        wait_until(lambda mac=vf_mac(num): vf.mac == mac,
                   "the VF to take its address", 20)
        wait_until(vf.carrier, "its link")
        works(vf, remote, wire, "after it was set")


def multicast_is_refused(cfg):
    """ A multicast address is refused """
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"mac {vf_mac(0)}")
    for mac in ("01:00:5e:00:00:01", "33:33:00:00:00:01", BROADCAST):
        vf.vf_refuses(f"mac {mac}")


def zero_takes_it_back(cfg):
    """ Zero succeeds, set or not; then the VF has a usable address """
    remote = Remote(cfg)
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"mac {ZERO_MAC}")
    vf.vf_set(f"mac {vf_mac(0)}")
    vf.vf_set(f"mac {ZERO_MAC}")
    vf.up()
    ksft_ne(vf.mac, ZERO_MAC)
    works(vf, remote, remote.watch(), "after zero")


def same_mac_again_is_accepted(cfg):
    """ Setting the same address succeeds, for administrator and VF """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"mac {vf_mac(0)}")
    vf.up()
    for _ in range(3):
        vf.vf_set(f"mac {vf_mac(0)}")
        vf.set(f"address {vf_mac(0)}")
        vf.set("down")
        vf.set(f"address {vf_mac(0)}")
        vf.set("up")
        wait_until(vf.carrier, "its link")
    ksft_eq(vf.mac, vf_mac(0))
    works(vf, remote, wire, "after it was set again and again")


def vf_cannot_change_it(cfg):
    """ The VF's user cannot replace the administrator's address """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"mac {vf_mac(0)}")
    vf.up()
    with ksft_raises(CmdExitFailure):
        vf.set(f"address {OWN}")
    ksft_eq(vf.mac, vf_mac(0))
    ksft_eq(vf.info()["address"], vf_mac(0))
    works(vf, remote, wire, "after it was refused")
    # nor does it receive frames for that address
    mark, last = new_mark(), new_mark()
    heard = vf.watch()
    remote.send(frame(OWN, remote.mac, mark),
                frame(vf.mac, remote.mac, last))
    ksft_true(heard.wait(last))
    ksft_eq(heard.saw(mark), [])


def unset_mac_is_stable(cfg):
    """ An address that was not set is kept, over reload and reset """
    vfs = make_vfs(cfg, 2)
    vf = vfs[0].up()
    first = vf.mac
    ksft_ne(first, ZERO_MAC)
    for _ in range(2):
        vf.unbind()
        vf.bind()
        vf.up()
        ksft_eq(vf.mac, first, "after a reload of its driver")
    vf.reset()
    wait_until(vf.carrier, "its link after a reset")
    ksft_eq(vf.mac, first, "after a reset")
    ksft_ne(vfs[1].up().mac, first, "two VFs have one address")


def own_mac_where_none_is_set(cfg):
    """ Without the administrator's the VF sets its own, if it may """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    vf.set(f"address {OWN}")
    ksft_eq(vf.mac, OWN)
    works(vf, remote, wire, "with an address of its own")


def addresses_of_two_vfs(cfg):
    """ Each VF gets its own frames, and none of the other's """
    netif, remote = Local(cfg), Remote(cfg)
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.vf_set(f"mac {vf_mac(vf.num)}")
        vf.up()
    one, two = (vf.watch() for vf in vfs)
    passes(netif, vfs[0], one, "NETIF to VF 0")
    passes(vfs[0], vfs[1], two, "VF 0 to VF 1")
    passes(remote, vfs[0], one, "the remote to VF 0")
    passes(remote, vfs[1], two, "the remote to VF 1")
    for watch, vf in ((one, vfs[0]), (two, vfs[1])):
        ksft_eq({f.dst for f in watch.frames}, {vf.mac}, f"{vf}")


def not_inherited(cfg):
    """ A new VF does not have the address that was set for an old one """
    make_vfs(cfg, 1)[0].vf_set(f"mac {vf_mac(0)}")
    set_num_vfs(cfg, 0)
    ksft_ne(make_vfs(cfg, 1)[0].info()["address"], vf_mac(0))


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([admin_mac_reaches_a_live_vf, multicast_is_refused,
                  zero_takes_it_back, same_mac_again_is_accepted,
                  vf_cannot_change_it, unset_mac_is_stable,
                  own_mac_where_none_is_set, addresses_of_two_vfs,
                  not_inherited],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
