# SPDX-License-Identifier: GPL-2.0-or-later
"""A model of the cost of a packet on PCI Express, for some NIC interfaces.

The model is that of Neugebauer et al., "Understanding PCIe performance for end
host networking", SIGCOMM 2018, section 3 (pcie-bench): add up the bytes of all
TLPs that a packet causes, for each direction of the link, and divide what the
link can move by the direction that has more. Latency is not modelled.

"Up" is from the device to the host, "down" the other way. Sizes are in bytes.
A packet of n bytes is a frame of n bytes in host memory (no FCS).

What all designs have in common, so that they can be compared:

- k packets are a batch: descriptors are fetched, completions are written,
  the driver tells the device and the device the driver once per batch, where a
  design can do it at all. k is the same for all of them; where they were
  counted, so are doorbells, interrupts, and buffers read ahead.
- A packet is one descriptor and one buffer; buffers and rings are aligned; what
  lies side by side in memory is one request, up to the sizes of the link.
- Rings are long: what is done once per round of a ring is not counted.
- Transmission: the device has sent all when a batch comes, so it is told of
  each batch. Reception: there are always buffers posted. Where a design can say
  "do not tell me of buffers, I look myself" it does, and it costs nothing.
- An interrupt is an MSI-X message, per batch.
"""

import math
from dataclasses import dataclass

# SIGCOMM 2018, section 3: framing 2, data link layer 6, TLP header 4, and 12 of
# a request with a 64-bit address or 8 of a completion.
WRITE_HEADER = 24
READ_HEADER = 24
COMPLETION_HEADER = 20

# One line of the model for one design at one packet size.
SIZES = (64, 128, 256, 512, 1024, 1500)
# Batches of device/core are no larger than that: entries of a transmit ring,
# and buffers of a receive ring.
REFERENCE_TX = 128
REFERENCE = 64
# As in the paper's driver model: an interrupt per 32 packets.
BATCH = 32

# Rates of a lane in Gb/s, after encoding with 128b/130b.
_LANE = {3: 8 * 128 / 130, 4: 16 * 128 / 130}
# PCI Express base specification 5.0, tables 2-46 to 2-48 and 3-7 to 3-9, as the
# paper's authors use them: symbols per update of flow control and, the same
# number, per acknowledgement, for 8 and 16 GT/s, by lanes and Max Payload Size.
# Each of the two is a DLLP of 8 bytes with its framing.
_DLLP = 8
_DLLP_EACH = {
    8: {128: 163, 256: 203, 512: 182},
    16: {128: 144, 256: 168, 512: 182},
}
# Clock compensation: a SKP ordered set of 4 symbols every 1538 symbols.
_SKP = 4 / 1538


@dataclass(frozen=True)
class Link:
    """A PCI Express link.

    rcb: Read Completion Boundary; with rcb_chunks each completion carries no
    more than that, else as much as Max Payload Size lets it.
    """
    gen: int
    lanes: int
    mps: int = 256
    mrrs: int = 512
    rcb: int = 64
    rcb_chunks: bool = False

    @property
    def name(self):
        return f"gen{self.gen} x{self.lanes}"

    @property
    def raw_gbps(self):
        """Gb/s of each direction after encoding."""
        return _LANE[self.gen] * self.lanes

    @property
    def tlp_gbps(self):
        """Gb/s of each direction that are left for TLPs."""
        dllps = 2 * _DLLP / _DLLP_EACH[self.lanes][self.mps]
        return self.raw_gbps * (1 - dllps - _SKP)


GEN3_X8 = Link(3, 8)
GEN4_X16 = Link(4, 16)
LINKS = (GEN3_X8, GEN4_X16)


def _tlps(size, most):
    return max(1, math.ceil(size / most))


