// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: receive side scaling (section 5.6), the Toeplitz hash. The
 * hash is linear: each half byte of the input contributes a value that depends
 * on its position, and the hash is the XOR of these. They are in a table.
 */
#include "svnic_core_packet.h"
#include "svnic_core_path.h"
#include "svnic_core_priv.h"

/* 32 bits of the key from bit @at on; its begin follows its end. */
static uint32_t svnic_rss_window(const uint8_t *key, unsigned int at)
{
	uint64_t bits = 0;
	unsigned int i;

	for (i = 0; i < 5; i++)
		bits = bits << 8 | key[(at / 8 + i) % SVNIC_RSS_KEY_LEN];
	return (uint32_t)(bits >> (8 - at % 8));
}

static void svnic_rss_make_lut(struct svnic_rss_lut *lut, const uint8_t *key)
{
	unsigned int place, bit, val;
	uint32_t *part;

	for (place = 0; place < 2 * SVNIC_RSS_INPUT_MAX; place++) {
		for (val = 0; val < 16; val++) {
			part = &lut->part[place][val];
			*part = 0;
			for (bit = 0; bit < 4; bit++)
				if (val & 8 >> bit)
					*part ^= svnic_rss_window(key, place *
								  4 + bit);
		}
	}
	lut->made = true;
}

static uint32_t svnic_rss_toeplitz(const struct svnic_rss_lut *lut,
				   const uint8_t *in, unsigned int len)
{
	uint32_t hash = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		hash ^= lut->part[2 * i][in[i] >> 4] ^
			lut->part[2 * i + 1][in[i] & 0xf];
	return hash;
}

/* What is hashed of a frame of a type: SVNIC_RSS_SRC and so on. */
static uint8_t svnic_rss_fields(const struct svnic_rss_state *rss,
				enum svnic_ptype type)
{
	switch (type) {
	case SVNIC_PTYPE_IPV4:
		return rss->fields_ipv4 >> SVNIC_RSS_OTHER_SHIFT;
	case SVNIC_PTYPE_TCPV4:
		return rss->fields_ipv4 >> SVNIC_RSS_TCP_SHIFT;
	case SVNIC_PTYPE_UDPV4:
		return rss->fields_ipv4 >> SVNIC_RSS_UDP_SHIFT;
	case SVNIC_PTYPE_IPV6:
		return rss->fields_ipv6 >> SVNIC_RSS_OTHER_SHIFT;
	case SVNIC_PTYPE_TCPV6:
		return rss->fields_ipv6 >> SVNIC_RSS_TCP_SHIFT;
	case SVNIC_PTYPE_UDPV6:
		return rss->fields_ipv6 >> SVNIC_RSS_UDP_SHIFT;
	default:
		return 0;
	}
}

/*
 * Copies a source and a destination of @len bytes each to @in, as far as they
 * are hashed, and makes them the same for both directions. Returns the number
 * of bytes.
 */
static unsigned int svnic_rss_pair(uint32_t ctrl, bool src, bool dst,
				   uint8_t *in, const uint8_t *from,
				   unsigned int len)
{
	unsigned int i;

	if (!src || !dst) {
		memcpy(in, dst ? from + len : from, src || dst ? len : 0);
		return src || dst ? len : 0;
	}
	memcpy(in, from, 2 * len);
	for (i = 0; ctrl & SVNIC_RSS_SYM_XOR && i < len; i++) {
		in[len + i] ^= from[i];
		in[i] = ctrl & SVNIC_RSS_SYM_OR_XOR ? from[i] | from[len + i] :
						      in[len + i];
	}
	return 2 * len;
}

/*
 * Returns the hash, and in @type the headers that it was computed from, NONE if
 * there is no hash. @lut belongs to @rss.
 */
uint32_t svnic_rss_hash(const struct svnic_rss_state *rss,
			struct svnic_rss_lut *lut, const struct svnic_pkt *pkt,
			enum svnic_ptype *type)
{
	const struct svnic_headers *hdr = &pkt->hdr;
	uint8_t fields = svnic_rss_fields(rss, hdr->type);
	const uint8_t *l3 = pkt->data + hdr->l3;
	uint8_t in[SVNIC_RSS_INPUT_MAX];
	bool v6 = hdr->type >= SVNIC_PTYPE_IPV6;
	unsigned int len;

	*type = SVNIC_PTYPE_NONE;
	if (!fields)
		return 0;
	if (!lut->made)
		svnic_rss_make_lut(lut, rss->key);
	len = svnic_rss_pair(rss->ctrl, fields & SVNIC_RSS_SRC,
			     fields & SVNIC_RSS_DST, in, l3 + (v6 ? 8 : 12),
			     v6 ? 16 : 4);
	if (fields & SVNIC_RSS_LABEL) {
		in[len] = 0;
		in[len + 1] = l3[1] & 0xf;
		in[len + 2] = l3[2];
		in[len + 3] = l3[3];
		len += 4;
	}
	*type = v6 ? SVNIC_PTYPE_IPV6 : SVNIC_PTYPE_IPV4;
	if (fields & SVNIC_RSS_PORTS) {
		len += svnic_rss_pair(rss->ctrl, fields & SVNIC_RSS_SPORT,
				      fields & SVNIC_RSS_DPORT, in + len,
				      pkt->data + hdr->l4, 2);
		*type = hdr->type;
	}
	return svnic_rss_toeplitz(lut, in, len);
}
