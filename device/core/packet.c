// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: changes of a frame by the insertion and removal of tags
 * (section 5.4), and its size on the wire.
 */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"

/* Copies the frame to a buffer of the core, before it is changed. */
void svnic_pkt_own(struct svnic_core *core, struct svnic_pkt *pkt)
{
	uint8_t *to = core->rxbuf + SVNIC_HEADROOM;

	if (pkt->owned)
		return;
	memcpy(to, pkt->data, pkt->len);
	pkt->data = to;
	pkt->owned = true;
}

/* Moves the start of the frame by @by bytes away from its headers. */
static void svnic_pkt_shift(struct svnic_pkt *pkt, int by)
{
	pkt->data -= by;
	pkt->len += by;
	pkt->csum_start += by;
	pkt->hdr_len += by;
	pkt->l3_start += by;
	if (pkt->outer_l3)
		pkt->outer_l3 += by;
	if (pkt->outer_l4)
		pkt->outer_l4 += by;
	pkt->hdr.l3 += by;
	if (pkt->hdr.l4)
		pkt->hdr.l4 += by;
}

void svnic_pkt_push_tag(struct svnic_pkt *pkt, uint16_t proto, uint16_t tci)
{
	svnic_pkt_shift(pkt, SVNIC_VLAN_LEN);
	memmove(pkt->data, pkt->data + SVNIC_VLAN_LEN, SVNIC_ETH_ADDRS);
	svnic_put_be16(pkt->data + 12, proto);
	svnic_put_be16(pkt->data + 14, tci);
}

void svnic_pkt_pop_tag(struct svnic_pkt *pkt)
{
	memmove(pkt->data + SVNIC_VLAN_LEN, pkt->data, SVNIC_ETH_ADDRS);
	svnic_pkt_shift(pkt, -SVNIC_VLAN_LEN);
}

/* Number of frames that @pkt becomes on the wire. */
uint32_t svnic_pkt_frames(const struct svnic_pkt *pkt)
{
	if (!pkt->gso_size)
		return 1;
	return (pkt->len - pkt->hdr_len + pkt->gso_size - 1) / pkt->gso_size;
}

/* Length in bytes of all frames that @pkt becomes on the wire. */
uint64_t svnic_pkt_wire_len(const struct svnic_pkt *pkt)
{
	return pkt->len +
	       (uint64_t)(svnic_pkt_frames(pkt) - 1) * pkt->hdr_len;
}