@dataclass
class Cost:
    """Bytes of TLPs, headers included, in each direction of a link."""
    link: Link
    up: float = 0.0
    down: float = 0.0

    def write(self, size, times=1.0):
        """The device writes to memory."""
        self.up += (_tlps(size, self.link.mps) * WRITE_HEADER + size) * times

    def read(self, size, times=1.0):
        """The device reads memory: requests go up, completions come down."""
        link = self.link
        chunk = link.rcb if link.rcb_chunks else link.mps
        requests, rest = divmod(size, link.mrrs)
        completions = requests * _tlps(link.mrrs, chunk)
        if rest or not requests:
            requests += 1
            completions += _tlps(rest, chunk)
        self.up += requests * READ_HEADER * times
        self.down += (completions * COMPLETION_HEADER + size) * times

    def register(self, times=1.0):
        """The driver writes a register of 4 bytes, such as a doorbell."""
        self.down += (WRITE_HEADER + 4) * times

    def register_read(self, times=1.0):
        """The driver reads a register of 4 bytes."""
        self.down += READ_HEADER * times
        self.up += (COMPLETION_HEADER + 4) * times

    def interrupt(self, times=1.0):
        """An MSI-X message: a write of 4 bytes."""
        self.write(4, times)

    @property
    def total(self):
        """Bytes in both directions."""
        return self.up + self.down

    def __add__(self, other):
        return Cost(self.link, self.up + other.up, self.down + other.down)

    def packet_rate(self):
        """Packets/s if only the link limits them.

        The directions are independent; the one with more bytes decides.
        """
        return self.link.tlp_gbps * 1e9 / 8 / max(self.up, self.down)

    def payload_gbps(self, size):
        """Gb/s of packets of that size at that rate."""
        return self.packet_rate() * size * 8 / 1e9


@dataclass(frozen=True)
class Batch:
    """How packets are batched.

    ahead: descriptors of receive buffers that are read at once, if they are not
    as many as packets: they are there before the packets are.
    seen, told: per packet, if they are known, doorbells of an interface that
    can do without some, and interrupts.
    """
    packets: int = BATCH
    ahead: int = None
    seen: float = None
    told: float = None

    @property
    def fetch(self):
        return self.ahead or self.packets

    def doorbells(self, per_batch):
        """Per packet, for an interface that can omit some."""
        return per_batch / self.packets if self.seen is None else self.seen

    @property
    def sleeps(self):
        """How often the device asks for a doorbell, per packet sent."""
        return min(self.doorbells(1), 1 / self.packets)

    @property
    def interrupts(self):
        return 1 / self.packets if self.told is None else self.told


# SV-NIC: Documentation/svnic-spec.rst 4.4, 5.1, 5.5. test_pcie.py compares
# these with uapi/.
SVNIC_TX_DESC = 16
SVNIC_RX_DESC = 8
SVNIC_RX_CMPL = 16
SVNIC_STATE = 16  # of the state block: what the device reads at once
SVNIC_TX_INDICES = 8  # tx_cons and tx_kick, side by side
SVNIC_TX_INLINE = 128  # the driver puts packets up to that into the ring


def _svnic_entries(size):
    """Entries of a transmit ring for a packet, with its bytes if it is
    inline."""
    if size > SVNIC_TX_INLINE:
        return 1
    return 1 + math.ceil(size / SVNIC_TX_DESC)


def _svnic_tx(cost, size, batch):
    """Short packets are inline, and are read with their descriptors."""
    _svnic_sent(cost, size, batch, _svnic_entries(size))


def _svnic_mapped_tx(cost, size, batch):
    """The same of a driver that does not accept TX_INLINE."""
    _svnic_sent(cost, size, batch, 1)


