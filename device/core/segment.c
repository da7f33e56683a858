// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: splits a large TCP frame for receivers that do not take it
 * unsplit (section 5.3).
 */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"

#define SVNIC_UDP_CSUM		6	/* offset in the UDP header */
#define SVNIC_TCP_SEQ		4	/* offsets in the TCP header */
#define SVNIC_TCP_FLAGS		13
#define SVNIC_TCP_FIN		0x01
#define SVNIC_TCP_PSH		0x08
#define SVNIC_TCP_CWR		0x80

/*
 * The checksum of a segment. The field has the sum of the pseudo header with
 * the length of the unsplit frame, which is corrected. Both lengths fit 16 bits
 * (rule S9).
 */
static void svnic_segment_csum(const struct svnic_pkt *pkt,
			       const struct svnic_pkt *seg)
{
	uint8_t *tcp = seg->data + seg->csum_start;
	uint32_t whole = pkt->len - pkt->csum_start;
	uint32_t len = seg->len - seg->csum_start, sum;
	uint16_t given;

	memcpy(&given, tcp + SVNIC_TCP_CSUM, 2);
	memset(tcp + SVNIC_TCP_CSUM, 0, 2);
	sum = given + (uint16_t)~svnic_be16(whole) + svnic_be16(len);
	svnic_csum_store(tcp + SVNIC_TCP_CSUM, svnic_csum_add(sum, tcp, len));
}

/* Length, id and checksum of the IP header at @at. */
static void svnic_segment_ip(struct svnic_pkt *seg, uint32_t at, uint32_t index)
{
	uint8_t *ip = seg->data + at;

	if (ip[0] >> 4 == 4) {
		svnic_put_be16(ip + 2, seg->len - at);
		svnic_put_be16(ip + 4, svnic_get_be16(ip + 4) + index);
		svnic_csum_ip(ip);
	} else {
		svnic_put_be16(ip + 4, seg->len - at - 40);
	}
}

/* The headers of a tunnel. The rest of the segment is complete. */
static void svnic_segment_tunnel(struct svnic_pkt *seg, uint32_t index)
{
	uint8_t *udp = seg->data + seg->outer_l4;
	const uint8_t *ip = seg->data + seg->outer_l3;
	uint32_t len = seg->len - seg->outer_l4, sum;

	svnic_segment_ip(seg, seg->outer_l3, index);
	if (!seg->outer_l4)
		return;
	svnic_put_be16(udp + 4, len);
	if (!seg->outer_csum)
		return;
	memset(udp + SVNIC_UDP_CSUM, 0, 2);
	sum = ip[0] >> 4 == 4 ? svnic_csum_add(0, ip + 12, 8) :
				svnic_csum_add(0, ip + 8, 32);
	sum = svnic_csum_fold(sum) + svnic_be16(SVNIC_PROTO_UDP) +
	      svnic_be16(len);
	svnic_csum_store(udp + SVNIC_UDP_CSUM, svnic_csum_add(sum, udp, len));
}

/*
 * Makes segment @index of @pkt. The IPv4 id counts up. Only the last segment
 * has FIN and PSH, only the first one has CWR.
 */
void svnic_segment(struct svnic_core *core, const struct svnic_pkt *pkt,
		   uint32_t index, struct svnic_pkt *seg)
{
	uint32_t from = pkt->hdr_len + index * pkt->gso_size;
	uint32_t left = pkt->len - from;
	bool last = left <= pkt->gso_size;
	uint32_t payload = last ? left : pkt->gso_size;
	uint8_t *tcp;

	core->cost += SVNIC_COST_FRAME;
	*seg = *pkt;
	seg->data = core->segbuf + SVNIC_HEADROOM;
	seg->len = pkt->hdr_len + payload;
	seg->owned = true;
	seg->csum_partial = false;
	seg->gso_size = 0;
	memcpy(seg->data, pkt->data, pkt->hdr_len);
	memcpy(seg->data + pkt->hdr_len, pkt->data + from, payload);

	svnic_segment_ip(seg, seg->l3_start, index);
	tcp = seg->data + seg->csum_start;
	svnic_put_be32(tcp + SVNIC_TCP_SEQ,
		       svnic_get_be32(tcp + SVNIC_TCP_SEQ) +
		       index * pkt->gso_size);
	if (!last)
		tcp[SVNIC_TCP_FLAGS] &= ~(SVNIC_TCP_FIN | SVNIC_TCP_PSH);
	if (index)
		tcp[SVNIC_TCP_FLAGS] &= ~SVNIC_TCP_CWR;
	svnic_segment_csum(pkt, seg);
	if (pkt->outer_l3)
		svnic_segment_tunnel(seg, index);

	/* Reuse the parsed headers of the unsplit frame if they are right. */
	if (pkt->verdict == SVNIC_CSUM_OK)
		seg->hdr.l4_len = seg->len - seg->hdr.l4;
	else
		seg->parsed = false;
}
