/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * SV-NIC device interface: structures in host memory.
 *
 * Section numbers refer to Documentation/svnic-spec.rst. All fields are little
 * endian and naturally aligned; reserved fields are written as zero and
 * checked by the device.
 */
#ifndef _UAPI_SVNIC_DESC_H
#define _UAPI_SVNIC_DESC_H

#include <linux/types.h>
#include <svnic/svnic_regs.h>

/*
 * Section 4.3: indices are free running modulo 2^32; the slot of index i in a
 * ring of n entries is i & (n - 1). A ring is full when producer - consumer
 * equals n. They start at SVNIC_QCFG_TX_START and SVNIC_QCFG_RX_START.
 */

/**
 * struct svnic_tx_desc - one piece of a frame to send (section 5.1)
 * @addr: bus address of the piece; zero with SVNIC_TXD_INLINE
 * @len: bytes of the piece, 1..65535
 * @flags: SVNIC_TXD_*; VLAN and CSUM only together with SOP
 * @vlan_tci: tag to insert, with SVNIC_TXD_VLAN
 * @csum_start: bytes from start of frame to where the checksum starts
 *	(the L4 header), with SVNIC_TXD_CSUM
 * @csum_offset: bytes from @csum_start to the checksum field
 *
 * The driver writes the pseudo-header sum to the checksum field, with the L4
 * length of the whole frame, also for TSO: the device corrects it in each
 * segment. A result of zero is written as 0xffff.
 *
 * With SVNIC_TXD_INLINE, which needs SOP and EOP, the frame is in the next
 * SVNIC_TXD_INLINE_ENTRIES(@len) entries of the ring.
 */
struct svnic_tx_desc {
	__le64	addr;
	__le16	len;
	__le16	flags;
#define SVNIC_TXD_SOP		0x0001	/* first piece */
#define SVNIC_TXD_EOP		0x0002	/* last piece */
#define SVNIC_TXD_CSUM		0x0004	/* insert L4 checksum */
#define SVNIC_TXD_VLAN		0x0008	/* insert @vlan_tci as 802.1Q */
#define SVNIC_TXD_TSO		0x0010	/* follows a svnic_tx_tso */
#define SVNIC_TXD_INLINE	0x0020	/* the frame is in the ring */
#define SVNIC_TXD_CTX		0x8000	/* a context */
#define SVNIC_TXD_CTX_TYPE_MASK	0x0003	/* its type: 0 is TSO */
#define SVNIC_TXD_FLAGS		0x803f	/* all that are defined */
	__le16	vlan_tci;
	__u8	csum_start;
	__u8	csum_offset;
};

#define SVNIC_TXD_INLINE_ENTRIES(len)	(((len) + 15) / 16)

SVNIC_CHECK_SIZE(struct svnic_tx_desc, 16);
SVNIC_CHECK_OFFSET(struct svnic_tx_desc, flags, 10);

/**
 * struct svnic_tx_tso - context before the pieces of a TSO frame (section 5.3)
 * @mss: TCP payload bytes of each segment, at least 64
 * @hdr_len: bytes of all headers together
 * @outer_l3: bytes from start of frame to the IP header of a tunnel; 0: none.
 *	This and the next two need SVNIC_F_TSO_TUNNEL.
 * @outer_l4: bytes to the tunnel's UDP header; 0: none
 * @opts: SVNIC_TSO_OUTER_CSUM
 * @rsvd0: zero
 * @flags: SVNIC_TXD_CTX alone: a context of type 0, at the offset of
 *	svnic_tx_desc's flags
 * @l3_start: bytes from start of frame to the IP header before TCP
 * @rsvd1: zero
 *
 * The SOP descriptor that follows has SVNIC_TXD_TSO and SVNIC_TXD_CSUM.
 */
struct svnic_tx_tso {
	__le16	mss;
	__le16	hdr_len;
	__u8	outer_l3;
	__u8	outer_l4;
	__u8	opts;
	__u8	rsvd0[3];
	__le16	flags;
	__u8	l3_start;
	__u8	rsvd1[3];
};

SVNIC_CHECK_SIZE(struct svnic_tx_tso, 16);
SVNIC_CHECK_OFFSET(struct svnic_tx_tso, flags, 10);

#define SVNIC_TSO_MSS_MIN	64

