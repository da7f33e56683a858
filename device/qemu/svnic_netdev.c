/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: a netdev backend (tap, user, ...) as the wire.
 *
 * QEMU's network layer runs under the BQL, so there is one fifo in each
 * direction between it and the data thread. If the backend supports virtio's
 * header, it does checksums and segmentation.
 */
#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "net/eth.h"
#include "net/net.h"
#include "standard-headers/linux/virtio_net.h"

#include "svnic_qemu.h"

/* Number of frames to the backend at once, with the BQL held. */
#define SVNIC_NETDEV_BURST      64
/*
 * After that others may take the BQL for the same time, but at least for this,
 * since they need time to notice that it is free.
 */
#define SVNIC_NETDEV_PAUSE_NS   (50 * 1000)

#define SVNIC_NETDEV_TCP_DOFF   12
#define SVNIC_NETDEV_TCP_FLAGS  13

bool svnic_netdev_present(const SvnicState *s)
{
    return s->conf.peers.ncs[0];
}

/* Called before the NIC is plugged. */
bool svnic_netdev_gso(const SvnicState *s)
{
    return svnic_netdev_present(s) && qemu_has_vnet_hdr(s->conf.peers.ncs[0]);
}

static NetClientState *svnic_netdev_nc(SvnicState *s)
{
    return qemu_get_queue(s->netdev.nic);
}

/* Offset of the IP header in the frame, 0 if it has none. */
static uint16_t svnic_netdev_l3_start(const uint8_t *data, size_t len)
{
    uint16_t at = offsetof(struct eth_header, h_proto);
    int tags;

    for (tags = 0; tags <= SVNIC_TAGS_MAX && at + 2 < len; tags++) {
        switch (lduw_be_p(data + at)) {
        case ETH_P_VLAN:
        case ETH_P_DVLAN:
            at += sizeof(struct vlan_header);
            continue;
        case ETH_P_IP:
        case ETH_P_IPV6:
            return at + 2;
        }
        break;
    }
    return 0;
}

/* Returns false if the core cannot use the header. */
static bool svnic_netdev_from_vnet(struct svnic_frame *frame,
                                   const struct virtio_net_hdr *hdr)
{
    uint8_t type = hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
    uint32_t tcp;

    if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        frame->csum_partial = true;
        frame->csum_start = hdr->csum_start;
        frame->csum_offset = hdr->csum_offset;
        if (hdr->csum_start + hdr->csum_offset + 2 > frame->len) {
            return false;
        }
    }
    if (type == VIRTIO_NET_HDR_GSO_NONE) {
        return true;
    }

    tcp = hdr->csum_start;
    if ((type != VIRTIO_NET_HDR_GSO_TCPV4 &&
         type != VIRTIO_NET_HDR_GSO_TCPV6) ||
        !frame->csum_partial || !hdr->gso_size ||
        tcp + sizeof(struct tcp_hdr) > frame->len) {
        return false;
    }
    frame->gso_size = hdr->gso_size;
    frame->hdr_len = tcp + (frame->data[tcp + SVNIC_NETDEV_TCP_DOFF] >> 4) * 4;
    frame->l3_start = svnic_netdev_l3_start(frame->data, frame->len);
    return frame->l3_start && frame->l3_start < tcp &&
           frame->hdr_len <= frame->len;
}

static void svnic_netdev_to_vnet(const struct svnic_frame *frame,
                                 struct virtio_net_hdr *hdr)
{
    memset(hdr, 0, sizeof(*hdr));
    if (frame->csum_partial) {
        hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        hdr->csum_start = frame->csum_start;
        hdr->csum_offset = frame->csum_offset;
    }
    if (frame->gso_size) {
        hdr->gso_type = frame->data[frame->l3_start] >> 4 == 4 ?
                        VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
        if (frame->data[frame->csum_start + SVNIC_NETDEV_TCP_FLAGS] & TH_CWR) {
            hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        }
        hdr->gso_size = frame->gso_size;
        hdr->hdr_len = frame->hdr_len;
    }
}

/* Backend to NIC. 0: the fifo is full, the network layer keeps the frame. */
static ssize_t svnic_netdev_receive(NetClientState *nc, const uint8_t *buf,
                                    size_t size)
{
    SvnicState *s = qemu_get_nic_opaque(nc);
    struct virtio_net_hdr hdr = { 0 };
    struct svnic_frame frame = { 0 };
    size_t skip = 0;

    if (s->netdev.vnet) {
        skip = sizeof(hdr);
        if (size < skip) {
            return size;
        }
        memcpy(&hdr, buf, skip);
    }
    frame.data = buf + skip;
    frame.len = size - skip;
    if (frame.len < sizeof(struct eth_header) || frame.len > SVNIC_FRAME_BUF ||
        !svnic_netdev_from_vnet(&frame, &hdr)) {
        return size;
    }
    return svnic_fifo_push(&s->netdev.rx, &frame) ? size : 0;
}

