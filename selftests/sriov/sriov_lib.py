# SPDX-License-Identifier: GPL-2.0

"""
What the SR-IOV tests share: VFs of NETIF, as netdevs of this host in network
namespaces of their own, and frames between them, NETIF and the remote.
"""

import json
import os
import re
import select
import socket
import struct
import threading
import time
from pathlib import Path

from lib.py import KsftFailEx, KsftSkipEx
from lib.py import CmdExitFailure, NetNS, NetNSEnter
from lib.py import cmd, defer, ethtool, ip, ksft_ne, ksft_true
from sriov_frames import BROADCAST, FrameSocket, Seen, frame, new_mark

# Nothing that works takes that long, not even in an emulated machine.
DEADLINE = 60
ZERO_MAC = "00:00:00:00:00:00"


def wait_until(cond, what, deadline=DEADLINE):
    """ Wait until @cond() is true; what it returned """
    end = time.monotonic() + deadline
    while True:
        res = cond()
        if res:
            return res
        if time.monotonic() > end:
            raise KsftFailEx(f"waited {deadline} s in vain for {what}")
        time.sleep(0.02)


def sysfs_write(path, val):
    """ Write to a file of sysfs; raises the kernel's error as OSError """
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, str(val).encode())
    finally:
        os.close(fd)


def _settle():
    """ If there is udev it may rename netdevs """
    cmd("udevadm settle", shell=True, fail=False, timeout=DEADLINE)


def vf_mac(num):
    """ An address for VF @num """
    return f"02:5e:00:00:{num >> 8:02x}:{num & 255:02x}"


#
# Who sends and receives: NETIF, its VFs, the remote. Each has ifname, mac,
# send() and watch().
#
class _Watch:
    """ The test frames that arrive, in their order """

    def __init__(self):
        self.frames = []

    def _receive(self, timeout):
        raise NotImplementedError

    def saw(self, mark):
        """ Frames with @mark so far """
        self.frames += self._receive(0)
        return [f for f in self.frames if f.mark == mark]

    def wait(self, mark, deadline=DEADLINE / 2):
        """ Wait for a frame with @mark; returns all, none after a timeout """
        end = time.monotonic() + deadline
        while not self.saw(mark) and time.monotonic() < end:
            self.frames += self._receive(0.2)
        return self.saw(mark)


class _LocalWatch(_Watch):
    def __init__(self, sock):
        super().__init__()
        self._sock = sock

    def _receive(self, timeout):
        return list(self._sock.receive(timeout))

    def close(self):
        """ Stop watching """
        self._sock.close()


class _RemoteWatch(_Watch):
    def __init__(self, cfg):
        super().__init__()
        program = cfg.remote.deploy(str(cfg.test_dir / "sriov_frames.py"))
        self._cmd = cmd(f"python3 {program} watch {cfg.remote_ifname}",
                        background=True, host=cfg.remote)
        self._fd = self._cmd.proc.stdout.fileno()
        self._text = b""
        wait_until(self._ready, "the remote to watch")

    def _lines(self, timeout):
        while select.select([self._fd], [], [], timeout)[0]:
            data = os.read(self._fd, 1 << 16)
            if not data:
                raise KsftFailEx("the remote does not watch any more")
            self._text += data
            timeout = 0
        *lines, self._text = self._text.split(b"\n")
        return lines

    def _ready(self):
        return b"ready" in self._lines(0.2)

    def _receive(self, timeout):
        return [Seen(*json.loads(line)) for line in self._lines(timeout)]

    def close(self):
        """ Stop watching """
        self._cmd.proc.terminate()
        self._cmd.proc.wait()
        self._cmd.proc.stdout.close()
        self._cmd.proc.stderr.close()


