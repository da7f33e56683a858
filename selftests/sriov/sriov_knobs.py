#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
All settings of ip link set vf, on the maximum number of VFs.
"""

import struct
import tempfile
import time

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_eq, ksft_lt, ksft_ne
from lib.py import KsftSkipEx
from lib.py import NetDrvEpEnv
from lib.py import cmd, defer
from sriov_lib import IFLA_VF_MAC, IFLA_VF_SPOOFCHK, IFLA_VF_TRUST, \
    IFLA_VF_VLAN, ZERO_MAC, make_vfs, max_vfs, nlattr, setlink_vf, \
    sriov_attr, sysfs_write, vf_infos, vf_mac

STATES = ("auto", "enable", "disable")
# setting -> value for VF n, and how ip shows it
KNOBS = {
    "mac": lambda n: (f"mac {vf_mac(n)}", {"address": vf_mac(n)}),
    "vlan": lambda n: (f"vlan {n + 1} qos {n & 7}",
                       {"vlan": n + 1, "qos": n & 7}),
    "spoofchk": lambda n: (f"spoofchk {'off' if n & 1 else 'on'}",
                           {"spoofchk": not n & 1}),
    "trust": lambda n: (f"trust {'on' if n & 1 else 'off'}",
                        {"trust": bool(n & 1)}),
    "state": lambda n: (f"state {STATES[n % 3]}",
                        {"link_state": STATES[n % 3]}),
    # without min_tx_rate ip asks for its value, and gets that of 128 VFs only
    "max_tx_rate": lambda n: (f"max_tx_rate {n + 10} min_tx_rate 0",
                              {"max_tx": n + 10}),
}
DEFAULTS = (f"mac {ZERO_MAC}", "vlan 0", "vlan 0 qos 0",
            "vlan 0 qos 0 proto 802.1Q", "max_tx_rate 0", "min_tx_rate 0",
            "max_tx_rate 0 min_tx_rate 0", "spoofchk off", "spoofchk on",
            "trust off", "state auto")
SAMPLES = 64


def _no_drivers(cfg):
    attr = sriov_attr(cfg, "drivers_autoprobe")
    if attr.exists():
        defer(sysfs_write, attr, attr.read_text(encoding="ascii").strip())
        sysfs_write(attr, 0)


def _supported(vf):
    knobs = []
    for name, knob in KNOBS.items():
        if "not supported" in vf.try_set(knob(vf.num)[0]).stderr:
            ksft_pr(f"not supported: {name}")
        else:
            knobs.append(name)
    if not knobs:
        raise KsftSkipEx("the driver has no ip link set vf")
    return knobs


def _flat(info):
    # ip omits a priority of zero
    return {"qos": 0, **info, **info.get("rate", {}),
            **info.get("vlan_list", [{}])[0]}


def defaults_always_succeed(cfg):
    """ Setting a default value cannot fail """
    vf = make_vfs(cfg, 1)[0]
    for args in DEFAULTS:
        res = vf.try_set(args)
        ksft_eq(res.ret, 0, f"{args}: {res.stderr.strip()}")


def _settings(num, count):
    """ Settings of VF @num, each different from the one before """
    for i in range(count):
        yield nlattr(IFLA_VF_MAC, struct.pack(
            "=I6s26x", num, bytes.fromhex(vf_mac(i).replace(":", ""))))
        yield nlattr(IFLA_VF_VLAN, struct.pack("=III", num, i + 1, 0))
        yield nlattr(IFLA_VF_SPOOFCHK, struct.pack("=II", num, i & 1))
        yield nlattr(IFLA_VF_TRUST, struct.pack("=II", num, i & 1))


def _time_of_one(cfg, num):
    """ The time of one successful setting; the machine may be busy """
    took = []
    for attr in _settings(num, SAMPLES):
        start = time.monotonic()
        if not setlink_vf(cfg, attr):
            took.append(time.monotonic() - start)
    if not took:
        raise KsftSkipEx("the driver has no ip link set vf")
    return min(took)


def _set_every_knob(cfg, vfs, knobs):
    with tempfile.NamedTemporaryFile("w") as batch:
        for vf in vfs:
            for name in knobs:
                batch.write(f"link set dev {cfg.ifname} vf {vf.num} "
                            f"{KNOBS[name](vf.num)[0]}\n")
        batch.flush()
        start = time.monotonic()
        cmd(f"ip -batch {batch.name}", timeout=300)
        ksft_pr(f"{len(vfs)} VFs, {len(knobs)} settings of each: "
                f"{time.monotonic() - start:.1f} s")


def every_knob_on_every_vf(cfg):
    """
    As many VFs as there can be: all is set of each and shown, and a setting
    takes no longer than with one VF
    """
    _no_drivers(cfg)
    make_vfs(cfg, 1)
    one = _time_of_one(cfg, 0)
    vfs = make_vfs(cfg, max_vfs(cfg))
    for num in (0, len(vfs) - 1):
        many = _time_of_one(cfg, num)
        ksft_pr(f"one setting: {one * 1e6:.0f} us with 1 VF, "
                f"{many * 1e6:.0f} us with {len(vfs)}, of VF {num}")
        ksft_lt(many, 3 * one)

    knobs = _supported(vfs[0])
    _set_every_knob(cfg, vfs, knobs)
    infos = vf_infos(cfg)
    ksft_eq([info["vf"] for info in infos], list(range(len(vfs))))
    for info in infos:
        flat = _flat(info)
        want = {}
        for name in knobs:
            want.update(KNOBS[name](info["vf"])[1])
        ksft_eq({key: flat.get(key) for key in want}, want,
                f"VF {info['vf']}")


def every_knob_checks_the_index(cfg):
    """ No setter accepts the number of a VF that does not exist """
    _no_drivers(cfg)
    vfs = make_vfs(cfg, 2)
    knobs = _supported(vfs[0])
    before = vf_infos(cfg)
    for name in knobs:
        for num in (2, 255, 65536, 2**31 - 2):
            args = KNOBS[name](1)[0]
            res = cmd(f"ip link set dev {cfg.ifname} vf {num} {args}",
                      fail=False)
            ksft_ne(res.ret, 0, f"vf {num} {args}")
    ksft_eq(vf_infos(cfg), before)


def setting_again_changes_nothing(cfg):
    """ The same setting again succeeds and changes nothing """
    vf = make_vfs(cfg, 1)[0]
    knobs = _supported(vf)
    before = vf.info()
    for _ in range(2):
        for name in knobs:
            vf.vf_set(KNOBS[name](vf.num)[0])
    ksft_eq(vf.info(), before)


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([defaults_always_succeed, every_knob_on_every_vf,
                  every_knob_checks_the_index, setting_again_changes_nothing],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
