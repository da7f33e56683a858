# SPDX-License-Identifier: GPL-2.0-only
"""The loads of the paths, and their results.

A rate is that of arrived data. Counters at the receiver are read at the two
ends of a window in which every sender runs, and divided by the time between the
readings. So it does not matter when an emulated CPU starts or ends a program.
"""

import contextlib
import itertools
import re
import statistics
import time
from dataclasses import dataclass, field

from svnic.lib.utils import wait_until

from .remote import Job

MIB = 1 << 20
FCS = 4
PKTGEN = "/proc/net/pktgen"
DISCARD = 9
# minimum of sockperf; with UDP that is the smallest frame, like one of one byte
MESSAGE = 14
# seconds at begin and end that it does not count
SOCKPERF_S = 1
_ports = itertools.count(20000)

# work of the NIC for its packets (svnic-spec.rst, 9)
COSTS = {"reads": "dma_reads", "read_bytes": "dma_read_bytes",
         "writes": "dma_writes", "write_bytes": "dma_write_bytes",
         "doorbells": "doorbells", "interrupts": "interrupts"}


@dataclass
class Result:
    """The result of a load, as in a sample of bench.json."""

    value: float
    each: list
    # further values of the sample, by their names there
    more: dict = field(default_factory=dict)
    device: dict = field(default_factory=dict)
    # counters of the netdevs at the ends of the path
    packets: dict = field(default_factory=dict)


@dataclass
class Flow:
    """A client and a server; with REVERSE the server sends. PORT identifies it
    at the server."""

    client: object
    server: object
    reverse: bool = False
    port: int = 0


def to_peer(path, count, reverse=False):
    """A flow for each of COUNT guests and its peer."""
    return [Flow(path.ends[num], path.peer(num), reverse)
            for num in range(count)]


def guest_to_guest(path, count):
    """A flow for each pair of COUNT guests."""
    return [Flow(path.ends[num], path.ends[num + 1])
            for num in range(0, count, 2)]


class Window:
    """The growth of the NIC's counters and those of the netdevs at the path's
    ends, from .open() to .close(), as sums over COUNT ends."""

    def __init__(self, path, count):
        self.path = path
        self.ends = path.ends[:count] if path.counts else []
        self.before = []
        self.device = {}
        self.packets = {}

    def _read(self):
        return [self.path.agent(end).read("net", "hw") for end in self.ends]

    def open(self):
        """Begin of the window."""
        self.before = self._read()

    def close(self):
        """End of the window."""
        pairs = list(zip(self.before, self._read()))

        def grown(what):
            return {name: sum(new[what][name] - old[what][name]
                              for old, new in pairs)
                    for name in (pairs[0][0][what] if pairs else ())
                    if name != "t"}

        self.device, self.packets = grown("hw"), grown("net")


class _Streams:
    """Reads how many bytes of each flow have arrived."""

    def __init__(self, path, flows):
        self.flows = flows
        self.agents = {flow.server: path.agent(flow.server) for flow in flows}

    def read(self):
        """Time and bytes of each flow."""
        said = {end: agent.read("tcp")["tcp"]
                for end, agent in self.agents.items()}
        return [(said[flow.server]["t"],
                 said[flow.server]["ports"].get(str(flow.port), (0, 0))
                 [not flow.reverse]) for flow in self.flows]


@contextlib.contextmanager
def _running(jobs):
    """JOBS begin together; an error while waiting for them has their output."""
    try:
        with contextlib.ExitStack() as stack:
            for job in jobs:
                stack.enter_context(job)
            for job in jobs:
                job.ready()
            for job in jobs:
                job.tell()
            yield
    except TimeoutError as err:
        raise TimeoutError(f"{err}: " + " ".join(
            job.said.strip() for job in jobs)) from None


def throughput(path, count, seconds, flows, streams=1):
    """TCP, one or more streams a flow, in Mb/s."""
    window = Window(path, count)
    with contextlib.ExitStack() as stack:
        servers = []
        for flow in flows:
            flow.port = next(_ports)
            servers.append(stack.enter_context(flow.server.node.bkg(
                f"iperf3 -s -1 -p {flow.port} --forceflush")))
        for server in servers:
            server.wait_line("Server listening", "stdout")
        reader = _Streams(path, flows)
        with _running([Job(flow.client.node, f"iperf3 -c {flow.server.v4} "
                           f"-p {flow.port} -t 3600 -P {streams}"
                           f"{' -R' if flow.reverse else ''}", "kill $!")
                       for flow in flows]):
            wait_until(lambda: all(got > MIB for _, got in
                                   reader.read()), "bytes of all streams")
            window.open()
            before = reader.read()
            time.sleep(seconds)
            after = reader.read()
            window.close()
    each = [(new - old) * 8e-6 / (then - since)
            for (since, old), (then, new) in zip(before, after)]
    return Result(sum(each), each, {}, window.device, window.packets)


