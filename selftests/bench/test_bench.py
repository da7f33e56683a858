#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests of what bench.py reads and chooses; nothing is measured."""

import contextlib
import io
import socket
import unittest
from pathlib import Path

import bench
from lib import agent, loads

SOCKPERF = """
sockperf: Summary: Round trip is 19.662 usec
sockperf: Total 27954 observations; each percentile contains 279.54 observations
sockperf: ---> <MAX> observation = 4062.908
sockperf: ---> percentile 99.999 = 4062.908
sockperf: ---> percentile 99.990 = 2701.201
sockperf: ---> percentile 99.900 = 1118.899
sockperf: ---> percentile 99.000 =   97.543
sockperf: ---> percentile 50.000 =   13.610
sockperf: ---> <MIN> observation =   13.279
"""


class Reading(unittest.TestCase):
    """Of what tools and the kernel say."""

    def test_percentiles(self):
        self.assertEqual(loads.percentiles(SOCKPERF),
                         {"p50": 13.610, "p99": 97.543, "p999": 1118.899})

    def test_percentiles_of_nothing(self):
        with self.assertRaises(KeyError):
            loads.percentiles("sockperf: No valid observations found.")

    def test_connections(self):
        left = 12345
        with contextlib.ExitStack() as stack:
            listen = stack.enter_context(socket.create_server(
                ("127.0.0.1", 0)))
            port = listen.getsockname()[1]
            client = stack.enter_context(socket.create_connection(
                ("127.0.0.1", port)))
            server = stack.enter_context(listen.accept()[0])
            client.sendall(bytes(left))
            while left:
                left -= len(server.recv(left))
            server.sendall(b"x")
            client.recv(1)
            acked, received = agent.tcp()["ports"][port]
            self.assertEqual(received, 12345)
            self.assertLessEqual(acked, 1 + 1)

    def test_netdev(self):
        first, second = agent.net("lo"), agent.net("lo")
        self.assertLessEqual(first["t"], second["t"])
        self.assertLessEqual(first["rx_bytes"], second["rx_bytes"])

    def test_cost_of_a_packet(self):
        device = {counter: 10 * (at + 1) for at, counter in
                  enumerate(loads.COSTS.values())}
        result = loads.Result(1, [1], {}, device,
                              {"tx_packets": 10, "tx_bytes": 600})
        cost = loads.per_packet(result, "tx")
        self.assertEqual(cost["size"], 60)
        self.assertEqual([cost[name] for name in loads.COSTS],
                         [1, 2, 3, 4, 5, 6])
        self.assertIsNone(loads.per_packet(result, "rx"))


class Choice(unittest.TestCase):
    """Of paths, loads and numbers of guests."""

    def test_all(self):
        self.assertEqual(bench.pick([], bench.PLAN),
                         (list(bench.paths.PATHS), bench.PLAN))

    def test_some(self):
        names, plan = bench.pick(["igb", "svnic", "2", "tcp_tx", "guest_rr"],
                                 bench.PLAN)
        self.assertEqual(names, ["svnic", "igb"])
        self.assertEqual(plan, {2: ["tcp_tx", "guest_rr"]})

    def test_only_where_it_is_measured(self):
        self.assertEqual(bench.pick(["udp64_tx"], bench.PLAN)[1],
                         {1: ["udp64_tx"]})
        self.assertEqual(bench.pick(["guest_tcp"], bench.QUICK_PLAN)[1],
                         {2: ["guest_tcp"]})

    def test_unknown(self):
        with self.assertRaises(SystemExit), \
                contextlib.redirect_stderr(io.StringIO()):
            bench.pick(["tcp"], bench.PLAN)

    def test_targets_are_measured(self):
        """Whatever is quick, the loads of 1 guest are in both plans."""
        for plan in bench.PLAN, bench.QUICK_PLAN:
            for number, names in plan.items():
                self.assertLessEqual(set(names), set(bench.PLAN[number]))
                self.assertLessEqual(set(names), set(loads.LOADS))


class Slots(unittest.TestCase):
    """run.sh and lib/paths.py agree."""

    def test_first(self):
        text = (Path(bench.__file__).parent / "run.sh").read_text()
        self.assertIn(f"slot={bench.paths.BRIDGE_SLOT:x}\n", text)


if __name__ == "__main__":
    unittest.main()
