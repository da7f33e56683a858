// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: Internet checksums (sections 5.2 and 5.5). Sums are in host
 * order, since the sum of swapped byte pairs is the swapped sum.
 */
#include "svnic_core_packet.h"
#include "svnic_core_priv.h"

#define SVNIC_LOW32	0xffffffffULL

static uint32_t svnic_csum_reduce(uint64_t sum)
{
	sum = (sum & SVNIC_LOW32) + (sum >> 32);
	sum = (sum & SVNIC_LOW32) + (sum >> 32);
	return (uint32_t)sum;
}

/* @p is at an even offset of the bytes that are summed. */
uint32_t svnic_csum_add(uint32_t sum, const uint8_t *p, size_t len)
{
	uint64_t a = sum, b = 0, c = 0, d = 0, v[4];
	uint32_t w;
	uint16_t h;

	/* Four independent sums, so that additions run in parallel. */
	for (; len >= sizeof(v); len -= sizeof(v), p += sizeof(v)) {
		memcpy(v, p, sizeof(v));
		a += (v[0] & SVNIC_LOW32) + (v[0] >> 32);
		b += (v[1] & SVNIC_LOW32) + (v[1] >> 32);
		c += (v[2] & SVNIC_LOW32) + (v[2] >> 32);
		d += (v[3] & SVNIC_LOW32) + (v[3] >> 32);
	}
	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&w, p, 4);
		a += w;
	}
	if (len >= 2) {
		memcpy(&h, p, 2);
		b += h;
		len -= 2;
		p += 2;
	}
	if (len) {
		h = 0;
		memcpy(&h, p, 1);
		c += h;
	}
	return svnic_csum_reduce(a + b + c + d);
}

/* Folds to 16 bits; the complement is stored in a header without a swap. */
uint16_t svnic_csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Writes the checksum for @sum. */
void svnic_csum_store(uint8_t *field, uint32_t sum)
{
	uint16_t csum = ~svnic_csum_fold(sum);

	/* 0 means no checksum in UDP; 0xffff is the same number. */
	if (!csum)
		csum = 0xffff;
	memcpy(field, &csum, 2);
}

uint32_t svnic_csum_pseudo(const uint8_t *data,
			   const struct svnic_headers *hdr)
{
	const uint8_t *ip = data + hdr->l3;
	bool tcp = hdr->type == SVNIC_PTYPE_TCPV4 ||
		   hdr->type == SVNIC_PTYPE_TCPV6;
	uint32_t sum;

	if (hdr->type == SVNIC_PTYPE_TCPV4 || hdr->type == SVNIC_PTYPE_UDPV4)
		sum = svnic_csum_add(0, ip + 12, 8);
	else
		sum = svnic_csum_add(0, ip + 8, 32);
	return svnic_csum_reduce((uint64_t)sum + svnic_be16(tcp ? 6 : 17) +
				 svnic_be16(hdr->l4_len & 0xffff));
}

/* Sets the checksum of an IPv4 header. */
void svnic_csum_ip(uint8_t *ip)
{
	uint16_t csum;

	ip[10] = 0;
	ip[11] = 0;
	csum = ~svnic_csum_fold(svnic_csum_add(0, ip, (ip[0] & 0xf) * 4));
	memcpy(ip + 10, &csum, 2);
}

static uint32_t svnic_csum_field(const struct svnic_headers *hdr)
{
	return hdr->type == SVNIC_PTYPE_TCPV4 ||
	       hdr->type == SVNIC_PTYPE_TCPV6 ? 16 : 6;
}

/*
 * Section 5.2: the field holds the sum of the pseudo header, to which the rest
 * is added. The sender says where the field is. The verdict is only OK if this
 * is the L4 checksum of the frame, since receivers do not trust senders.
 */
void svnic_csum_complete(struct svnic_pkt *pkt)
{
	uint8_t *field = pkt->data + pkt->csum_start + pkt->csum_offset;
	const struct svnic_headers *hdr = &pkt->hdr;
	uint16_t given;

	svnic_parse(pkt);
	memcpy(&given, field, 2);
	if (hdr->l4 && !hdr->ip_bad && hdr->l4 == pkt->csum_start &&
	    svnic_csum_field(hdr) == pkt->csum_offset &&
	    hdr->l4 + hdr->l4_len == pkt->len &&
	    svnic_csum_fold(svnic_csum_pseudo(pkt->data, hdr)) ==
	    svnic_csum_fold(given))
		pkt->verdict = SVNIC_CSUM_OK;

	svnic_csum_store(field,
			 svnic_csum_add(0, pkt->data + pkt->csum_start,
					pkt->len - pkt->csum_start));
	pkt->csum_partial = false;
}

/* Section 5.5: the verdict about the checksums of a frame, for receivers. */
void svnic_csum_verify(struct svnic_pkt *pkt)
{
	const struct svnic_headers *hdr = &pkt->hdr;
	const uint8_t *l4 = pkt->data + hdr->l4;
	uint32_t sum;

	if (pkt->verdict != SVNIC_CSUM_UNKNOWN)
		return;
	svnic_parse(pkt);
	l4 = pkt->data + hdr->l4;
	if (hdr->ip_bad) {
		pkt->verdict = SVNIC_CSUM_BAD;
		return;
	}
	/* A UDP sender may send no checksum. */
	if (!hdr->l4 || (svnic_csum_field(hdr) == 6 && !l4[6] && !l4[7])) {
		pkt->verdict = SVNIC_CSUM_NONE;
		return;
	}
	sum = svnic_csum_pseudo(pkt->data, hdr);
	sum = svnic_csum_add(sum, l4, hdr->l4_len);
	pkt->verdict = svnic_csum_fold(sum) == 0xffff ? SVNIC_CSUM_OK :
							SVNIC_CSUM_BAD;
}
