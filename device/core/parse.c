// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: header parser (section 5.5). It finds TCP and UDP behind
 * VLAN tags and the usual IPv6 extension headers. If it does not understand a
 * header, it reports a less specific type, never a wrong one.
 */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"

#define SVNIC_ETHERTYPE_IPV4	0x0800
#define SVNIC_ETHERTYPE_IPV6	0x86dd

#define SVNIC_PROTO_TCP		6
#define SVNIC_TCP_HLEN		20
#define SVNIC_UDP_HLEN		8

#define SVNIC_NEXT_HOP		0
#define SVNIC_NEXT_ROUTING	43
#define SVNIC_NEXT_DEST		60
#define SVNIC_EXT_MAX		8	/* extension headers parsed */

/* Section 5.4: VLAN class of a frame, by its outer tag. */
uint16_t svnic_vlan_class(const uint8_t *data, uint32_t len)
{
	uint16_t vid;

	if (len < SVNIC_ETH_HLEN + SVNIC_VLAN_LEN)
		return 0;
	vid = svnic_get_be16(data + 14) & 0xfff;
	switch (svnic_get_be16(data + 12)) {
	case SVNIC_ETHERTYPE_VLAN:
		return vid;
	case SVNIC_ETHERTYPE_AD:
		return vid ? vid | SVNIC_VLAN_AD : 0;
	default:
		return 0;
	}
}

static void svnic_parse_l4(struct svnic_headers *hdr, const uint8_t *data,
			   uint8_t proto, uint32_t l4, uint32_t end)
{
	uint32_t len = end - l4, hlen, udp_len;
	bool v6 = hdr->type == SVNIC_PTYPE_IPV6;

	if (proto == SVNIC_PROTO_TCP && len >= SVNIC_TCP_HLEN) {
		hlen = (data[l4 + 12] >> 4) * 4;
		if (hlen < SVNIC_TCP_HLEN || hlen > len)
			return;
		hdr->type = v6 ? SVNIC_PTYPE_TCPV6 : SVNIC_PTYPE_TCPV4;
	} else if (proto == SVNIC_PROTO_UDP && len >= SVNIC_UDP_HLEN) {
		udp_len = svnic_get_be16(data + l4 + 4);
		if (udp_len < SVNIC_UDP_HLEN || udp_len > len)
			return;
		len = udp_len;
		hdr->type = v6 ? SVNIC_PTYPE_UDPV6 : SVNIC_PTYPE_UDPV4;
	} else {
		return;
	}
	hdr->l4 = l4;
	hdr->l4_len = len;
}

static void svnic_parse_ipv4(struct svnic_headers *hdr, const uint8_t *data,
			     uint32_t l3, uint32_t len)
{
	const uint8_t *ip = data + l3;
	uint32_t hlen, total;

	if (len - l3 < 20 || ip[0] >> 4 != 4)
		return;
	hlen = (ip[0] & 0xf) * 4;
	total = svnic_get_be16(ip + 2);
	if (hlen < 20 || total < hlen || total > len - l3)
		return;

	hdr->type = SVNIC_PTYPE_IPV4;
	hdr->proto = ip[9];
	hdr->pad = len - l3 - total;
	hdr->ip_bad = svnic_csum_fold(svnic_csum_add(0, ip, hlen)) != 0xffff;
	/* A fragment: more fragments follow, or it is not the first. */
	if (svnic_get_be16(ip + 6) & 0x3fff)
		return;
	svnic_parse_l4(hdr, data, ip[9], l3 + hlen, l3 + total);
}

static void svnic_parse_ipv6(struct svnic_headers *hdr, const uint8_t *data,
			     uint32_t l3, uint32_t len)
{
	const uint8_t *ip = data + l3;
	uint32_t at, end, n;
	uint8_t next;

	if (len - l3 < 40 || ip[0] >> 4 != 6)
		return;
	end = l3 + 40 + svnic_get_be16(ip + 4);
	if (end > len)
		return;

	hdr->type = SVNIC_PTYPE_IPV6;
	hdr->pad = len - end;
	next = ip[6];
	hdr->proto = next;
	at = l3 + 40;
	for (n = 0; next == SVNIC_NEXT_HOP || next == SVNIC_NEXT_DEST ||
	     next == SVNIC_NEXT_ROUTING; n++) {
		if (n == SVNIC_EXT_MAX || end - at < 8)
			return;
		/* The checksum uses the final destination, not the one here. */
		if (next == SVNIC_NEXT_ROUTING && data[at + 3])
			return;
		next = data[at];
		at += (data[at + 1] + 1) * 8;
		if (at > end)
			return;
		hdr->proto = next;
	}
	svnic_parse_l4(hdr, data, next, at, end);
}