# only the driver and the layers below are to be measured
SINK = """
tc qdisc del dev {dev} clsact 2> /dev/null
tc qdisc add dev {dev} clsact &&
tc filter add dev {dev} ingress protocol ip u32 match ip protocol 17 0xff \
   match ip dport {port} 0xffff action drop
"""
GENERATE = """
[ -d {pktgen} ] || modprobe pktgen || exit
thread=$(ls {pktgen} | grep kpktgend_ | sort -V | tail -n 1)
echo rem_device_all > {pktgen}/$thread
echo add_device {dev} > {pktgen}/$thread
for line in 'count 0' 'clone_skb 0' 'delay 0' 'pkt_size {size}' \
	'dst {dst}' 'dst_mac {mac}' 'udp_dst_min {port}' 'udp_dst_max {port}'
do
	echo "$line" > {pktgen}/{dev} || exit
done
"""


def packets(path, _count, seconds, size, reverse=False):
    """Frames of SIZE bytes with their FCS from the first guest to its peer, or
    with REVERSE to the guest, in packets per second. The number sent is in the
    result, too: if all arrive, the sender may be the limit."""
    src, dst = path.ends[0], path.peer(0)
    if reverse:
        src, dst = dst, src
    window = Window(path, 1)

    def count(end, way):
        net = path.agent(end).read("net")["net"]
        return net["t"], net[f"{way}_packets"]

    def rate(old, new):
        return (new[1] - old[1]) / (new[0] - old[0])

    with contextlib.ExitStack() as stack:
        dst.cmd(["sh", "-c", SINK.format(dev=dst.dev, port=DISCARD)])
        stack.callback(dst.cmd, f"tc qdisc del dev {dst.dev} clsact")
        src.cmd(["sh", "-c", GENERATE.format(
            pktgen=PKTGEN, dev=src.dev, size=size - FCS, dst=dst.v4,
            mac=dst.mac, port=DISCARD)])
        start = count(dst, "rx")[1]
        stack.enter_context(_running([
            Job(src.node, f"echo start > {PKTGEN}/pgctrl",
                f"echo stop > {PKTGEN}/pgctrl")]))
        wait_until(lambda: count(dst, "rx")[1] > start + 1000, "packets")
        window.open()
        sent, received = count(src, "tx"), count(dst, "rx")
        time.sleep(seconds)
        now_received, now_sent = count(dst, "rx"), count(src, "tx")
        window.close()
    result = rate(received, now_received)
    return Result(result, [result], {"sent": rate(sent, now_sent)},
                  window.device, window.packets)


def percentiles(text):
    """p50, p99 and p999 in the output of sockperf."""
    found = dict(re.findall(r"percentile (\d+\.\d+) =\s*([\d.]+)", text))
    return {name: float(found[key]) for name, key in
            (("p50", "50.000"), ("p99", "99.000"), ("p999", "99.900"))}


def latency(path, count, seconds, flows, tcp=True):
    """Round trips of a small message, in microseconds."""
    window = Window(path, count)
    option = " --tcp" if tcp else ""
    with contextlib.ExitStack() as stack:
        for flow in flows:
            flow.port = next(_ports)
            stack.enter_context(Job(
                flow.server.node, f"sockperf server -i {flow.server.v4} "
                f"-p {flow.port}{option}", "kill $!")).ready().tell()
        for flow in flows:
            wait_until(lambda f=flow: f.server.cmd(
                f"ss -Hln{'t' if tcp else 'u'} sport = :{f.port}").stdout,
                "sockperf's server")
        jobs = [Job(flow.client.node, f"sockperf ping-pong -i "
                    f"{flow.server.v4} -p {flow.port}{option} -m {MESSAGE} "
                    f"-t {round(seconds + SOCKPERF_S)} --full-rtt")
                for flow in flows]
        window.open()
        with _running(jobs):
            each = [percentiles(job.wait()) for job in jobs]
        window.close()
    whole = {name: statistics.median(one[name] for one in each)
             for name in each[0]}
    return Result(whole["p50"], [one["p50"] for one in each], whole,
                  window.device, window.packets)


def _tcp(reverse=False, streams=1):
    return "Mb/s", lambda path, count, seconds: throughput(
        path, count, seconds, to_peer(path, count, reverse), streams)


def _udp(size, reverse=False):
    return "packets/s", lambda path, count, seconds: packets(
        path, count, seconds, size, reverse)


def _round_trip(tcp):
    return "us", lambda path, count, seconds: latency(
        path, count, seconds, to_peer(path, count), tcp)


# name -> unit, function of path, number of guests and seconds
LOADS = {
    "tcp_tx": _tcp(), "tcp_rx": _tcp(True),
    "tcp_tx_4": _tcp(streams=4), "tcp_rx_4": _tcp(True, 4),
    "udp64_tx": _udp(64), "udp64_rx": _udp(64, True),
    "udp1500_tx": _udp(1518), "udp1500_rx": _udp(1518, True),
    "tcp_rr": _round_trip(True), "udp_rr": _round_trip(False),
    "guest_tcp": ("Mb/s", lambda path, count, seconds: throughput(
        path, count, seconds, guest_to_guest(path, count))),
    "guest_rr": ("us", lambda path, count, seconds: latency(
        path, count, seconds, guest_to_guest(path, count))),
}


def per_packet(result, way):
    """The NIC's work for a packet in direction WAY, or None if it does not
    count it: an entry of "pcie"."""
    count = result.packets.get(f"{way}_packets")
    if not count or not result.device:
        return None
    entry = {"dir": way, "packets": count,
             "size": round(result.packets[f"{way}_bytes"] / count)}
    for name, counter in COSTS.items():
        entry[name] = result.device[counter] / count
    return entry
