#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Function Level Reset of VFs, under traffic and without notice to the driver.
"""

import os
import struct
import threading
import time

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_eq, ksft_ne, ksft_true
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from lib.py import bkg
from sriov_frames import ETH_P_8021Q, frame, new_mark
from sriov_lib import Local, Ping, Remote
from sriov_lib import BROADCAST, DEADLINE, ip_addrs, make_vfs, vf_mac, \
    wait_until, works

ROUNDS = 5
OWN = "02:5e:aa:aa:aa:03"
GROUP = "01:00:5e:12:34:57"
PCI_CAPABILITY_LIST = 0x34
PCI_CAP_ID_EXP = 0x10
PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR = 4, 1 << 28
PCI_EXP_DEVCTL, PCI_EXP_DEVCTL_BCR_FLR = 8, 1 << 15


def _config(vf, pos, fmt, value=None):
    """ Read or write configuration space """
    fd = os.open(vf.pci / "config", os.O_RDWR)
    try:
        if value is not None:
            os.pwrite(fd, struct.pack(fmt, value), pos)
            return value
        return struct.unpack(fmt, os.pread(fd, struct.calcsize(fmt), pos))[0]
    finally:
        os.close(fd)


def _raw_flr(vf):
    """ Reset a VF without notice to its driver """
    pos = _config(vf, PCI_CAPABILITY_LIST, "<B")
    while pos and _config(vf, pos, "<B") != PCI_CAP_ID_EXP:
        pos = _config(vf, pos + 1, "<B")
    if not pos or not _config(vf, pos + PCI_EXP_DEVCAP, "<I") & \
       PCI_EXP_DEVCAP_FLR:
        raise KsftSkipEx("VFs have no FLR")
    pos += PCI_EXP_DEVCTL
    _config(vf, pos, "<H", _config(vf, pos, "<H") | PCI_EXP_DEVCTL_BCR_FLR)
    # PCI Express allows 100 ms
    time.sleep(0.1)


def _settle(vf):
    wait_until(vf.carrier, f"the link of {vf} after a reset")


def settings_persist(cfg):
    """ Settings by the administrator are kept over a reset, and in force """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    took = vf.set_all([f"mac {vf_mac(0)}", "vlan 100 qos 5", "spoofchk on",
                       "trust on", "state enable", "max_tx_rate 100"])
    ksft_pr("set:", ", ".join(took))
    ksft_ne(took, [])
    vf.up()
    before = vf.info()
    for _ in range(2):
        vf.reset()
        _settle(vf)
        ksft_eq(vf.info(), before)
    if f"mac {vf_mac(0)}" in took:
        ksft_eq(vf.mac, vf_mac(0))
    mark = new_mark()
    vf.send(frame(BROADCAST, vf.mac, mark))
    tags = [[[ETH_P_8021Q, 5 << 13 | 100]]] if "vlan 100 qos 5" in took \
        else [[]]
    ksft_eq([f.tags for f in wire.wait(mark)], tags)
    if "spoofchk on" in took:
        mark, last = new_mark(), new_mark()
        vf.send(frame(BROADCAST, OWN, mark), frame(BROADCAST, vf.mac, last))
        ksft_true(wire.wait(last))
        ksft_eq(wire.saw(mark), [])


def under_traffic(cfg):
    """ A busy VF is reset and continues; its neighbour loses nothing """
    remote = Remote(cfg)
    wire = remote.watch()
    vfs = make_vfs(cfg, 2)
    for vf in vfs:
        vf.up()
    addr = ip_addrs(cfg, *vfs)
    vf, neighbour = vfs
    ping = Ping(neighbour, addr)
    for _ in range(ROUNDS):
        with bkg(f"ping -q -f -s 1000 {addr}", ns=vf.ns):
            before = vf.link()["stats64"]["tx"]["packets"]
            wait_until(lambda old=before:
                       vf.link()["stats64"]["tx"]["packets"] > old + 100,
                       f"{vf} to send")
            vf.reset()
        _settle(vf)
        works(vf, remote, wire, "after a reset")
    ksft_eq(ping.lost(), 0, "replies that the neighbour lost")


def settings_during_resets(cfg):
    """ Setting a VF during resets never fails, and is in force """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    vf.vf_set(f"mac {vf_mac(0)}")
    stop = threading.Event()
    resets = []
    errors = []

    def resetter():
        while not stop.is_set():
            try:
                vf.reset()
                resets.append(1)
            except OSError as err:
                errors.append(err)
                return

    if not (vf.pci / "reset").exists():
        raise KsftSkipEx("VFs cannot be reset")
    thread = threading.Thread(target=resetter)
    thread.start()
    failed = []
    rounds = 0
    try:
        end = time.monotonic() + DEADLINE
        while len(resets) < 2 * ROUNDS or rounds < 2 * ROUNDS:
            rounds += 1
            for args in (f"mac {vf_mac(rounds & 0x7f)}",
                         f"vlan {rounds & 1}", "spoofchk on", "trust off",
                         "state auto"):
                res = vf.try_set(args)
                if res.ret and "not supported" not in res.stderr:
                    failed.append(f"{args}: {res.stderr.strip()}")
            if errors or time.monotonic() > end:
                break
    finally:
        stop.set()
        thread.join()
    ksft_eq(errors, [])
    ksft_eq(failed, [], f"in {rounds} rounds, {len(resets)} resets")
    ksft_true(len(resets) >= 2 * ROUNDS, f"only {len(resets)} resets")
    mac = vf_mac(rounds & 0x7f)
    vf.vf_set("vlan 0")
    ksft_eq(vf.info()["address"], mac)
    wait_until(lambda: vf.mac == mac, "the VF to take its address", 20)
    _settle(vf)
    works(vf, remote, wire, "after all resets")


def stale_vf_recovers(cfg):
    """ A VF whose user died without notice is clean for the next user """
    remote, netif = Remote(cfg), Local(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    first = vf.mac
    # settings that its user leaves behind
    vf.set(f"address {OWN}")
    vf.ip(f"maddr add {GROUP} dev {vf.ifname}")
    works(vf, remote, wire, "before")
    _raw_flr(vf)
    vf.unbind()
    vf.bind()
    vf.up()
    ksft_eq(vf.mac, first, "its user's address is still there")
    works(vf, remote, wire, "after it")
    heard = vf.watch()
    marks, last = [new_mark(), new_mark()], new_mark()
    remote.send(frame(OWN, remote.mac, marks[0]),
                frame(GROUP, remote.mac, marks[1]),
                frame(BROADCAST, remote.mac, last))
    ksft_true(heard.wait(last))
    for mark in marks:
        ksft_eq(heard.saw(mark), [], "its user's filters are still there")
    mark = new_mark()
    netif.send(frame(OWN, netif.mac, mark))
    ksft_true(wire.wait(mark), f"{OWN} is still taken")


def vf_that_is_down(cfg):
    """ A VF that is down, or has no driver, is reset and works later """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"mac {vf_mac(0)}")
    vf.up()
    vf.set("down")
    vf.reset()
    vf.set("up")
    _settle(vf)
    works(vf, remote, wire, "reset while down")
    vf.unbind()
    vf.reset()
    vf.bind()
    ksft_eq(vf.up().mac, vf_mac(0))
    works(vf, remote, wire, "reset without a driver")


def all_at_once(cfg):
    """ Many VFs are reset at the same time """
    remote = Remote(cfg)
    wire = remote.watch()
    vfs = make_vfs(cfg, 4)
    for vf in vfs:
        vf.up()
    errors = []

    def reset(vf):
        try:
            for _ in range(ROUNDS):
                vf.reset()
        except OSError as err:
            errors.append((vf.num, err))

    if not (vfs[0].pci / "reset").exists():
        raise KsftSkipEx("VFs cannot be reset")
    threads = [threading.Thread(target=reset, args=(vf, )) for vf in vfs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ksft_eq(errors, [])
    for vf in vfs:
        _settle(vf)
        works(vf, remote, wire, "after all resets")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([settings_persist, under_traffic, settings_during_resets,
                  stale_vf_recovers, vf_that_is_down, all_at_once],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