/* svnic_tx_tso.opts */
#define SVNIC_TSO_OUTER_CSUM	0x01	/* compute the tunnel's UDP checksum */

/**
 * struct svnic_rx_desc - one posted receive buffer (section 5.5)
 * @addr: bus address of a buffer of SVNIC_QCFG_BUF_SIZE bytes
 */
struct svnic_rx_desc {
	__le64	addr;
};

SVNIC_CHECK_SIZE(struct svnic_rx_desc, 8);

/**
 * struct svnic_rx_cmpl - one filled receive buffer (section 5.5)
 * @hash: RSS hash of the frame, on SOP, if the hash type is not NONE
 * @len: bytes written to this buffer
 * @vlan_tci: stripped tag, on SOP, with SVNIC_RXC_VLAN
 * @gso_size: TCP payload bytes of a segment, on SOP, with
 *	SVNIC_RXC_COALESCED; else zero
 * @hdr_len: bytes of L2, L3 and L4 headers, on SOP, with
 *	SVNIC_RXC_COALESCED; else zero
 * @info: SVNIC_RXC_*
 *
 * Buffers complete in the order they were posted, one completion each. The
 * completion of index i is valid when its phase bit equals
 * !((i / ring size) & 1). If the ring starts at index 0 that is 1 in the first
 * pass over a zeroed ring, then 0, and so on.
 * The device writes @info last or all 16 bytes at once.
 */
struct svnic_rx_cmpl {
	__le32	hash;
	__le16	len;
	__le16	vlan_tci;
	__le16	gso_size;
	__le16	hdr_len;
	__le32	info;
#define SVNIC_RXC_PHASE		0x00000001
#define SVNIC_RXC_SOP		0x00000002	/* first buffer of a frame */
#define SVNIC_RXC_EOP		0x00000004	/* last buffer of a frame */
#define SVNIC_RXC_VLAN		0x00000008	/* 802.1Q tag was stripped */
#define SVNIC_RXC_CSUM_OK	0x00000010	/* L4 checksum is correct */
#define SVNIC_RXC_CSUM_BAD	0x00000020	/* L4 or IPv4 checksum wrong */
#define SVNIC_RXC_COALESCED	0x00000040	/* several segments, 5.7 */
#define SVNIC_RXC_TYPE_SHIFT	8	/* [11:8] enum svnic_ptype: frame */
#define SVNIC_RXC_TYPE_MASK	0xf
#define SVNIC_RXC_HASH_SHIFT	12	/* [15:12] enum svnic_ptype: hashed */
#define SVNIC_RXC_HASH_MASK	0xf
};

SVNIC_CHECK_SIZE(struct svnic_rx_cmpl, 16);
SVNIC_CHECK_OFFSET(struct svnic_rx_cmpl, hdr_len, 10);
SVNIC_CHECK_OFFSET(struct svnic_rx_cmpl, info, 12);

/**
 * struct svnic_rx_cmpl32 - the same with SVNIC_RX_FMT_CMPL32 (section 5.5)
 * @hash: as in svnic_rx_cmpl
 * @len: as in svnic_rx_cmpl
 * @vlan_tci: as in svnic_rx_cmpl
 * @gso_size: as in svnic_rx_cmpl
 * @hdr_len: as in svnic_rx_cmpl
 * @mark: reserved, zero
 * @time: reserved, zero
 * @source: vport that sent the frame, or SVNIC_RX_SOURCE_WIRE, on SOP, with
 *	SVNIC_RXC_SOURCE; else zero. Only the PF is told.
 * @csum: reserved, zero
 * @info: SVNIC_RXC_*, as in svnic_rx_cmpl
 *
 * The device writes @info last or all 32 bytes at once.
 */
struct svnic_rx_cmpl32 {
	__le32	hash;
	__le16	len;
	__le16	vlan_tci;
	__le16	gso_size;
	__le16	hdr_len;
	__le32	mark;
	__le64	time;
	__le16	source;
#define SVNIC_RX_SOURCE_WIRE	0xffff
	__le16	csum;
	__le32	info;
#define SVNIC_RXC_SOURCE	0x00040000	/* @source is valid */
};

