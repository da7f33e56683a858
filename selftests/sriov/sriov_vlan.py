#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0

"""
Port VLANs of VFs: tags on the wire, and frames that the VF sends and gets.
"""

import errno
import struct

from lib.py import ksft_run, ksft_exit
from lib.py import ksft_eq, ksft_in, ksft_true
from lib.py import KsftSkipEx
from lib.py import ksft_variants, KsftNamedVariant
from lib.py import NetDrvEpEnv
from sriov_frames import ETH_P_8021AD, ETH_P_8021Q, frame, new_mark
from sriov_lib import BROADCAST, IFLA_VF_VLAN_INFO, IFLA_VF_VLAN_LIST, \
    Remote, last_frame, make_vfs, nlattr, set_num_vfs, setlink_vf, \
    wait_until, works

VLAN, QOS, OTHER = 100, 5, 101
TCI = QOS << 13 | VLAN
NO_VLAN = (0, 0, "802.1Q")
PROTOS = {"802.1Q": ETH_P_8021Q, "802.1ad": ETH_P_8021AD}


def _set_vlan(vf, proto, vlan=VLAN, qos=QOS):
    args = f"vlan {vlan} qos {qos} proto {proto}"
    res = vf.try_set(args)
    if "rotocol not supported" in res.stderr:
        raise KsftSkipEx(f"the driver has no port VLANs of {proto}")
    if res.ret:
        vf.vf_set(args)


def _vlan_errno(vf, vlan, qos, proto):
    """ Set a port VLAN without ip(8), which makes checks of its own """
    info = struct.pack("=IIIHxx", vf.num, vlan, qos,
                       struct.unpack("=H", struct.pack("!H", proto))[0])
    return setlink_vf(vf.cfg, nlattr(IFLA_VF_VLAN_LIST,
                                     nlattr(IFLA_VF_VLAN_INFO, info), True))


def _up(vf):
    vf.up()
    # a port VLAN may cause a reset of the VF
    wait_until(vf.carrier, f"the link of {vf}")
    return vf


@ksft_variants([KsftNamedVariant("q", "802.1Q"),
                KsftNamedVariant("ad", "802.1ad")])
def tag_on_the_wire(cfg, proto):
    """ Frames have the tag on the wire, with its priority; not in the VF """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    _set_vlan(vf, proto)
    ksft_eq(vf.vlan(), (VLAN, QOS, proto.upper()))
    _up(vf)

    mark = new_mark()
    vf.send(frame(BROADCAST, vf.mac, mark))
    seen = wire.wait(mark)
    ksft_eq([f.tags for f in seen], [[[PROTOS[proto], TCI]]],
            "on the wire")

    heard = vf.watch()
    mark = new_mark()
    remote.send(frame(vf.mac, remote.mac, mark, [(PROTOS[proto], VLAN)]))
    ksft_eq([f.tags for f in heard.wait(mark)], [[]], "at the VF")


def live_vf_is_moved(cfg):
    """ Set, changed and cleared while the VF is up: in force at once """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    for vlan in (VLAN, OTHER, 0, VLAN, 0):
        vf.vf_set(f"vlan {vlan}")
        ksft_eq(vf.vlan()[0], vlan)
        wait_until(vf.carrier, f"the link of {vf}")
        mark = new_mark()
        vf.send(frame(BROADCAST, vf.mac, mark))
        ksft_eq([f.tags for f in wire.wait(mark)],
                [[[ETH_P_8021Q, vlan]] if vlan else []], f"VLAN {vlan}")
    works(vf, remote, wire, "after all that")


def vf_cannot_send_another(cfg):
    """ Frames stay inside the port VLAN, whatever tag the VF sends """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"vlan {VLAN}")
    _up(vf)
    marks = []
    for tags in ([(ETH_P_8021Q, OTHER)], [(ETH_P_8021AD, OTHER)],
                 [(ETH_P_8021Q, 0)], [(ETH_P_8021Q, VLAN)],
                 [(ETH_P_8021AD, OTHER), (ETH_P_8021Q, VLAN)]):
        marks.append(new_mark())
        vf.send(frame(BROADCAST, vf.mac, marks[-1], tags))
    last_frame(vf, wire)
    for mark in marks:
        for seen in wire.saw(mark):
            ksft_true(seen.tags and seen.tags[0][0] == ETH_P_8021Q and
                      seen.tags[0][1] & 0xfff == VLAN,
                      f"left with the tags {seen.tags}")


def vf_cannot_see_another(cfg):
    """ The VF gets no frames of another VLAN, nor untagged ones """
    remote = Remote(cfg)
    vfs = make_vfs(cfg, 2)
    for vf, vlan in zip(vfs, (VLAN, OTHER)):
        vf.vf_set(f"vlan {vlan}")
        _up(vf)
    vf, other = vfs
    heard = vf.watch()
    marks = [new_mark()]
    other.send(frame(BROADCAST, other.mac, marks[0]))
    frames = []
    for tags in ([], [(ETH_P_8021Q, OTHER)], [(ETH_P_8021AD, VLAN)]):
        for dst in (BROADCAST, vf.mac):
            marks.append(new_mark())
            frames.append(frame(dst, remote.mac, marks[-1], tags))
    last = new_mark()
    remote.send(*frames,
                frame(BROADCAST, remote.mac, last, [(ETH_P_8021Q, VLAN)]))
    ksft_true(heard.wait(last), "a frame of its VLAN is lost")
    for mark in marks:
        ksft_eq(heard.saw(mark), [])