static void svnic_netdev_rx_bh(void *opaque)
{
    SvnicState *s = opaque;

    svnic_thread_hold(s);
    qemu_flush_queued_packets(svnic_netdev_nc(s));
    svnic_thread_release(s);
}

static void svnic_netdev_sent(NetClientState *nc, ssize_t len)
{
    SvnicState *s = qemu_get_nic_opaque(nc);

    s->netdev.tx_waits = false;
    qemu_bh_schedule(s->netdev.tx_bh);
}

/*
 * NIC to backend. The work at once is bounded, since a VF may send faster than
 * the backend takes frames, for any time.
 */
static void svnic_netdev_tx(void *opaque)
{
    SvnicState *s = opaque;
    struct virtio_net_hdr hdr;
    int64_t start = get_clock();
    struct svnic_frame frame;
    int i;

    svnic_thread_hold(s);
    for (i = 0; !s->netdev.tx_waits && svnic_fifo_peek(&s->netdev.tx, &frame);
         i++) {
        struct iovec iov[2] = {
            { .iov_base = &hdr, .iov_len = sizeof(hdr) },
            { .iov_base = (void *)frame.data, .iov_len = frame.len },
        };
        int skip = s->netdev.vnet ? 0 : 1;

        if (i == SVNIC_NETDEV_BURST) {
            timer_mod(s->netdev.tx_timer,
                      qemu_clock_get_ns(QEMU_CLOCK_REALTIME) +
                      MAX(get_clock() - start, SVNIC_NETDEV_PAUSE_NS));
            break;
        }
        svnic_netdev_to_vnet(&frame, &hdr);
        /* If the frame cannot be sent now, the network layer copies it. */
        if (!qemu_sendv_packet_async(svnic_netdev_nc(s), iov + skip, 2 - skip,
                                     svnic_netdev_sent)) {
            s->netdev.tx_waits = true;
        }
        svnic_fifo_pop(&s->netdev.tx);
    }
    svnic_thread_release(s);
}

static void svnic_netdev_schedule(void *opaque)
{
    qemu_bh_schedule(opaque);
}

static void svnic_netdev_link(NetClientState *nc)
{
    svnic_thread_set_link(qemu_get_nic_opaque(nc), !nc->link_down);
}

static NetClientInfo svnic_netdev_info = {
    .type = NET_CLIENT_DRIVER_NIC,
    .size = sizeof(NICState),
    .receive = svnic_netdev_receive,
    .link_status_changed = svnic_netdev_link,
};

void svnic_netdev_plug(SvnicState *s)
{
    SvnicNetdev *n = &s->netdev;
    DeviceState *dev = DEVICE(s);
    NetClientState *nc;

    svnic_fifo_init(&n->tx);
    svnic_fifo_init(&n->rx);
    n->tx_bh = qemu_bh_new(svnic_netdev_tx, s);
    n->tx_timer = timer_new_ns(QEMU_CLOCK_REALTIME, svnic_netdev_tx, s);
    n->rx_bh = qemu_bh_new(svnic_netdev_rx_bh, s);
    n->vnet = svnic_netdev_gso(s);
    n->nic = qemu_new_nic(&svnic_netdev_info, &s->conf, TYPE_SVNIC, dev->id,
                          &dev->mem_reentrancy_guard, s);
    nc = svnic_netdev_nc(s);
    qemu_format_nic_info_str(nc, s->conf.macaddr.a);
    if (n->vnet) {
        qemu_set_vnet_hdr_len(nc->peer, sizeof(struct virtio_net_hdr));
        qemu_set_offload(nc->peer, 1, 1, 1, 1, 0, 0, 0);
    }

    svnic_fifo_consumer(&n->tx, svnic_netdev_schedule, n->tx_bh);
    svnic_fifo_producer(&n->tx, svnic_thread_kick, s);
    svnic_fifo_consumer(&n->rx, svnic_thread_kick, s);
    svnic_fifo_producer(&n->rx, svnic_netdev_schedule, n->rx_bh);
    svnic_thread_lock(s);
    s->out = &n->tx;
    s->in = &n->rx;
    svnic_thread_unlock(s);
    svnic_netdev_link(nc);
}

void svnic_netdev_unplug(SvnicState *s)
{
    SvnicNetdev *n = &s->netdev;

    svnic_thread_lock(s);
    s->out = NULL;
    s->in = NULL;
    svnic_thread_unlock(s);
    qemu_del_nic(n->nic);
    timer_free(n->tx_timer);
    qemu_bh_delete(n->tx_bh);
    qemu_bh_delete(n->rx_bh);
    svnic_fifo_destroy(&n->tx);
    svnic_fifo_destroy(&n->rx);
}
