// SPDX-License-Identifier: GPL-2.0-or-later

// svnic-pods PF TURNS
//
// Pods come and go: what the CNI plugin for SR-IOV does with a VF, by the
// netlink library that it uses. Each turn sets some attributes of a VF, moves
// its netdev into a network name space, and takes all of it back, in every
// third turn after the name space is gone. The VF is then what it was before.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

const (
	podName = "net1"
	podMTU  = 1400
	limit   = time.Minute
	ad      = 0x88a8
	q       = 0x8100
)

// What a pod wants of its VF; nil is nothing.
type config struct {
	mac       net.HardwareAddr
	vlan, qos int
	proto     int
	rate      *[2]int
	spoofchk  *bool
	trust     *bool
	state     *uint32
}

// A VF as the PF shows it, and its netdev.
type vf struct {
	num  int
	dev  string
	mac  net.HardwareAddr
	mtu  int
	info netlink.VfInfo
}

func must(err error) {
	if err != nil {
		_, _, line, _ := runtime.Caller(1)
		fail(fmt.Errorf("line %d: %w", line, err))
	}
}

func fail(err error) {
	fmt.Println("#", err)
	os.Exit(1)
}

func pf(name string) netlink.Link {
	link, err := netlink.LinkByName(name)
	must(err)
	return link
}

func info(link netlink.Link, num int) netlink.VfInfo {
	vfs := pf(link.Attrs().Name).Attrs().Vfs
	if num >= len(vfs) {
		fail(fmt.Errorf("the PF shows %d VFs", len(vfs)))
	}
	found := vfs[num]
	// what it counts is not what it is
	found.RxPackets, found.TxPackets, found.RxBytes, found.TxBytes,
		found.Multicast, found.Broadcast, found.RxDropped,
		found.TxDropped = 0, 0, 0, 0, 0, 0, 0, 0
	return found
}