class Local:
    """ NETIF; base of its VFs """

    def __init__(self, cfg):
        self.cfg = cfg
        self.ns = None
        self.ifname = cfg.ifname

    def ip(self, args, **kwargs):
        """ ip(8) where the netdev is """
        return ip(args, ns=self.ns, **kwargs)

    def set(self, args):
        """ ip link set """
        self.ip(f"link set dev {self.ifname} {args}")

    def link(self):
        """ What ip(8) shows of the netdev """
        return self.ip(f"-d -s link show dev {self.ifname}", json=True)[0]

    @property
    def mac(self):
        """ Its address """
        return self.link()["address"]

    def carrier(self):
        """ True if there is a link, and a queue behind it """
        link = self.link()
        return "LOWER_UP" in link["flags"] and \
            link["operstate"] in ("UP", "UNKNOWN")

    def _socket(self):
        if not self.ns:
            return FrameSocket(self.ifname)
        with NetNSEnter(self.ns.name):
            return FrameSocket(self.ifname)

    def watch(self):
        """ Watch for test frames until the end of the test """
        watch = _LocalWatch(self._socket())
        defer(watch.close)
        return watch

    def send(self, *frames):
        """ Send frames, in this order """
        sock = self._socket()
        sock.send(*frames)
        sock.close()


class Remote:
    """ The other end of the wire """

    def __init__(self, cfg):
        self.cfg = cfg
        self.ifname = cfg.remote_ifname
        self.mac = cfg.remote_dev["address"]

    def watch(self):
        """ Watch for test frames until the end of the test """
        watch = _RemoteWatch(self.cfg)
        defer(watch.close)
        return watch

    def send(self, *frames):
        """ Send frames, in this order """
        program = self.cfg.remote.deploy(
            str(self.cfg.test_dir / "sriov_frames.py"))
        text = " ".join(data.hex() for data in frames)
        cmd(f"python3 {program} send {self.ifname} {text}",
            host=self.cfg.remote, timeout=DEADLINE)


class Vf(Local):
    """ A VF """

    def __init__(self, cfg, num):
        super().__init__(cfg)
        self.num = num
        self.ifname = None
        self.pci = Path(f"/sys/class/net/{cfg.ifname}/device/"
                        f"virtfn{num}").resolve()

    def __str__(self):
        return f"VF {self.num}"

    # from the administrator's side

    def try_set(self, args):
        """ ip link set NETIF vf; returns the finished command """
        return cmd(f"ip link set dev {self.cfg.ifname} vf {self.num} {args}",
                   fail=False)

    def vf_set(self, args):
        """ The same; a setting that the driver does not support is skipped """
        res = self.try_set(args)
        if "not supported" in res.stderr:
            raise KsftSkipEx(f"{driver(self.cfg)} has no \"ip link set vf "
                             f"{args.split()[0]}\"")
        if res.ret:
            raise CmdExitFailure("Command failed", res)

    def set_all(self, settings):
        """ The same for many settings; returns those that are supported """
        took = []
        for args in settings:
            res = self.try_set(args)
            if not res.ret:
                took.append(args)
            elif "not supported" not in res.stderr:
                raise CmdExitFailure("Command failed", res)
        return took

    def vf_refuses(self, args):
        """ The same, but it must fail and change nothing """
        before = self.info()
        res = self.try_set(args)
        ksft_ne(res.ret, 0, f"{self}: {args} succeeded")
        ksft_true(res.stderr, f"{self}: {args} failed without a reason")
        after = self.info()
        ksft_true(before == after, f"{self}: {args} failed and changed "
                  f"{before} to {after}")

    def info(self):
        """ What ip link show NETIF shows of the VF """
        return vf_info(self.cfg, self.num)

    def vlan(self):
        """ Its port VLAN: (id, priority, protocol) """
        info = self.info()
        vlan = info.get("vlan_list", [info])[0]
        return (vlan.get("vlan", 0), vlan.get("qos", 0),
                vlan.get("protocol", "802.1Q").upper())

    # from the user's side

    def driver(self):
        """ Name of its driver, None if it has none """
        link = self.pci / "driver"
        return os.path.basename(os.readlink(link)) if link.exists() else None

    def host_ifname(self):
        """ Its netdev, as soon as it is in this namespace """
        def found():
            net = self.pci / "net"
            return next(iter(os.listdir(net)), None) if net.exists() else None

        return wait_until(found, f"a netdev of {self}")

    def up(self):
        """ Move the netdev to a namespace of its own, up, with a link """
        if not self.driver():
            raise KsftSkipEx("VFs have no driver on this host")
        if not self.ns:
            self.ns = NetNS()
            defer(self._leave)
            # only the test must send
            cmd("sysctl -q -w net.ipv6.conf.default.disable_ipv6=1",
                ns=self.ns, fail=False)
        self.ifname = self.host_ifname()
        ip(f"link set dev {self.ifname} netns {self.ns}")
        self.set("up")
        wait_until(self.carrier, f"the link of {self}")
        return self

    def _leave(self):
        # it may not exist any more, with its VF or its driver
        cmd(f"ip -n {self.ns} link set dev {self.ifname} netns 1", fail=False)
        del self.ns
        self.ns = None

    def unbind(self):
        """ Unbind its driver """
        sysfs_write(self.pci / "driver/unbind", self.pci.name)

    def bind(self):
        """ Let the PCI core bind a driver """
        sysfs_write("/sys/bus/pci/drivers_probe", self.pci.name)
        _settle()

    def reset(self):
        """ Reset the function with notice to the driver """
        if not (self.pci / "reset").exists():
            raise KsftSkipEx("VFs cannot be reset")
        sysfs_write(self.pci / "reset", 1)