SVNIC_CHECK_SIZE(struct svnic_rx_cmpl32, 32);
SVNIC_CHECK_OFFSET(struct svnic_rx_cmpl32, hdr_len, 10);
SVNIC_CHECK_OFFSET(struct svnic_rx_cmpl32, time, 16);
SVNIC_CHECK_OFFSET(struct svnic_rx_cmpl32, source, 24);
SVNIC_CHECK_OFFSET(struct svnic_rx_cmpl32, info, 28);

/**
 * enum svnic_ptype - what the parser found in a frame (section 5.5)
 * @SVNIC_PTYPE_NONE: not IP, or not parsed
 * @SVNIC_PTYPE_IPV4: IPv4 with another L4 protocol, or a fragment
 * @SVNIC_PTYPE_TCPV4: TCP over IPv4
 * @SVNIC_PTYPE_UDPV4: UDP over IPv4
 * @SVNIC_PTYPE_IPV6: IPv6 with another next header, or a fragment
 * @SVNIC_PTYPE_TCPV6: TCP over IPv6
 * @SVNIC_PTYPE_UDPV6: UDP over IPv6
 */
enum svnic_ptype {
	SVNIC_PTYPE_NONE	= 0,
	SVNIC_PTYPE_IPV4	= 1,
	SVNIC_PTYPE_TCPV4	= 2,
	SVNIC_PTYPE_UDPV4	= 3,
	SVNIC_PTYPE_IPV6	= 4,
	SVNIC_PTYPE_TCPV6	= 5,
	SVNIC_PTYPE_UDPV6	= 6,
};

/**
 * struct svnic_queue_state - indices of driver and device (section 4.4, 4.5)
 * @tx_prod: driver: transmit descriptors filled in, same as SVNIC_DB_TX
 * @rx_prod: driver: receive buffers posted, same as SVNIC_DB_RX
 * @tx_event: driver: interrupt when @tx_cons passes this index
 * @rx_event: driver: interrupt when the completion count passes this index
 * @rsvd0: zero
 * @tx_cons: device: transmit descriptors done; the driver may free the memory
 * @tx_kick: device: ring SVNIC_DB_TX when @tx_prod passes this index
 * @rx_kick: device: ring SVNIC_DB_RX when @rx_prod passes this index
 * @rsvd1: not written
 *
 * An index that goes from old to new passes e when
 * (u32)(new - e - 1) < (u32)(new - old). Driver and device each write to a
 * cache line of their own. Without SVNIC_F_EVENT_IDX only @tx_cons is used.
 */
struct svnic_queue_state {
	__le32	tx_prod;
	__le32	rx_prod;
	__le32	tx_event;
	__le32	rx_event;
	__u8	rsvd0[48];
	__le32	tx_cons;
	__le32	tx_kick;
	__le32	rx_kick;
	__u8	rsvd1[52];
};

SVNIC_CHECK_SIZE(struct svnic_queue_state, 128);
SVNIC_CHECK_OFFSET(struct svnic_queue_state, tx_cons, 64);

/**
 * struct svnic_event - entry of a function's event ring (section 6)
 * @data2: see the type
 * @data: see the type
 * @vf: number of the VF concerned, SVNIC_EVENT_SELF for the own function
 * @type: enum svnic_event_type
 * @flags: SVNIC_EVENT_PHASE, as in svnic_rx_cmpl; last, since a write becomes
 *	visible in the order of its bytes
 */
struct svnic_event {
	__le64	data2;
	__le32	data;
	__le16	vf;
#define SVNIC_EVENT_SELF	0xffff
	__u8	type;
	__u8	flags;
#define SVNIC_EVENT_PHASE	0x01
};

SVNIC_CHECK_SIZE(struct svnic_event, 16);
SVNIC_CHECK_OFFSET(struct svnic_event, flags, 15);

/**
 * enum svnic_event_type - type of an event
 * @SVNIC_EVENT_COMMAND: command done; data = cookie | status << 16
 *	(enum svnic_error), data2 = bytes that the device has for the buffer
 * @SVNIC_EVENT_MBX_REQUEST: a VF's request is in its slot of the mailbox
 *	ring; data = bytes, data2 = sequence number for the reply. PF only.
 * @SVNIC_EVENT_MBX_REPLY: the reply is in the VF's buffer; data = bytes.
 *	VF only.
 * @SVNIC_EVENT_VF_RESET: a VF was reset and is not READY until the PF enables
 *	its vport again; data2 = reset sequence number. PF only.
 * @SVNIC_EVENT_QUEUE_ERROR: a queue stopped; data = queue pair |
 *	enum svnic_error << 16 | (1 << 31 if receive). Of the own function, and
 *	of VFs for the PF.
 * @SVNIC_EVENT_LINK: SVNIC_REG_LINK changed
 * @SVNIC_EVENT_NOTIFY: notification of a VF by the PF; data = SVNIC_NOTIFY_*
 *	since the last such event. VF only.
 * @SVNIC_EVENT_FATAL: the device failed; data = enum svnic_error
 */
