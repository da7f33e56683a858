/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libsvnic: helpers for the descriptor formats (spec 5).
 */
#ifndef _LIBSVNIC_DESC_H
#define _LIBSVNIC_DESC_H

#include <linux/if_vlan.h>
#include <linux/skbuff.h>

#include <svnic/svnic_desc.h>

/* Longest piece: a multiple of 4 KiB, so that pieces stay aligned. */
#define SVNIC_TXD_PIECE_MAX	(SZ_64K - SZ_4K)

static inline void svnic_txd_piece(struct svnic_tx_desc *desc, dma_addr_t dma,
				   u16 len)
{
	*desc = (struct svnic_tx_desc) {
		.addr	= cpu_to_le64(dma),
		.len	= cpu_to_le16(len),
	};
}

static inline void svnic_txd_tso(struct svnic_tx_desc *desc, u16 mss,
				 u16 hdr_len, u8 l3_start)
{
	*(struct svnic_tx_tso *)desc = (struct svnic_tx_tso) {
		.mss		= cpu_to_le16(mss),
		.hdr_len	= cpu_to_le16(hdr_len),
		.flags		= cpu_to_le16(SVNIC_TXD_CTX),
		.l3_start	= l3_start,
	};
}

/* Add the headers of a tunnel to a context. @outer_l4: 0 if it is not UDP. */
static inline void svnic_txd_tunnel(struct svnic_tx_desc *desc, u8 outer_l3,
				    u8 outer_l4, bool csum)
{
	struct svnic_tx_tso *tso = (struct svnic_tx_tso *)desc;

	tso->outer_l3 = outer_l3;
	tso->outer_l4 = outer_l4;
	tso->opts = csum ? SVNIC_TSO_OUTER_CSUM : 0;
}

/* Mark first and last piece; the first one has the offloads of the frame. */
static inline void svnic_txd_mark_ends(struct svnic_tx_desc *first,
				       struct svnic_tx_desc *last,
				       const struct sk_buff *skb)
{
	u16 flags = SVNIC_TXD_SOP;

	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		flags |= SVNIC_TXD_CSUM;
		first->csum_start = skb_checksum_start_offset(skb);
		first->csum_offset = skb->csum_offset;
	}
	if (skb_is_gso(skb))
		flags |= SVNIC_TXD_TSO;
	if (skb_vlan_tag_present(skb)) {
		flags |= SVNIC_TXD_VLAN;
		first->vlan_tci = cpu_to_le16(skb_vlan_tag_get(skb));
	}
	first->flags = cpu_to_le16(flags);
	last->flags |= cpu_to_le16(SVNIC_TXD_EOP);
}

/*
 * A frame of one descriptor, without segmentation. @flags is SVNIC_TXD_INLINE,
 * with no address, or 0. Returns true if the device inserts a checksum.
 */
static inline bool svnic_txd_single(struct svnic_tx_desc *desc, dma_addr_t dma,
				    u16 len, u16 flags,
				    const struct sk_buff *skb)
{
	bool csum = skb->ip_summed == CHECKSUM_PARTIAL;

	flags |= SVNIC_TXD_SOP | SVNIC_TXD_EOP;
	desc->addr = cpu_to_le64(dma);
	desc->len = cpu_to_le16(len);
	desc->csum_start = 0;
	desc->csum_offset = 0;
	desc->vlan_tci = 0;
	if (csum) {
		flags |= SVNIC_TXD_CSUM;
		desc->csum_start = skb_checksum_start_offset(skb);
		desc->csum_offset = skb->csum_offset;
	}
	if (skb_vlan_tag_present(skb)) {
		flags |= SVNIC_TXD_VLAN;
		desc->vlan_tci = cpu_to_le16(skb_vlan_tag_get(skb));
	}
	desc->flags = cpu_to_le16(flags);
	return csum;
}

/* Phase bit of a valid completion of this index. */
static inline u32 svnic_rxc_phase(u32 index, u32 size)
{
	return index & size ? 0 : SVNIC_RXC_PHASE;
}

static inline enum svnic_ptype svnic_rxc_type(u32 info)
{
	return info >> SVNIC_RXC_TYPE_SHIFT & SVNIC_RXC_TYPE_MASK;
}

static inline enum svnic_ptype svnic_rxc_hash_type(u32 info)
{
	return info >> SVNIC_RXC_HASH_SHIFT & SVNIC_RXC_HASH_MASK;
}

#endif /* _LIBSVNIC_DESC_H */
