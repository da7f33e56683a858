// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: counters of the port to the wire (section 9.1). The wire
 * has no FCS and need not pad frames, but the counters are as if it did.
 */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"

#define SVNIC_FCS_LEN		4
#define SVNIC_PORT_MIN		64	/* bytes, with FCS */
#define SVNIC_ETHERTYPE_CTRL	0x8808

/* Counts @n frames of @len bytes, without FCS. */
static void svnic_port_add(struct svnic_port_dir_counts *dir, uint64_t n,
			   uint32_t len)
{
	static const uint32_t most[] = { 64, 127, 255, 511, 1023, 1518 };
	unsigned int i = 0;

	len += SVNIC_FCS_LEN;
	if (len < SVNIC_PORT_MIN)
		len = SVNIC_PORT_MIN;
	while (i < sizeof(most) / sizeof(most[0]) && len > most[i])
		i++;
	dir->frames += n;
	dir->octets += n * len;
	dir->sizes[i] += n;
}

/* Counts a frame that was sent or received, or its segments. */
void svnic_port_count(struct svnic_port_dir_counts *dir,
		      const struct svnic_pkt *pkt)
{
	uint64_t n = svnic_pkt_frames(pkt);
	uint32_t last = pkt->len;

	if (n > 1) {
		svnic_port_add(dir, n - 1, pkt->hdr_len + pkt->gso_size);
		last -= (n - 1) * pkt->gso_size;
	}
	svnic_port_add(dir, 1, last);
	svnic_count_cast(pkt->data, n, &dir->mcast, &dir->bcast);
	if (svnic_get_be16(pkt->data + SVNIC_ETH_ADDRS) == SVNIC_ETHERTYPE_CTRL)
		dir->ctrl += n;
}

static void svnic_port_get_dir(const struct svnic_port_dir_counts *dir,
			       struct svnic_port_dir *stats)
{
	unsigned int i;

	stats->frames = svnic_le64(dir->frames);
	stats->octets = svnic_le64(dir->octets);
	stats->mcast = svnic_le64(dir->mcast);
	stats->bcast = svnic_le64(dir->bcast);
	stats->ctrl = svnic_le64(dir->ctrl);
	for (i = 0; i < SVNIC_PORT_SIZES; i++)
		stats->sizes[i] = svnic_le64(dir->sizes[i]);
}

/* SVNIC_ADMIN_PORT_STATS */
void svnic_port_get(const struct svnic_core *core,
		    struct svnic_port_stats *stats)
{
	svnic_port_get_dir(&core->port.tx, &stats->tx);
	svnic_port_get_dir(&core->port.rx, &stats->rx);
	/* The wire has no FCS. */
	stats->rx_fcs = 0;
	stats->rx_jabber = 0;
	stats->rx_frag = 0;
	stats->rx_long = svnic_le64(core->port.rx_long);
	stats->rx_short = svnic_le64(core->port.rx_short);
}
