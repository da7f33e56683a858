// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: receive side scaling (section 5.6), the Toeplitz hash. The
 * hash is linear: each half byte of the input contributes a value that depends
 * on its position, and the hash is the XOR of these. They are in a table.
 */
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"

/* 32 bits of the key from bit @at on. */
static uint32_t svnic_rss_window(const uint8_t *key, unsigned int at)
{
	uint64_t bits = 0;
	unsigned int i;

	for (i = 0; i < 5; i++)
		bits = bits << 8 | key[at / 8 + i];
	return (uint32_t)(bits >> (8 - at % 8));
}

static void svnic_rss_make_lut(struct svnic_fn *fn)
{
	unsigned int place, bit, val;

	for (place = 0; place < 72; place++) {
		for (val = 0; val < 16; val++) {
			fn->rss_lut[place][val] = 0;
			for (bit = 0; bit < 4; bit++)
				if (val & 8 >> bit)
					fn->rss_lut[place][val] ^=
						svnic_rss_window(fn->s.rss_key,
								 place * 4 +
								 bit);
		}
	}
	fn->rss_stale = false;
}

static uint32_t svnic_rss_toeplitz(struct svnic_fn *fn, const uint8_t *in,
				   unsigned int len)
{
	uint32_t hash = 0;
	unsigned int i;

	if (fn->rss_stale)
		svnic_rss_make_lut(fn);
	for (i = 0; i < len; i++)
		hash ^= fn->rss_lut[2 * i][in[i] >> 4] ^
			fn->rss_lut[2 * i + 1][in[i] & 0xf];
	return hash;
}

/*
 * Returns the hash, and in @type the headers that it was computed from, NONE if
 * there is no hash.
 */
uint32_t svnic_rss_hash(struct svnic_fn *fn, const struct svnic_pkt *pkt,
			enum svnic_ptype *type)
{
	static const struct {
		uint16_t	ports;	/* bits of RSS_CTRL */
		uint16_t	addrs;
		uint8_t		plain;	/* type of a hash without ports */
	} rules[] = {
		[SVNIC_PTYPE_IPV4] = { 0, SVNIC_RSS_IPV4, SVNIC_PTYPE_IPV4 },
		[SVNIC_PTYPE_TCPV4] = { SVNIC_RSS_TCPV4, SVNIC_RSS_IPV4,
					SVNIC_PTYPE_IPV4 },
		[SVNIC_PTYPE_UDPV4] = { SVNIC_RSS_UDPV4, SVNIC_RSS_IPV4,
					SVNIC_PTYPE_IPV4 },
		[SVNIC_PTYPE_IPV6] = { 0, SVNIC_RSS_IPV6, SVNIC_PTYPE_IPV6 },
		[SVNIC_PTYPE_TCPV6] = { SVNIC_RSS_TCPV6, SVNIC_RSS_IPV6,
					SVNIC_PTYPE_IPV6 },
		[SVNIC_PTYPE_UDPV6] = { SVNIC_RSS_UDPV6, SVNIC_RSS_IPV6,
					SVNIC_PTYPE_IPV6 },
	};
	const struct svnic_headers *hdr = &pkt->hdr;
	unsigned int len;
	uint8_t in[36];

	*type = SVNIC_PTYPE_NONE;
	if (hdr->type == SVNIC_PTYPE_NONE)
		return 0;
	if (rules[hdr->type].plain == SVNIC_PTYPE_IPV4) {
		len = 8;
		memcpy(in, pkt->data + hdr->l3 + 12, len);
	} else {
		len = 32;
		memcpy(in, pkt->data + hdr->l3 + 8, len);
	}
	if (fn->s.rss_ctrl & rules[hdr->type].ports) {
		memcpy(in + len, pkt->data + hdr->l4, 4);
		len += 4;
		*type = hdr->type;
	} else if (fn->s.rss_ctrl & rules[hdr->type].addrs) {
		*type = rules[hdr->type].plain;
	} else {
		return 0;
	}
	return svnic_rss_toeplitz(fn, in, len);
}