#
# VFs as such
#
def driver(cfg):
    """ Name of NETIF's driver """
    info = ethtool(f"-i {cfg.ifname}").stdout
    return info.split("driver:", 1)[1].split("\n", 1)[0].strip()


def sriov_attr(cfg, name):
    """ A file of NETIF's device for SR-IOV """
    return Path(f"/sys/class/net/{cfg.ifname}/device/sriov_{name}")


def num_vfs(cfg):
    """ The number of VFs """
    return int(sriov_attr(cfg, "numvfs").read_text(encoding="ascii"))


def max_vfs(cfg):
    """ The maximum number of VFs """
    if not sriov_attr(cfg, "totalvfs").exists():
        raise KsftSkipEx(f"{cfg.ifname} has no SR-IOV")
    count = int(sriov_attr(cfg, "totalvfs").read_text(encoding="ascii"))
    if not count:
        raise KsftSkipEx(f"{cfg.ifname} can have no VFs")
    return count


def set_num_vfs(cfg, count):
    """ Create or remove VFs """
    sysfs_write(sriov_attr(cfg, "numvfs"), count)
    _settle()


def make_vfs(cfg, count):
    """ New VFs until the end of the test """
    if max_vfs(cfg) < count:
        raise KsftSkipEx(f"{cfg.ifname} cannot have {count} VFs")
    if num_vfs(cfg):
        set_num_vfs(cfg, 0)
    set_num_vfs(cfg, count)
    defer(set_num_vfs, cfg, 0)
    return [Vf(cfg, num) for num in range(count)]


def vf_infos(cfg, stats=False):
    """ What ip link show NETIF shows of all VFs """
    link = ip(f"-d {'-s ' if stats else ''}link show dev {cfg.ifname}",
              json=True)[0]
    return link.get("vfinfo_list", [])


def vf_info(cfg, num, stats=False):
    """ What it shows of one """
    for info in vf_infos(cfg, stats):
        if info["vf"] == num:
            return info
    raise KsftFailEx(f"ip link show {cfg.ifname} knows no VF {num}")


#
# Frames from here to there
#
def _arrives(src, dst_mac, watch):
    """ True if a frame arrives, maybe not the first: a link may be down """
    end = time.monotonic() + DEADLINE / 3
    while True:
        mark = new_mark()
        src.send(frame(dst_mac, src.mac, mark))
        if watch.wait(mark, 2):
            return True
        if time.monotonic() > end:
            return False


