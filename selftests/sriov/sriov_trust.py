#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Trust: what a VF may do with it, and not without.
"""

from lib.py import ksft_run, ksft_exit
from lib.py import ksft_eq, ksft_raises, ksft_true
from lib.py import CmdExitFailure
from lib.py import NetDrvEpEnv
from lib.py import cmd
from sriov_frames import frame, new_mark
from sriov_lib import Local, Remote
from sriov_lib import BROADCAST, make_vfs, vf_mac, wait_until, works

GROUP = "01:00:5e:12:34:56"
UNKNOWN = "02:5e:99:99:99:99"
OWN = "02:5e:aa:aa:aa:02"


def _heard(vf, remote, watch, dst):
    """ True if the VF receives what the remote sends to @dst """
    mark, last = new_mark(), new_mark()
    remote.send(frame(dst, remote.mac, mark),
                frame(BROADCAST, remote.mac, last))
    ksft_true(watch.wait(last), f"{vf}: a broadcast is lost")
    return bool(watch.saw(mark))


def _becomes(vf, remote, watch, dst, heard):
    """ The VF's driver may learn of a change a little later """
    wait_until(lambda: _heard(vf, remote, watch, dst) == heard,
               f"{vf} {'to hear' if heard else 'not to hear'} {dst}", 30)


def _vf(cfg, trust):
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"trust {trust}")
    ksft_eq(vf.info()["trust"], trust == "on")
    return vf.up(), Remote(cfg)


def untrusted_is_not_promiscuous(cfg):
    """ Without trust the VF gets only its own frames """
    netif = Local(cfg)
    vf, remote = _vf(cfg, "off")
    heard = vf.watch()
    # some drivers refuse this, some accept it without effect
    for mode in ("promisc on", "allmulticast on"):
        cmd(f"ip -n {vf.ns} link set dev {vf.ifname} {mode}", fail=False)
    for dst in (UNKNOWN, netif.mac, GROUP):
        ksft_eq(_heard(vf, remote, heard, dst), False, dst)


def trusted_promisc(cfg):
    """ With trust and promisc the VF gets frames for others """
    vf, remote = _vf(cfg, "on")
    heard = vf.watch()
    ksft_eq(_heard(vf, remote, heard, UNKNOWN), False, "before promisc")
    vf.set("promisc on")
    _becomes(vf, remote, heard, UNKNOWN, True)
    vf.set("promisc off")
    _becomes(vf, remote, heard, UNKNOWN, False)


def trusted_allmulti(cfg):
    """ With trust and allmulticast the VF gets groups it did not join """
    vf, remote = _vf(cfg, "on")
    heard = vf.watch()
    ksft_eq(_heard(vf, remote, heard, GROUP), False, "before allmulticast")
    vf.set("allmulticast on")
    _becomes(vf, remote, heard, GROUP, True)
    vf.set("allmulticast off")
    _becomes(vf, remote, heard, GROUP, False)


def group_is_joined(cfg):
    """ Without trust the VF gets the groups it joins, until it leaves """
    vf, remote = _vf(cfg, "off")
    heard = vf.watch()
    vf.ip(f"maddr add {GROUP} dev {vf.ifname}")
    _becomes(vf, remote, heard, GROUP, True)
    vf.ip(f"maddr del {GROUP} dev {vf.ifname}")
    _becomes(vf, remote, heard, GROUP, False)


def trust_is_given_and_taken(cfg):
    """ A promiscuous VF that is up gets all frames while it has trust """
    vf, remote = _vf(cfg, "off")
    heard = vf.watch()
    vf.set("promisc on")
    for trust in ("on", "off", "off", "on", "on"):
        vf.vf_set(f"trust {trust}")
        wait_until(vf.carrier, f"the link of {vf}")
        # a driver that does not try again by itself is made to
        vf.set("promisc off")
        vf.set("promisc on")
        _becomes(vf, remote, heard, UNKNOWN, trust == "on")


def trusted_vf_chooses_its_address(cfg):
    """ With trust the VF may even change the administrator's address """
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"mac {vf_mac(0)}")
    vf.vf_set("trust on")
    vf.up()
    remote = Remote(cfg)
    wire = remote.watch()
    vf.set(f"address {OWN}")
    ksft_eq(vf.mac, OWN)
    works(vf, remote, wire, "with its own address")
    # without trust the VF loses what it got by trust
    vf.vf_set("trust off")
    vf.vf_set(f"mac {vf_mac(0)}")
    wait_until(lambda: vf.mac == vf_mac(0), "the VF to take its address", 20)
    wait_until(vf.carrier, f"the link of {vf}")
    with ksft_raises(CmdExitFailure):
        vf.set(f"address {OWN}")
    works(vf, remote, wire, "without trust")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([untrusted_is_not_promiscuous, trusted_promisc,
                  trusted_allmulti, group_is_joined, trust_is_given_and_taken,
                  trusted_vf_chooses_its_address],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