void svnic_parse(struct svnic_pkt *pkt)
{
	struct svnic_headers *hdr = &pkt->hdr;
	uint32_t at = SVNIC_ETH_HLEN, tags;
	uint16_t proto;

	if (pkt->parsed)
		return;
	pkt->parsed = true;
	memset(hdr, 0, sizeof(*hdr));

	proto = svnic_get_be16(pkt->data + at - 2);
	for (tags = 0; tags < SVNIC_TAGS_MAX; tags++) {
		if (proto != SVNIC_ETHERTYPE_VLAN &&
		    proto != SVNIC_ETHERTYPE_AD)
			break;
		if (pkt->len < at + SVNIC_VLAN_LEN)
			return;
		at += SVNIC_VLAN_LEN;
		proto = svnic_get_be16(pkt->data + at - 2);
	}
	hdr->l3 = at;
	if (proto == SVNIC_ETHERTYPE_IPV4)
		svnic_parse_ipv4(hdr, pkt->data, at, pkt->len);
	else if (proto == SVNIC_ETHERTYPE_IPV6)
		svnic_parse_ipv6(hdr, pkt->data, at, pkt->len);
}

/*
 * Writes the length of the unsplit frame into its IP header, since the driver
 * need not do that (section 5.3), for receivers of the unsplit frame (5.7).
 */
static void svnic_parse_gso_length(struct svnic_core *core,
				   struct svnic_pkt *pkt)
{
	uint8_t *ip = pkt->data + pkt->l3_start;
	bool v4 = ip[0] >> 4 == 4;
	uint32_t len = pkt->len - pkt->l3_start - (v4 ? 0 : 40);

	if (svnic_get_be16(ip + (v4 ? 2 : 4)) == len &&
	    (!v4 || svnic_csum_fold(svnic_csum_add(0, ip, (ip[0] & 0xf) * 4)) ==
	     0xffff))
		return;
	svnic_pkt_own(core, pkt);
	ip = pkt->data + pkt->l3_start;
	svnic_put_be16(ip + (v4 ? 2 : 4), len);
	if (v4)
		svnic_csum_ip(ip);
}

/* Section 5.3, rules S11 and S12: headers of a tunnel, before @l3. */
static bool svnic_parse_gso_tunnel(const struct svnic_pkt *pkt, uint32_t l3)
{
	uint32_t outer = pkt->outer_l3, udp = pkt->outer_l4, len = 40;
	const uint8_t *ip = pkt->data + outer;

	if (outer < SVNIC_ETH_HLEN || outer + 20 > l3)
		return false;
	switch (ip[0] >> 4) {
	case 4:
		len = (ip[0] & 0xfu) * 4;
		if (len < 20)
			return false;
		break;
	case 6:
		break;
	default:
		return false;
	}
	if (!udp)
		return outer + len <= l3;
	return udp >= outer + len && udp + SVNIC_UDP_HLEN <= l3;
}

/*
 * Section 5.3, rules S3 to S6, S9, S11 and S12: true if a frame with gso_size
 * can be split. The verdict is OK if the parser finds the same TCP header, with
 * the sum of its pseudo header: then the checksums of the segments are right.
 * A frame in a tunnel has no verdict, so nobody gets it unsplit.
 */
bool svnic_parse_gso(struct svnic_core *core, struct svnic_pkt *pkt)
{
	uint32_t l3 = pkt->l3_start, l4 = pkt->csum_start;
	const struct svnic_headers *hdr = &pkt->hdr;
	const uint8_t *ip = pkt->data + l3;
	uint16_t given;

	if (pkt->hdr_len >= pkt->len || l3 < SVNIC_ETH_HLEN ||
	    l3 + 20 > l4 || l4 + SVNIC_TCP_HLEN > pkt->hdr_len ||
	    l4 + (pkt->data[l4 + 12] >> 4) * 4 != pkt->hdr_len)
		return false;
	switch (ip[0] >> 4) {
	case 4:
		if ((ip[0] & 0xfu) * 4 != l4 - l3 || ip[9] != SVNIC_PROTO_TCP ||
		    pkt->len - l3 > 65535)
			return false;
		break;
	case 6:
		if (l3 + 40 > l4 || pkt->len - l3 - 40 > 65535)
			return false;
		break;
	default:
		return false;
	}

	if (pkt->outer_l3)
		return svnic_parse_gso_tunnel(pkt, l3);
	svnic_parse_gso_length(core, pkt);
	pkt->parsed = false;
	svnic_parse(pkt);
	memcpy(&given, pkt->data + l4 + SVNIC_TCP_CSUM, 2);
	if (hdr->l3 == l3 && hdr->l4 == l4 &&
	    (hdr->type == SVNIC_PTYPE_TCPV4 ||
	     hdr->type == SVNIC_PTYPE_TCPV6) &&
	    svnic_csum_fold(svnic_csum_pseudo(pkt->data, hdr)) ==
	    svnic_csum_fold(given))
		pkt->verdict = SVNIC_CSUM_OK;
	/* A single segment is an ordinary frame. */
	if (svnic_pkt_frames(pkt) == 1)
		pkt->gso_size = 0;
	return true;
}
