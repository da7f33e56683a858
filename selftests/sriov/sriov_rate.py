#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Transmit rates of VFs: the maximum, the guarantee, and invalid values.
"""

import errno
import json
import struct
import time

from lib.py import ksft_run, ksft_exit, ksft_pr
from lib.py import ksft_eq, ksft_in
from lib.py import KsftFailEx, KsftSkipEx
from lib.py import ksft_variants, KsftNamedVariant
from lib.py import NetDrvEpEnv
from lib.py import cmd, defer, ip, rand_port, wait_port_listen
from sriov_lib import IFLA_VF_RATE, ip_addrs, make_vfs, nlattr, \
    set_num_vfs, setlink_vf, wait_until

CAPS = (5, 25, 100)     # Mb/s
SECONDS = 2
# A machine may be too slow for a rate sometimes; the frames that have waited
# come later, all at once.
TRIES = 8
# overhead of the lower layers, and the loss of a slow machine
LEAST, MOST = 0.90, 1.05
MB = 1000000


def _rates(vf):
    rate = vf.info().get("rate", {})
    return rate.get("min_tx", 0), rate.get("max_tx", 0)


def _rate_errno(vf, lo, hi):
    """ Set rates without ip(8), which makes checks of its own """
    return setlink_vf(vf.cfg, nlattr(IFLA_VF_RATE,
                                     struct.pack("=III", vf.num, lo, hi)))


def _remote_bytes(cfg):
    link = ip(f"-s link show dev {cfg.remote_ifname}", json=True,
              host=cfg.remote)[0]
    return link["stats64"]["rx"]["bytes"]


def _measure(cfg, seconds=SECONDS):
    """ The rate at the remote, Mb/s; or more, as the measurement takes time """
    start = time.monotonic()
    before = _remote_bytes(cfg)
    time.sleep(seconds)
    after = _remote_bytes(cfg)
    return (after - before) * 8 / (time.monotonic() - start) / MB


def _keeps(cfg, cap):
    """ A maximum in Mb/s is reached, and not exceeded """
    sent = took = 0
    for turn in range(TRIES):
        seconds = SECONDS * (turn + 1)
        rate = _measure(cfg, seconds)
        ksft_pr(f"cap {cap} Mb/s: {rate:.2f} Mb/s")
        # frames that waited before may be in the first one only
        if turn:
            sent, took = sent + rate * seconds, took + seconds
        if cap * LEAST <= rate < cap * MOST and sent <= took * cap * MOST:
            return
    raise KsftFailEx(f"{cap} Mb/s: not reached, or exceeded, in any of "
                     f"{TRIES} turns")


def _flood(cfg, vf, addr, proto, limit):
    """ Traffic to the remote until the end of the test """
    port = rand_port()
    server = cmd(f"iperf3 -s -1 -p {port}", background=True, host=cfg.remote)
    defer(server.process, terminate=True)
    wait_port_listen(port, host=cfg.remote, deadline=30)
    opts = f"-u -l 1400 -b {limit}M" if proto == "udp" else ""
    client = cmd(f"iperf3 -c {addr} -p {port} -t 600 {opts}", ns=vf.ns,
                 background=True)
    defer(client.process, terminate=True)
    before = _remote_bytes(cfg)
    wait_until(lambda: _remote_bytes(cfg) > before + 200000,
               f"{proto} from {vf} to the remote")


@ksft_variants([KsftNamedVariant("tcp", "tcp"),
                KsftNamedVariant("udp", "udp")])
def cap_is_kept(cfg, proto):
    """ A VF sends as much as its maximum allows and no more """
    cfg.require_cmd("iperf3", local=True, remote=True)
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"max_tx_rate {CAPS[0]}")
    vf.vf_set("max_tx_rate 0")
    vf.up()
    addr = ip_addrs(cfg, vf)
    _flood(cfg, vf, addr, proto, CAPS[-1] * 3 // 2)
    free = _measure(cfg)
    ksft_pr(f"no cap: {free:.1f} Mb/s")
    tried = 0
    for cap in CAPS:
        if cap > free * 0.8:
            ksft_pr(f"a cap of {cap} Mb/s is more than moves here without")
            continue
        vf.vf_set(f"max_tx_rate {cap}")
        ksft_eq(_rates(vf), (0, cap))
        # let frames that were sent before arrive
        time.sleep(0.5)
        _keeps(cfg, cap)
        tried += 1
    if not tried:
        raise KsftSkipEx("too slow for any of the caps")
    # every machine can send more than the lowest
    vf.vf_set(f"max_tx_rate {CAPS[0]}")
    _keeps(cfg, CAPS[0])
    vf.vf_set("max_tx_rate 0")
    wait_until(lambda: _measure(cfg) > CAPS[0] * 2, "the cap to be gone")


def cap_is_of_one_vf(cfg):
    """ The maximum of one VF does not limit another """
    cfg.require_cmd("iperf3", local=True, remote=True)
    vfs = make_vfs(cfg, 2)
    vfs[0].vf_set(f"max_tx_rate {CAPS[0]}")
    vf = vfs[1].up()
    _flood(cfg, vf, ip_addrs(cfg, vf), "tcp", 0)
    wait_until(lambda: _measure(cfg) > CAPS[0] * 2, "more than that cap")


def zero_always_succeeds(cfg):
    """ No limit is the default, so it cannot fail """
    vf = make_vfs(cfg, 1)[0]
    for args in ("max_tx_rate 0", "min_tx_rate 0",
                 "max_tx_rate 0 min_tx_rate 0", "rate 0"):
        res = vf.try_set(args)
        ksft_eq(res.ret, 0, f"{args}: {res.stderr}")
    ksft_eq(_rates(vf), (0, 0))


def min_is_no_lottery(cfg):
    """ A guarantee is kept and shown, or not supported """
    vf = make_vfs(cfg, 1)[0]
    res = vf.try_set("min_tx_rate 10")
    if "not supported" in res.stderr:
        raise KsftSkipEx("the driver has no min_tx_rate, and says so")
    ksft_eq(res.ret, 0, f"min_tx_rate 10: {res.stderr}")
    ksft_eq(_rates(vf), (10, 0))
    vf.vf_set("max_tx_rate 50")
    ksft_eq(_rates(vf), (10, 50))
    vf.vf_set("min_tx_rate 0")
    ksft_eq(_rates(vf), (0, 50))
    vf.vf_set("min_tx_rate 50 max_tx_rate 50")
    ksft_eq(_rates(vf), (50, 50))


def _with_both(cfg):
    """ A VF with rates that are shown """
    vf = make_vfs(cfg, 2)[0]
    vf.vf_set("max_tx_rate 100")
    res = vf.try_set("min_tx_rate 10")
    return vf, 0 if res.ret else 10


def min_above_max_is_refused(cfg):
    """ A guarantee above the maximum is refused; the old rates are kept """
    vf, least = _with_both(cfg)
    if not least:
        raise KsftSkipEx("the driver takes no min_tx_rate")
    ksft_in(_rate_errno(vf, 101, 100), (errno.EINVAL, errno.ERANGE))
    ksft_eq(_rates(vf), (least, 100))
    # nor may the maximum be below the guarantee
    vf.vf_refuses("max_tx_rate 9")
    ksft_eq(_rates(vf), (least, 100))


def beyond_the_link_is_refused(cfg):
    """ More than the link can do is refused; old rates are kept """
    speed = 0
    for line in cmd(f"ethtool {cfg.ifname}").stdout.splitlines():
        if "Speed:" in line and "Mb/s" in line:
            speed = int(line.split()[1].replace("Mb/s", ""))
    if not speed:
        raise KsftSkipEx(f"nobody knows the speed of {cfg.ifname}")
    vf, least = _with_both(cfg)
    vf.vf_refuses(f"max_tx_rate {speed + 1}")
    if least:
        vf.vf_refuses(f"max_tx_rate 0 min_tx_rate {speed + 1}")
    ksft_eq(_rates(vf), (least, 100))
    if not least:
        return
    # the sum of all guarantees is limited as well
    other = type(vf)(cfg, 1)
    other.vf_refuses(f"min_tx_rate {speed - 5}")
    other.vf_set(f"min_tx_rate {speed - least}")
    other.vf_refuses(f"min_tx_rate {speed - least + 1}")


def rates_persist(cfg):
    """ Rates are kept over a reset and lost with the VF """
    vf, least = _with_both(cfg)
    vf.reset()
    ksft_eq(_rates(vf), (least, 100))
    set_num_vfs(cfg, 0)
    ksft_eq(_rates(make_vfs(cfg, 1)[0]), (0, 0))


def _devlink_rate(cfg, vf):
    """ The rate object of a VF's devlink port """
    def devlink(args):
        res = cmd(f"devlink -j {args}", fail=False)
        if res.ret:
            raise KsftSkipEx(f"devlink {args}: {res.stderr.strip()}")
        return json.loads(res.stdout)

    ports = devlink("port show")["port"]
    parent = (vf.pci / "physfn").resolve().name
    for name, port in ports.items():
        if port.get("flavour") == "pcivf" and port.get("vfnum") == vf.num \
           and name.startswith(f"pci/{parent}/"):
            break
    else:
        raise KsftSkipEx(f"{cfg.ifname} has no devlink port of {vf}")
    rates = devlink(f"port function rate show {name}")["rate"]
    return name, rates[name]