def passes(src, dst, watch, what=""):
    """ Check that frames from @src to the address of @dst reach @watch """
    ksft_true(_arrives(src, dst.mac, watch),
              f"{what}: frames to {dst.mac} are lost")


def works(vf, remote, watch, what=""):
    """ Check that the VF reaches the remote, and the remote the VF """
    passes(vf, remote, watch, f"{what}: {vf} to the remote")
    passes(remote, vf, vf.watch(), f"{what}: the remote to {vf}")


def last_frame(src, watch):
    """ A broadcast; when it has arrived, so has everything sent before """
    ksft_true(_arrives(src, BROADCAST, watch), "broadcasts are lost")


#
# IP, for what is a matter of time
#
_REMOTE_IP = "198.51.100.1"


def ip_addrs(cfg, *vfs):
    """ Set addresses of VFs and the remote; returns the remote's """
    for num, vf in enumerate(vfs, 2):
        vf.ip(f"addr add 198.51.100.{num}/24 dev {vf.ifname}")
    cmd(f"ip addr add {_REMOTE_IP}/24 dev {cfg.remote_ifname}",
        host=cfg.remote)
    defer(cmd, f"ip addr del {_REMOTE_IP}/24 dev {cfg.remote_ifname}",
          host=cfg.remote)
    return _REMOTE_IP


class Ping:
    """ An endless ping that counts the missing replies """

    def __init__(self, src, addr, interval=0.05):
        self.ends = f"{src} to {addr}"
        # a neighbour entry and a route exist before anything is counted
        cmd(f"ping -q -c 1 -w {DEADLINE} {addr}", ns=src.ns,
            timeout=2 * DEADLINE)
        self._cmd = cmd(f"ping -n -i {interval} {addr}", ns=src.ns,
                        background=True)
        self._seen = set()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        defer(self._end)

    def _read(self):
        for line in self._cmd.proc.stdout:
            got = re.search(rb"bytes from .* icmp_seq=(\d+)", line)
            if got:
                self._seen.add(int(got[1]))

    def _end(self):
        self._cmd.proc.terminate()
        self._reader.join()
        self._cmd.proc.wait()
        self._cmd.proc.stdout.close()
        self._cmd.proc.stderr.close()

    def lost(self):
        """ The number of missing replies, of those before the last one """
        # replies still arrive
        before = len(self._seen)
        wait_until(lambda: len(self._seen) > before,
                   f"a reply to ping {self.ends}")
        seen = set(self._seen)
        return max(seen) - len(seen)


#
# What ip(8) does not let one ask for
#
IFLA_VFINFO_LIST = 22
IFLA_VF_INFO = 1
IFLA_VF_MAC = 1
IFLA_VF_VLAN = 2
IFLA_VF_SPOOFCHK = 4
IFLA_VF_RATE = 6
IFLA_VF_TRUST = 9
IFLA_VF_VLAN_LIST = 12
IFLA_VF_VLAN_INFO = 1
_NLA_F_NESTED = 0x8000
_RTM_SETLINK, _NLM_F_REQUEST, _NLM_F_ACK = 19, 1, 4


def nlattr(kind, data, nested=False):
    """ A netlink attribute """
    attr = struct.pack("=HH", 4 + len(data),
                       kind | (_NLA_F_NESTED if nested else 0)) + data
    return attr.ljust(len(attr) + -len(attr) % 4, b"\0")


def setlink_vf(cfg, attr):
    """ RTM_SETLINK with an attribute of a VF; the errno, 0 for success """
    body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, cfg.ifindex, 0, 0)
    body += nlattr(IFLA_VFINFO_LIST, nlattr(IFLA_VF_INFO, attr, True), True)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                       socket.NETLINK_ROUTE) as sock:
        sock.send(struct.pack("=IHHII", 16 + len(body), _RTM_SETLINK,
                              _NLM_F_REQUEST | _NLM_F_ACK, 1, 0) + body)
        return -struct.unpack_from("=i", sock.recv(1 << 16), 16)[0]
