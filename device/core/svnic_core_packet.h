/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: a frame inside the core, its headers, and
 * functions that change it (parse.c, csum.c, packet.c, segment.c).
 */
#ifndef SVNIC_CORE_PACKET_H
#define SVNIC_CORE_PACKET_H

#include "svnic_core_bytes.h"

struct svnic_core;

#define SVNIC_HEADROOM		64	/* space for tags before a frame */
#define SVNIC_VLAN_LEN		4
#define SVNIC_ETH_HLEN		14
#define SVNIC_ETH_ADDRS		12	/* both addresses */
#define SVNIC_ETHERTYPE_VLAN	0x8100
#define SVNIC_ETHERTYPE_AD	0x88a8
#define SVNIC_PROTO_UDP		17
#define SVNIC_TCP_CSUM		16	/* offset of the checksum in TCP */

/**
 * struct svnic_headers - headers that the parser found (parse.c)
 * @type: enum svnic_ptype
 * @l3: offset of the IP header
 * @l4: offset of the TCP or UDP header, 0 if @type has none
 * @l4_len: number of bytes from @l4 to the end of the IP packet
 * @pad: number of bytes behind the IP packet
 * @ip_bad: IPv4 header checksum is wrong
 * @proto: protocol over IP, or the IPv6 extension header where the parser ended
 */
struct svnic_headers {
	uint8_t		type;
	uint8_t		ip_bad;
	uint8_t		proto;
	uint16_t	l3;
	uint16_t	l4;
	uint32_t	l4_len;
	uint32_t	pad;
};

enum svnic_verdict {
	SVNIC_CSUM_UNKNOWN	= 0,	/* not verified yet */
	SVNIC_CSUM_NONE,		/* nothing to verify */
	SVNIC_CSUM_OK,
	SVNIC_CSUM_BAD,
};

/**
 * struct svnic_pkt - a frame inside the core, as it is on the wire
 * @data: the bytes of the frame; writable only if @owned
 * @len: number of bytes
 * @csum_start: as in struct svnic_frame, valid if @csum_partial
 * @csum_offset: as in struct svnic_frame, valid if @csum_partial
 * @gso_size: payload of a segment if the frame is still to be split, else 0
 * @hdr_len: length of all headers in bytes, with @gso_size
 * @l3_start: where the IP header before TCP starts, with @gso_size
 * @outer_l3: where the IP header of a tunnel starts, with @gso_size; 0: none
 * @outer_l4: where the tunnel's UDP header starts; 0: none
 * @outer_csum: the checksum of that is to be computed
 * @vlan: class of the outer tag, see svnic_vlan_class()
 * @source: vport that it comes from, or SVNIC_RX_SOURCE_WIRE
 * @csum_partial: the L4 checksum is not complete
 * @owned: @data is in a buffer of the core, with SVNIC_HEADROOM before it
 * @parsed: @hdr is valid
 * @verdict: enum svnic_verdict
 * @hdr: headers that the parser found
 */
struct svnic_pkt {
	uint8_t			*data;
	uint32_t		len;
	uint16_t		csum_start;
	uint16_t		csum_offset;
	uint16_t		gso_size;
	uint16_t		hdr_len;
	uint16_t		l3_start;
	uint16_t		outer_l3;
	uint16_t		outer_l4;
	uint16_t		vlan;
	uint16_t		source;
	uint8_t			csum_partial;
	uint8_t			outer_csum;
	uint8_t			owned;
	uint8_t			parsed;
	uint8_t			verdict;
	struct svnic_headers	hdr;
};

static inline bool svnic_is_multicast(const uint8_t *mac)
{
	return mac[0] & 1;
}

static inline bool svnic_is_broadcast(const uint8_t *mac)
{
	return (mac[0] & mac[1] & mac[2] & mac[3] & mac[4] & mac[5]) == 0xff;
}

/* Counts @n frames that begin with @mac, if it is not unicast. */
static inline void svnic_count_cast(const uint8_t *mac, uint64_t n,
				    uint64_t *mcast, uint64_t *bcast)
{
	if (svnic_is_broadcast(mac))
		*bcast += n;
	else if (svnic_is_multicast(mac))
		*mcast += n;
}

/* True if the frame has a VLAN tag, at byte 12. */
static inline bool svnic_tagged(const uint8_t *data)
{
	uint16_t proto = svnic_get_be16(data + SVNIC_ETH_ADDRS);

	return proto == SVNIC_ETHERTYPE_VLAN || proto == SVNIC_ETHERTYPE_AD;
}

/* packet.c */
void svnic_pkt_own(struct svnic_core *core, struct svnic_pkt *pkt);
void svnic_pkt_push_tag(struct svnic_pkt *pkt, uint16_t proto, uint16_t tci);
void svnic_pkt_pop_tag(struct svnic_pkt *pkt);
uint32_t svnic_pkt_frames(const struct svnic_pkt *pkt);
uint64_t svnic_pkt_wire_len(const struct svnic_pkt *pkt);

/* port.c */
void svnic_port_count(struct svnic_port_dir_counts *dir,
		      const struct svnic_pkt *pkt);
void svnic_port_get(const struct svnic_core *core,
		    struct svnic_port_stats *stats);

/* parse.c */
uint16_t svnic_vlan_class(const uint8_t *data, uint32_t len);
void svnic_parse(struct svnic_pkt *pkt);
bool svnic_parse_gso(struct svnic_core *core, struct svnic_pkt *pkt);

/* csum.c */
uint32_t svnic_csum_add(uint32_t sum, const uint8_t *p, size_t len);
uint16_t svnic_csum_fold(uint32_t sum);
uint32_t svnic_csum_pseudo(const uint8_t *data,
			   const struct svnic_headers *hdr);
void svnic_csum_store(uint8_t *field, uint32_t sum);
void svnic_csum_ip(uint8_t *ip);
void svnic_csum_complete(struct svnic_pkt *pkt);
void svnic_csum_verify(struct svnic_pkt *pkt);

/* segment.c */
void svnic_segment(struct svnic_core *core, const struct svnic_pkt *pkt,
		   uint32_t index, struct svnic_pkt *seg);

#endif /* SVNIC_CORE_PACKET_H */