enum svnic_event_type {
	SVNIC_EVENT_COMMAND	= 1,
	SVNIC_EVENT_MBX_REQUEST	= 2,
	SVNIC_EVENT_MBX_REPLY	= 3,
	SVNIC_EVENT_VF_RESET	= 4,
	SVNIC_EVENT_QUEUE_ERROR	= 5,
	SVNIC_EVENT_LINK	= 6,
	SVNIC_EVENT_NOTIFY	= 7,
	SVNIC_EVENT_FATAL	= 8,
};

#define SVNIC_QUEUE_ERROR_PAIR_MASK	0xffff
#define SVNIC_QUEUE_ERROR_CODE_SHIFT	16
#define SVNIC_QUEUE_ERROR_CODE_MASK	0xff
#define SVNIC_QUEUE_ERROR_RX		0x80000000

#define SVNIC_NOTIFY_CONFIG	0x00000001	/* read configuration again */
#define SVNIC_NOTIFY_RESET	0x00000002	/* reset the function */

/**
 * struct svnic_fn_stats - counters of a function (section 9)
 * @rx_packets: frames delivered to the function
 * @rx_bytes: bytes of these, without FCS
 * @rx_mcast: of these, multicast
 * @rx_bcast: of these, broadcast
 * @rx_no_buffer: frames lost since no buffer was posted
 * @rx_errors: frames lost: receive queue not running, or frame too long
 * @rx_coalesced: coalesced frames delivered, 5.7
 * @rx_coalesced_segs: segments in coalesced frames
 * @tx_packets: frames sent, after segmentation
 * @tx_bytes: bytes of these, without FCS
 * @tx_mcast: of these, multicast
 * @tx_bcast: of these, broadcast
 * @tx_errors: frames lost to malformed descriptors
 * @tx_spoof_mac: frames dropped, source address not the vport's
 * @tx_spoof_vlan: frames dropped, VLAN not the vport's
 * @tx_link_down: frames dropped, link down
 * @tx_tso: TSO frames accepted
 * @mbx_requests: mailbox requests accepted
 * @mbx_dropped: mailbox doorbells ignored (busy or bad length)
 * @dma_reads: PCIe read requests for memory
 * @dma_read_bytes: payload bytes of these
 * @dma_writes: PCIe memory writes
 * @dma_write_bytes: payload bytes of these
 * @doorbells: doorbell writes received
 * @interrupts: MSI-X messages sent
 * @resets: times the function was reset
 */
struct svnic_fn_stats {
	__le64	rx_packets;
	__le64	rx_bytes;
	__le64	rx_mcast;
	__le64	rx_bcast;
	__le64	rx_no_buffer;
	__le64	rx_errors;
	__le64	rx_coalesced;
	__le64	rx_coalesced_segs;
	__le64	tx_packets;
	__le64	tx_bytes;
	__le64	tx_mcast;
	__le64	tx_bcast;
	__le64	tx_errors;
	__le64	tx_spoof_mac;
	__le64	tx_spoof_vlan;
	__le64	tx_link_down;
	__le64	tx_tso;
	__le64	mbx_requests;
	__le64	mbx_dropped;
	__le64	dma_reads;
	__le64	dma_read_bytes;
	__le64	dma_writes;
	__le64	dma_write_bytes;
	__le64	doorbells;
	__le64	interrupts;
	__le64	resets;
};

SVNIC_CHECK_SIZE(struct svnic_fn_stats, 208);
SVNIC_CHECK_OFFSET(struct svnic_fn_stats, tx_packets, 64);
SVNIC_CHECK_OFFSET(struct svnic_fn_stats, dma_reads, 152);

#endif /* _UAPI_SVNIC_DESC_H */