def _svnic_sent(cost, size, batch, entries):
    """A batch ends with C1 to C3 and E1 to E5 of spec 4.5.

    tx_cons and tx_kick are one write; tx_prod, looked at once more, and
    tx_event are one read. The reference NIC does so (device/core/tx.c).
    """
    k = batch.packets
    cost.register(batch.doorbells(1))  # SVNIC_DB_TX
    cost.read(SVNIC_TX_DESC * entries * k, 1 / k)
    if entries == 1:
        cost.read(size)
    cost.write(SVNIC_TX_INDICES, 1 / k)
    cost.read(SVNIC_STATE, 1 / k)
    cost.interrupt(batch.interrupts)


def _svnic_rx(cost, size, batch):
    """Spec 4.5, 5.5. rx_kick stays one behind, so there are no doorbells."""
    k, ahead = batch.packets, batch.fetch
    cost.register(batch.doorbells(0))
    cost.read(SVNIC_RX_DESC * ahead, 1 / ahead)
    cost.write(size)
    cost.write(SVNIC_RX_CMPL * k, 1 / k)
    cost.read(SVNIC_STATE, 1 / k)  # rx_event, and rx_prod with it
    cost.interrupt(batch.interrupts)


# virtio 1.2, as a device on PCI Express: VIRTIO_F_VERSION_1, RING_EVENT_IDX,
# NOTIFICATION_DATA (the doorbell holds the index, 2.9), and one descriptor for
# the 12 bytes of struct virtio_net_hdr (5.1.6) and the packet behind it, as
# virtio_net lays them out.
VIRTIO_NET_HDR = 12
VIRTIO_DESC = 16  # 2.7 virtq_desc, 2.8 pvirtq_desc
VIRTIO_INDEX = 2  # 2.7: indices, event indices, entries of the available ring
VIRTIO_USED = 8  # 2.7 virtq_used_elem
VIRTIO_EVENT = 4  # 2.8 pvirtq_event_suppress


def _packed_tx(cost, size, batch, used=None):
    """2.8. The device's event suppression asks for the next doorbell.

    After that the device looks at the next descriptor once more, and at the
    driver's event suppression before it interrupts. Used descriptors are
    written whole, so that those of a batch are one write.
    """
    k = batch.packets
    cost.register(batch.doorbells(1))
    cost.read(VIRTIO_DESC * k, 1 / k)
    cost.read(VIRTIO_NET_HDR + size)
    cost.write(VIRTIO_DESC * (used or k), 1 / k)
    cost.write(VIRTIO_EVENT, batch.sleeps)
    cost.read(VIRTIO_DESC, batch.sleeps)
    cost.read(VIRTIO_EVENT, 1 / k)
    cost.interrupt(batch.interrupts)


def _packed_rx(cost, size, batch):
    """2.8. Flags of descriptors tell that they are available."""
    k, ahead = batch.packets, batch.fetch
    cost.register(batch.doorbells(0))
    cost.read(VIRTIO_DESC * ahead, 1 / ahead)
    cost.write(VIRTIO_NET_HDR + size)
    cost.write(VIRTIO_DESC * k, 1 / k)
    cost.read(VIRTIO_EVENT, 1 / k)
    cost.interrupt(batch.interrupts)


def _packed_in_order_tx(cost, size, batch):
    """VIRTIO_F_IN_ORDER: the last used descriptor stands for the batch.

    Not so on reception, where each has a length of its own to tell.
    """
    _packed_tx(cost, size, batch, used=1)


def _split_tx(cost, size, batch):
    """2.7. Used elements, used index and avail_event lie apart.

    So do the available index, looked at once more, and used_event. Descriptors
    of a batch lie side by side: the best that can be.
    """
    k = batch.packets
    cost.register(batch.doorbells(1))
    cost.read(VIRTIO_INDEX * k, 1 / k)
    cost.read(VIRTIO_DESC * k, 1 / k)
    cost.read(VIRTIO_NET_HDR + size)
    cost.write(VIRTIO_USED * k, 1 / k)
    cost.write(VIRTIO_INDEX, 1 / k)  # used.idx
    cost.write(VIRTIO_INDEX, batch.sleeps)  # avail_event
    cost.read(VIRTIO_INDEX, 1 / k)  # avail.idx
    cost.read(VIRTIO_INDEX, 1 / k)  # used_event
    cost.interrupt(batch.interrupts)


