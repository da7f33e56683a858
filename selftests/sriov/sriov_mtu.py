#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
MTU of VFs and of NETIF.
"""

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_disruptive, ksft_eq, ksft_ge, ksft_raises
from lib.py import KsftSkipEx
from lib.py import CmdExitFailure, NetDrvEpEnv
from lib.py import defer, ip
from sriov_frames import frame, new_mark
from sriov_lib import Local
from sriov_lib import make_vfs, wait_until

ETH_HLEN = 14


def _large(vf):
    """ The maximum MTU of the VF, as far as a test needs it """
    mtu = min(vf.link().get("max_mtu", 0), 9000)
    ksft_ge(mtu, 1500, "max_mtu")
    if mtu <= 1500:
        raise KsftSkipEx("VFs have no large MTU")
    return mtu


def _set_mtu(end, mtu):
    end.set(f"mtu {mtu}")
    # this may take the link down for a while
    wait_until(end.carrier, f"the link with MTU {mtu}")


def _moves(src, dst, heard, mtu):
    """ A frame as long as @mtu allows arrives unchanged """
    mark = new_mark()
    size = ETH_HLEN + mtu
    src.send(frame(dst.mac, src.mac, mark, size=size))
    ksft_eq([f.size for f in heard.wait(mark)], [size])


def vf_is_told_and_can_have_it(cfg):
    """ A VF can set every MTU up to max_mtu, and keeps it """
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    vf = vfs[0]
    most = vf.link().get("max_mtu", 0)
    mtu = _large(vf)
    ksft_pr(f"max_mtu {most}")
    for end in vfs:
        _set_mtu(end, mtu)
    _moves(vfs[0], vfs[1], vfs[1].watch(), mtu)
    if most < 65535:
        with ksft_raises(CmdExitFailure):
            vf.set(f"mtu {most + 1}")
    ksft_eq(vf.link()["mtu"], mtu)
    vf.set("down")
    vf.set("up")
    wait_until(vf.carrier, "its link")
    ksft_eq(vf.link()["mtu"], mtu)
    vf.reset()
    wait_until(vf.carrier, "its link after a reset")
    ksft_eq(vf.link()["mtu"], mtu)
    _moves(vfs[1], vfs[0], vf.watch(), mtu)


@ksft_disruptive
def vf_mtu_is_its_own(cfg):
    """ A change of NETIF's MTU does not affect VFs """
    netif = Local(cfg)
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    mtu = _large(vfs[0])
    for vf in vfs:
        _set_mtu(vf, mtu)
    old = netif.link()["mtu"]
    defer(ip, f"link set dev {cfg.ifname} mtu {old}")
    heard = vfs[1].watch()
    for netif_mtu in (mtu, 1500, 1280):
        _set_mtu(netif, netif_mtu)
        for vf in vfs:
            wait_until(vf.carrier, f"the link of {vf}")
        ksft_eq([vf.link()["mtu"] for vf in vfs], [mtu, mtu],
                f"with NETIF's at {netif_mtu}")
        _moves(vfs[0], vfs[1], heard, mtu)


def small_vf_is_not_flooded(cfg):
    """ A frame that is too long for a VF does no harm """
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    mtu = _large(vfs[0])
    _set_mtu(vfs[0], mtu)
    heard = vfs[1].watch()
    vfs[0].send(*[frame(vfs[1].mac, vfs[0].mac, new_mark(),
                        size=ETH_HLEN + mtu) for _ in range(100)])
    _moves(vfs[0], vfs[1], heard, 1500)
    _moves(vfs[1], vfs[0], vfs[0].watch(), 1500)


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([vf_is_told_and_can_have_it, vf_mtu_is_its_own,
                  small_vf_is_not_flooded],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