def devlink_is_a_second_door(cfg):
    """ Rates set by ip are shown by devlink, and the other way round """
    cfg.require_cmd("devlink")
    vf = make_vfs(cfg, 1)[0]
    _devlink_rate(cfg, vf)
    vf.vf_set("max_tx_rate 100 min_tx_rate 10")
    name, rate = _devlink_rate(cfg, vf)
    # bytes per second
    ksft_eq(rate.get("tx_max"), 100 * MB // 8)
    ksft_eq(rate.get("tx_share"), 10 * MB // 8)
    cmd(f"devlink port function rate set {name} tx_share 20mbit "
        "tx_max 200mbit")
    ksft_eq(_rates(vf), (20, 200))
    res = cmd(f"devlink port function rate set {name} tx_share 300mbit",
              fail=False)
    if not res.ret:
        raise KsftFailEx("devlink took a tx_share above tx_max")
    ksft_eq(_rates(vf), (20, 200))
    vf.vf_set("max_tx_rate 0 min_tx_rate 0")
    _, rate = _devlink_rate(cfg, vf)
    ksft_eq((rate.get("tx_max", 0), rate.get("tx_share", 0)), (0, 0))


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([cap_is_kept, cap_is_of_one_vf, zero_always_succeeds,
                  min_is_no_lottery, min_above_max_is_refused,
                  beyond_the_link_is_refused, rates_persist,
                  devlink_is_a_second_door],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
