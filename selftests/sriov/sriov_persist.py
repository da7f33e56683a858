#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Settings of VFs are kept when drivers are reloaded, and lost with the VFs.
"""

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_disruptive, ksft_eq, ksft_ne
from lib.py import NetDrvEpEnv
from lib.py import defer, ip
from sriov_frames import ETH_P_8021Q, frame, new_mark
from sriov_lib import Local, Remote
from sriov_lib import BROADCAST, ZERO_MAC, make_vfs, set_num_vfs, vf_infos, \
    vf_mac, wait_until, works

VLAN, QOS = 100, 5
# each with the setting that restores the default
SETTINGS = [(f"mac {vf_mac(0)}", f"mac {ZERO_MAC}"),
            (f"vlan {VLAN} qos {QOS}", "vlan 0"),
            ("spoofchk off", "spoofchk on"),
            ("trust on", "trust off"),
            ("state enable", "state auto"),
            ("max_tx_rate 100", "max_tx_rate 0")]


def _set_all(vf):
    took = vf.set_all(args for args, _ in SETTINGS)
    ksft_pr("set:", ", ".join(took))
    ksft_ne(took, [])
    return took


def _in_force(vf, wire, took):
    """ Check that the VF has the settings """
    wait_until(vf.carrier, f"the link of {vf}")
    if SETTINGS[0][0] in took:
        ksft_eq(vf.mac, vf_mac(0))
    mark = new_mark()
    vf.send(frame(BROADCAST, vf.mac, mark))
    tags = [[ETH_P_8021Q, QOS << 13 | VLAN]] if SETTINGS[1][0] in took else []
    ksft_eq([f.tags for f in wire.wait(mark)], [tags])


def vf_driver_reload(cfg):
    """ The VF's driver is unbound and bound """
    wire = Remote(cfg).watch()
    vf = make_vfs(cfg, 1)[0].up()
    took = _set_all(vf)
    before = vf.info()
    for _ in range(2):
        vf.unbind()
        ksft_eq(vf.info(), before, "without a driver")
        vf.bind()
        vf.up()
        ksft_eq(vf.info(), before)
        _in_force(vf, wire, took)


def set_without_driver(cfg):
    """ Settings made while the VF has no driver are used by the next one """
    wire = Remote(cfg).watch()
    vf = make_vfs(cfg, 1)[0].up()
    vf.unbind()
    took = _set_all(vf)
    before = vf.info()
    vf.bind()
    vf.up()
    ksft_eq(vf.info(), before)
    _in_force(vf, wire, took)


@ksft_disruptive
def netif_down_and_up(cfg):
    """ NETIF goes down and up, and is set while it is down """
    wire = Remote(cfg).watch()
    vfs = make_vfs(cfg, 2)
    vf = vfs[0].up()
    took = _set_all(vf)
    before = vf_infos(cfg)
    ip(f"link set dev {cfg.ifname} down")
    up = defer(ip, f"link set dev {cfg.ifname} up")
    ksft_eq(vf_infos(cfg), before, "while NETIF is down")
    vfs[1].vf_set(f"mac {vf_mac(1)}")
    up.exec()
    wait_until(Local(cfg).carrier, "NETIF's link")
    ksft_eq(vf_infos(cfg)[0], before[0])
    ksft_eq(vf_infos(cfg)[1]["address"], vf_mac(1))
    _in_force(vf, wire, took)
    ksft_eq(vfs[1].up().mac, vf_mac(1))


def everything_is_put_back(cfg):
    """ Each setting can be undone; then the VF is like a new one """
    remote = Remote(cfg)
    vfs = make_vfs(cfg, 2)
    vf = vfs[0].up()
    fresh = vfs[1].info()
    took = _set_all(vf)
    back = [undo for args, undo in SETTINGS if args in took]
    ksft_eq(vf.set_all(back), back)
    info = vf.info()
    # VFs have different addresses, and spoofchk has more than one default
    for key in ("vf", "address", "spoofchk"):
        info.pop(key, None)
        fresh.pop(key, None)
    ksft_eq(info, fresh)
    wait_until(vf.carrier, f"the link of {vf}")
    works(vf, remote, remote.watch(), "put back")


def next_tenant_starts_from_defaults(cfg):
    """ New VFs have no settings of the VFs before """
    remote = Remote(cfg)
    vf = make_vfs(cfg, 1)[0]
    fresh = vf.info()
    _set_all(vf)
    ksft_ne(vf.info(), fresh)
    set_num_vfs(cfg, 0)
    vf = make_vfs(cfg, 1)[0]
    info = vf.info()
    ksft_ne(info["address"], vf_mac(0))
    # it may be random
    info.pop("address")
    fresh.pop("address")
    ksft_eq(info, fresh)
    works(vf.up(), remote, remote.watch(), "as new")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([vf_driver_reload, set_without_driver, netif_down_and_up,
                  everything_is_put_back, next_tenant_starts_from_defaults],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