// The netdev of a VF, when this name space has it.
func netdev(link netlink.Link, num int) netlink.Link {
	dir := fmt.Sprintf("/sys/class/net/%s/device/virtfn%d/net/*",
		link.Attrs().Name, num)
	for end := time.Now().Add(limit); time.Now().Before(end); {
		names, _ := filepath.Glob(dir)
		if len(names) == 1 {
			dev, err := netlink.LinkByName(filepath.Base(names[0]))
			if err == nil {
				return dev
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	fail(fmt.Errorf("VF %d has no netdev", num))
	return nil
}

func look(link netlink.Link, num int) vf {
	dev := netdev(link, num).Attrs()
	return vf{num, dev.Name, dev.HardwareAddr, dev.MTU, info(link, num)}
}

func same(a, b vf) bool {
	return a.dev == b.dev && a.mtu == b.mtu && bytes.Equal(a.mac, b.mac) &&
		fmt.Sprint(a.info) == fmt.Sprint(b.info)
}

func set(link netlink.Link, num int, want config) {
	if want.proto != 0 {
		must(netlink.LinkSetVfVlanQosProto(link, num, want.vlan, want.qos,
			want.proto))
	}
	if want.mac != nil {
		must(netlink.LinkSetVfHardwareAddr(link, num, want.mac))
	}
	if want.rate != nil {
		must(netlink.LinkSetVfRate(link, num, want.rate[0], want.rate[1]))
	}
	if want.spoofchk != nil {
		must(netlink.LinkSetVfSpoofchk(link, num, *want.spoofchk))
	}
	if want.trust != nil {
		must(netlink.LinkSetVfTrust(link, num, *want.trust))
	}
	if want.state != nil {
		must(netlink.LinkSetVfState(link, num, *want.state))
	}
}

// Is what was set what is shown?
func check(link netlink.Link, num int, want config) {
	is := info(link, num)
	good := true
	if want.proto != 0 {
		good = good && is.Vlan == want.vlan && is.Qos == want.qos &&
			(want.vlan == 0 || is.VlanProto == want.proto)
	}
	if want.mac != nil {
		good = good && bytes.Equal(is.Mac, want.mac)
	}
	if want.rate != nil {
		good = good && is.MinTxRate == uint32(want.rate[0]) &&
			is.MaxTxRate == uint32(want.rate[1])
	}
	if want.spoofchk != nil {
		good = good && is.Spoofchk == *want.spoofchk
	}
	if want.trust != nil {
		good = good && (is.Trust == 1) == *want.trust
	}
	if want.state != nil {
		good = good && is.LinkState == *want.state
	}
	if !good {
		fail(fmt.Errorf("VF %d: wanted %+v, is %+v", num, want, is))
	}
}

// The VF goes to a new pod, and has a link there if it may.
func add(link netlink.Link, was vf, want config) netns.NsHandle {
	host, err := netns.Get()
	must(err)
	pod, err := netns.NewNamed("pod")
	must(err)
	must(netns.Set(host))
	must(host.Close())

	set(link, was.num, want)
	check(link, was.num, want)
	dev := netdev(link, was.num)
	must(netlink.LinkSetDown(dev))
	must(netlink.LinkSetName(dev, fmt.Sprintf("temp%d", dev.Attrs().Index)))
	must(netlink.LinkSetNsFd(dev, int(pod)))
	inside, err := netlink.NewHandleAt(pod)
	must(err)
	defer inside.Close()
	must(inside.LinkSetName(dev, podName))
	must(inside.LinkSetMTU(dev, podMTU))
	must(inside.LinkSetUp(dev))
	mac := want.mac
	if mac == nil {
		mac = was.mac
	}
	for end := time.Now().Add(limit); ; {
		moved, err := inside.LinkByName(podName)
		must(err)
		attrs := moved.Attrs()
		up := attrs.OperState == netlink.OperUp
		disabled := want.state != nil &&
			*want.state == netlink.VF_LINK_STATE_DISABLE
		if bytes.Equal(attrs.HardwareAddr, mac) && up != disabled {
			return pod
		}
		if time.Now().After(end) {
			fail(fmt.Errorf("in the pod: %v", attrs))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// The pod ends; if it was killed nobody has taken its netdev out before.
func del(link netlink.Link, was vf, pod netns.NsHandle, killed bool) {
	if !killed {
		host, err := netns.Get()
		must(err)
		inside, err := netlink.NewHandleAt(pod)
		must(err)
		dev, err := inside.LinkByName(podName)
		must(err)
		must(inside.LinkSetDown(dev))
		must(inside.LinkSetName(dev, was.dev))
		must(inside.LinkSetNsFd(dev, int(host)))
		inside.Close()
		must(host.Close())
	}
	must(pod.Close())
	must(netns.DeleteNamed("pod"))
	dev := netdev(link, was.num)
	if dev.Attrs().Name != was.dev {
		must(netlink.LinkSetDown(dev))
		must(netlink.LinkSetName(dev, was.dev))
	}
	must(netlink.LinkSetMTU(dev, was.mtu))
	rate := [2]int{int(was.info.MinTxRate), int(was.info.MaxTxRate)}
	trust := was.info.Trust == 1
	set(link, was.num, config{was.info.Mac, was.info.Vlan, was.info.Qos, q,
		&rate, &was.info.Spoofchk, &trust, &was.info.LinkState})
	var is vf
	for end := time.Now().Add(limit); time.Now().Before(end); {
		is = look(link, was.num)
		if same(was, is) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	fail(fmt.Errorf("VF was %+v, is %+v", was, is))
}

func configs() []config {
	yes, no := true, false
	enable, disable := uint32(netlink.VF_LINK_STATE_ENABLE),
		uint32(netlink.VF_LINK_STATE_DISABLE)
	mac := net.HardwareAddr{2, 0x5e, 0, 0, 8, 1}
	rate := [2]int{50, 100}
	return []config{
		{},
		{vlan: 9, proto: q},
		{vlan: 9, qos: 3, proto: q},
		{vlan: 9, qos: 3, proto: ad},
		{proto: q},
		{mac: mac},
		{rate: &rate},
		{spoofchk: &no},
		{trust: &yes},
		{state: &enable},
		{state: &disable},
		{mac, 10, 5, q, &rate, &yes, &yes, &enable},
	}
}

func main() {
	runtime.LockOSThread()
	link := pf(os.Args[1])
	turns, err := strconv.Atoi(os.Args[2])
	must(err)
	all := configs()
	vfs := len(link.Attrs().Vfs)
	start := time.Now()
	for turn := 0; turn < turns; turn++ {
		was := look(link, turn%vfs)
		pod := add(link, was, all[turn%len(all)])
		del(link, was, pod, turn%3 == 2)
	}
	fmt.Printf("# %d pods in %.0f s\n", turns, time.Since(start).Seconds())

	// what the operator asks of a NIC that may have no switchdev
	bdf, err := filepath.EvalSymlinks("/sys/class/net/" +
		link.Attrs().Name + "/device")
	must(err)
	dev, err := netlink.DevLinkGetDeviceByName("pci", filepath.Base(bdf))
	must(err)
	err = netlink.DevLinkSetEswitchMode(dev, "switchdev")
	if !errors.Is(err, unix.EOPNOTSUPP) {
		fail(fmt.Errorf("switchdev: %w", err))
	}
}