def _split_rx(cost, size, batch):
    """2.7. avail.idx announces buffers."""
    k, ahead = batch.packets, batch.fetch
    cost.register(batch.doorbells(0))
    cost.read(VIRTIO_INDEX, 1 / ahead)  # avail.idx
    cost.read(VIRTIO_INDEX * ahead, 1 / ahead)
    cost.read(VIRTIO_DESC * ahead, 1 / ahead)
    cost.write(VIRTIO_NET_HDR + size)
    cost.write(VIRTIO_USED * k, 1 / k)
    cost.write(VIRTIO_INDEX, 1 / k)  # used.idx
    cost.read(VIRTIO_INDEX, 1 / k)  # used_event
    cost.interrupt(batch.interrupts)


# Intel 82576 and 82599 datasheets, advanced descriptors: "Transmit Descriptor
# Fetching", "Transmit Descriptor Write-back", "Receive Descriptor Fetching",
# "Receive Descriptor Write-back", "Interrupt Moderation". All descriptors are
# 16 bytes and are written back whole. The tail registers are the doorbells,
# and nothing tells the driver to leave one out. An interrupt masks itself and
# costs a write of EIMS to enable it again.
INTEL_DESC = 16
# igbvf of Linux 7.3: a tail write per packet sent, per 16 buffers posted
# (IGBVF_RX_BUFFER_WRITE); receive descriptors are fetched by 16
# (IGBVF_RX_PTHRESH); each descriptor is written back by itself (RS in the last
# of each packet and TXDCTL.WTHRESH 0; IGBVF_RX_WTHRESH 1).
IGBVF_RX_BATCH = 16


def _intel(cost, batch):
    cost.interrupt(batch.interrupts)
    cost.register(batch.interrupts)  # EIMS


def _intel_tx(cost, size, batch):
    """The best that the device can do with its thresholds."""
    k = batch.packets
    cost.register(1 / k)  # TDT
    cost.read(INTEL_DESC * k, 1 / k)
    cost.read(size)
    cost.write(INTEL_DESC * k, 1 / k)
    _intel(cost, batch)


def _intel_rx(cost, size, batch):
    k, ahead = batch.packets, batch.fetch
    cost.register(1 / k)  # RDT
    cost.read(INTEL_DESC * ahead, 1 / ahead)
    cost.write(size)
    cost.write(INTEL_DESC * k, 1 / k)
    _intel(cost, batch)


def _intel_head_tx(cost, size, batch):
    """Head write-back (TDWBAL.Head_WB_En): 4 bytes instead of descriptors."""
    k = batch.packets
    cost.register(1 / k)
    cost.read(INTEL_DESC * k, 1 / k)
    cost.read(size)
    cost.write(4, 1 / k)
    _intel(cost, batch)


def _igbvf_tx(cost, size, batch):
    k = batch.packets
    cost.register()  # TDT
    cost.read(INTEL_DESC * k, 1 / k)
    cost.read(size)
    cost.write(INTEL_DESC)
    _intel(cost, batch)


def _igbvf_rx(cost, size, batch):
    few = min(batch.fetch, IGBVF_RX_BATCH)
    cost.register(1 / few)  # RDT
    cost.read(INTEL_DESC * few, 1 / few)
    cost.write(size)
    cost.write(INTEL_DESC)
    _intel(cost, batch)


def _simple_tx(cost, size, _):
    """The paper's simple NIC: each step for each packet, separately."""
    cost.register()
    cost.read(INTEL_DESC)
    cost.read(size)
    cost.interrupt()
    cost.register_read()  # head


def _simple_rx(cost, size, _):
    cost.register()
    cost.read(INTEL_DESC)
    cost.write(size)
    cost.write(INTEL_DESC)
    cost.interrupt()
    cost.register_read()  # head