def vfs_of_one_vlan(cfg):
    """ Two VFs of one port VLAN reach each other, but no VF outside """
    remote = Remote(cfg)
    vfs = make_vfs(cfg, 3)
    for vf, vlan in zip(vfs, (VLAN, VLAN, 0)):
        vf.vf_set(f"vlan {vlan}")
        _up(vf)
    friend, stranger = vfs[1].watch(), vfs[2].watch()
    mark, last = new_mark(), new_mark()
    vfs[0].send(frame(BROADCAST, vfs[0].mac, mark))
    ksft_eq([f.tags for f in friend.wait(mark)], [[]])
    remote.send(frame(BROADCAST, remote.mac, last))
    ksft_true(stranger.wait(last))
    ksft_eq(stranger.saw(mark), [])


def inner_tag_behind_qinq(cfg):
    """ In an 802.1ad port VLAN the VF has VLANs of its own """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0]
    _set_vlan(vf, "802.1ad")
    _up(vf)
    mark = new_mark()
    vf.send(frame(BROADCAST, vf.mac, mark, [(ETH_P_8021Q, OTHER)]))
    ksft_eq([f.tags for f in wire.wait(mark)],
            [[[ETH_P_8021AD, TCI], [ETH_P_8021Q, OTHER]]])


def _vlan_interface(vf, proto, vlan, name):
    vf.ip(f"link add link {vf.ifname} name {name} type vlan "
          f"proto {proto} id {vlan}")
    vf.ip(f"link set dev {name} up")


def _hears(vf, remote, mark, tags):
    """ Check that frames with @tags arrive at the VF, now or soon """
    heard = vf.watch()

    def arrived():
        remote.send(frame(vf.mac, remote.mac, mark, tags))
        return heard.wait(mark, 1)

    return wait_until(arrived, f"a frame with the tags {tags}")


@ksft_variants([KsftNamedVariant("q", "802.1Q"),
                KsftNamedVariant("ad", "802.1ad")])
def own_vlan_interface(cfg, proto):
    """ A VLAN interface of the VF works, without promiscuity """
    remote = Remote(cfg)
    wire = remote.watch()
    vf = make_vfs(cfg, 1)[0].up()
    tags = [(PROTOS[proto], VLAN)]
    _vlan_interface(vf, proto, VLAN, "own")
    for reset in (False, True):
        if reset:
            vf.reset()
        seen = _hears(vf, remote, new_mark(), tags)
        ksft_eq(seen[0].tags, [list(tag) for tag in tags])
        mark = new_mark()
        vf.send(frame(BROADCAST, vf.mac, mark, tags))
        ksft_eq([f.tags for f in wire.wait(mark)],
                [[list(tag) for tag in tags]], "on the wire")


@ksft_variants([KsftNamedVariant("before", True),
                KsftNamedVariant("after", False)])
def vlan_interface_behind_qinq(cfg, before):
    """ The same in an 802.1ad port VLAN, set before or after it """
    remote = Remote(cfg)
    vf = make_vfs(cfg, 1)[0].up()
    if before:
        _vlan_interface(vf, "802.1Q", OTHER, "own")
    _set_vlan(vf, "802.1ad")
    wait_until(vf.carrier, f"the link of {vf}")
    if not before:
        _vlan_interface(vf, "802.1Q", OTHER, "own")
    seen = _hears(vf, remote, new_mark(),
                  [(ETH_P_8021AD, VLAN), (ETH_P_8021Q, OTHER)])
    ksft_eq(seen[0].tags, [[ETH_P_8021Q, OTHER]])


def bad_input_is_refused(cfg):
    """ Invalid values are refused, and the old VLAN is kept """
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"vlan {VLAN} qos {QOS}")
    for args in ("vlan 4095", "vlan 4096", f"vlan {VLAN} qos 8"):
        vf.vf_refuses(args)
    for proto in (0x0800, 0x9100, 0):
        ksft_in(_vlan_errno(vf, OTHER, 0, proto),
                (errno.EPROTONOSUPPORT, errno.EINVAL), f"{proto:#x}")
    ksft_eq(vf.vlan()[:2], (VLAN, QOS))
    ksft_eq(_vlan_errno(vf, OTHER, 0, ETH_P_8021Q), 0)
    ksft_eq(vf.vlan()[0], OTHER)


def vlan_goes_with_the_vf(cfg):
    """ The VLAN is cleared for the next user of a VF """
    vf = make_vfs(cfg, 1)[0]
    vf.vf_set(f"vlan {VLAN} qos {QOS}")
    vf.vf_set("vlan 0")
    ksft_eq(vf.vlan(), NO_VLAN)
    vf.vf_set(f"vlan {VLAN} qos {QOS}")
    set_num_vfs(cfg, 0)
    vf = make_vfs(cfg, 1)[0]
    ksft_eq(vf.vlan(), NO_VLAN)
    remote = Remote(cfg)
    works(vf.up(), remote, remote.watch(), "without a VLAN")


def main() -> None:
    """ Ksft boilerplate main """
    with NetDrvEpEnv(__file__, nsim_test=False) as cfg:
        ksft_run([tag_on_the_wire, live_vf_is_moved, vf_cannot_send_another,
                  vf_cannot_see_another, vfs_of_one_vlan,
                  inner_tag_behind_qinq, own_vlan_interface,
                  vlan_interface_behind_qinq, bad_input_is_refused,
                  vlan_goes_with_the_vf],
                 args=(cfg, ))
    ksft_exit()


if __name__ == "__main__":
    main()