def _bound_tx(cost, size, _):
    """The packet and the TLPs it needs, nothing else."""
    cost.read(size)


def _bound_rx(cost, size, _):
    cost.write(size)


@dataclass(frozen=True)
class Design:
    """An interface: its name for people, and what a packet costs each way."""
    label: str
    tx: callable
    rx: callable


DESIGNS = {
    "bound": Design("packet alone", _bound_tx, _bound_rx),
    "svnic": Design("SV-NIC", _svnic_tx, _svnic_rx),
    "svnic_mapped": Design("SV-NIC, mapped", _svnic_mapped_tx, _svnic_rx),
    "virtio_packed": Design("virtio 1.2 packed", _packed_tx, _packed_rx),
    "virtio_in_order": Design("virtio 1.2 packed, in order",
                              _packed_in_order_tx, _packed_rx),
    "virtio_split": Design("virtio 1.2 split", _split_tx, _split_rx),
    "82576": Design("82576 style", _intel_tx, _intel_rx),
    "82576_head": Design("82576 style, head write-back", _intel_head_tx,
                         _intel_rx),
    "82576_igbvf": Design("82576 as igbvf drives it", _igbvf_tx, _igbvf_rx),
    "simple": Design("simple NIC of the paper", _simple_tx, _simple_rx),
}


def cost(design, direction, size, batch=BATCH, link=GEN3_X8):
    """The Cost of a packet; direction is "tx", "rx", or "both": one of each.

    batch is a Batch, or how many packets are one.
    """
    if not isinstance(batch, Batch):
        batch = Batch(batch)
    result = Cost(link)
    for way in ("tx", "rx") if direction == "both" else (direction,):
        getattr(DESIGNS[design], way)(result, size, batch)
    return result


def measured(counters, link=GEN3_X8):
    """The Cost of a packet from an entry of "pcie" in bench.json.

    Counters know requests and bytes, not how long each request was. The
    packet itself is known: in one request, as the device's, if it does not lie
    in the ring. Of the other requests each gets one TLP, and one more for each
    Max Payload Size (Max Read Request Size) in their bytes: that is never too
    few, and no more than one TLP per request too many.
    """
    result = Cost(link)
    size = counters["size"]
    reads, read_bytes = counters["reads"], counters["read_bytes"]
    writes, write_bytes = counters["writes"], counters["write_bytes"]
    if counters["dir"] == "tx":
        if size > SVNIC_TX_INLINE:
            result.read(size)
            reads, read_bytes = max(reads - 1, 0), max(read_bytes - size, 0)
    else:
        result.write(size)
        writes, write_bytes = max(writes - 1, 0), max(write_bytes - size, 0)

    chunk = link.rcb if link.rcb_chunks else link.mps
    result.up += (reads + read_bytes / link.mrrs) * READ_HEADER
    result.down += (reads + read_bytes / chunk) * COMPLETION_HEADER
    result.down += read_bytes
    result.up += (writes + write_bytes / link.mps) * WRITE_HEADER
    result.up += write_bytes
    result.register(counters["doorbells"])
    result.interrupt(counters["interrupts"])
    return result


def batch_seen(counters):
    """The Batch that packets made; the other designs are modelled with it.

    SV-NIC has two reads per batch sent, besides those of packets that do not
    lie in the ring, and one write per batch received. The reference NIC reads
    postings by 64.
    """
    size = counters["size"]
    if counters["dir"] == "tx":
        rest = (counters["reads"] - (size > SVNIC_TX_INLINE)) / 2
        most = REFERENCE_TX // _svnic_entries(size)
    else:
        rest = counters["writes"] - 1
        most = REFERENCE
    return Batch(max(1, round(1 / rest)) if rest > 1 / most else most,
                 REFERENCE,
                 counters["doorbells"], counters["interrupts"])
