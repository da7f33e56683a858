/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the state of the NIC, in plain structures
 * without pointers. A save and restore needs these only; everything else in
 * svnic_core_priv.h can be computed from them.
 */
#ifndef SVNIC_CORE_STATE_H
#define SVNIC_CORE_STATE_H

#include "svnic_core.h"

/* Limits of this implementation, shown in the registers of section 3.1. */
#define SVNIC_MAX_QUEUES	32	/* of the PF; a VF has 16 at most */
#define SVNIC_MAX_VECTORS	(SVNIC_MAX_QUEUES + 1)
#define SVNIC_MAX_FNS		(1 + SVNIC_VF_LIMIT)
#define SVNIC_RING_MIN_LOG2	6
#define SVNIC_RING_MAX_LOG2	12
#define SVNIC_EVQ_MIN_LOG2	4
#define SVNIC_EVQ_MAX_LOG2	12
#define SVNIC_TX_CHAIN		48
#define SVNIC_TX_INLINE		240
#define SVNIC_FRAME_MIN		14
#define SVNIC_FRAME_MAX		9216
#define SVNIC_TSO_MAX		65536
#define SVNIC_BUF_MIN		256
#define SVNIC_BUF_MAX		32768
#define SVNIC_BUF_UNIT		64
#define SVNIC_RESET_MS		100
#define SVNIC_RSS_ENTRIES	128
#define SVNIC_MODERATION_MAX	10000
#define SVNIC_VPORT_FRAME_MAX	1518	/* at power on */

/*
 * The class of a VLAN: its id, plus this bit if its tag is 802.1ad. Class 0 is
 * no VLAN.
 */
#define SVNIC_VLAN_AD		0x1000
#define SVNIC_VLAN_CLASSES	0x2000

#define SVNIC_SET_WORDS		((SVNIC_MAX_FNS + 63) / 64)

enum svnic_half {
	SVNIC_TX	= 0,
	SVNIC_RX	= 1,
};

/**
 * struct svnic_counters - struct svnic_fn_stats in host order, same layout
 */
struct svnic_counters {
	uint64_t	rx_packets;
	uint64_t	rx_bytes;
	uint64_t	rx_mcast;
	uint64_t	rx_bcast;
	uint64_t	rx_no_buffer;
	uint64_t	rx_errors;
	uint64_t	rx_coalesced;
	uint64_t	rx_coalesced_segs;
	uint64_t	tx_packets;
	uint64_t	tx_bytes;
	uint64_t	tx_mcast;
	uint64_t	tx_bcast;
	uint64_t	tx_errors;
	uint64_t	tx_spoof_mac;
	uint64_t	tx_spoof_vlan;
	uint64_t	tx_link_down;
	uint64_t	tx_tso;
	uint64_t	mbx_requests;
	uint64_t	mbx_dropped;
	uint64_t	dma_reads;
	uint64_t	dma_read_bytes;
	uint64_t	dma_writes;
	uint64_t	dma_write_bytes;
	uint64_t	doorbells;
	uint64_t	interrupts;
	uint64_t	resets;
};

_Static_assert(sizeof(struct svnic_counters) == sizeof(struct svnic_fn_stats),
	       "counters and their wire format differ");

/**
 * struct svnic_set - a set of functions, to find work without a scan of all
 * @word: one bit per function
 */
struct svnic_set {
	uint64_t	word[SVNIC_SET_WORDS];
};

/**
 * struct svnic_copy - progress of a frame with many receivers, kept between
 *	turns
 * @step: 0: deliver the frame to the vports that take it unsplit; n > 0:
 *	deliver segment n - 1 to the others
 * @part: @had is not empty
 * @had: vports that already have the frame or segment of this step
 */
struct svnic_copy {
	uint32_t		step;
	uint8_t			part;
	struct svnic_set	had;
};

/**
 * struct svnic_qp_state - a queue pair (section 4)
 * @vector: MSI-X vector or SVNIC_VECTOR_NONE
 * @buf_size: size of each receive buffer in bytes
 * @tx_size: number of transmit descriptors
 * @rx_size: number of postings, and of completions
 * @rx_fmt: SVNIC_RX_FMT_*, but not checked while the receive half does not run
 * @tx_start: index at which the transmit half starts
 * @rx_start: index at which the receive half starts
 * @tx_base: address of the transmit ring
 * @rx_base: address of the ring of postings
 * @cmpl_base: address of the ring of completions
 * @state_base: address of struct svnic_queue_state
 * @active: by half: the ring runs
 * @error: by half: enum svnic_error of the last stop
 * @tx_prod: newest producer index seen
 * @tx_cons: consumer index, as written to the state block
 * @tx_seg: segments of the frame at @tx_cons that were sent to the wire
 * @tx_counted: bytes of that frame that the rates were charged for (10.7)
 * @tx_copying: that frame was sent to the wire, if it had to be; its delivery
 *	to vports is not finished
 * @tx_copy: progress of that delivery
 * @tx_decided: @tx_cons at the last interrupt decision
 * @tx_event: the driver's event index, as last read or written by doorbell
 * @rx_prod: newest producer index seen
 * @rx_cons: index of the buffer to be used next, and of its completion
 * @rx_decided: @rx_cons at the last interrupt decision
 * @rx_event: as @tx_event
 * @rx_starved: rx_kick of the state block asks for a doorbell; the device does
 *	not read rx_prod before it comes
 */
struct svnic_qp_state {
	uint32_t	vector;
	uint32_t	buf_size;
	uint32_t	tx_size;
	uint32_t	rx_size;
	uint32_t	rx_fmt;
	uint32_t	tx_start;
	uint32_t	rx_start;
	uint64_t	tx_base;
	uint64_t	rx_base;
	uint64_t	cmpl_base;
	uint64_t	state_base;
	uint8_t		active[2];
	uint8_t		error[2];
	uint32_t	tx_prod;
	uint32_t	tx_cons;
	uint32_t	tx_seg;
	uint32_t	tx_counted;
	uint8_t		tx_copying;
	struct svnic_copy tx_copy;
	uint32_t	tx_decided;
	uint32_t	tx_event;
	uint32_t	rx_prod;
	uint32_t	rx_cons;
	uint32_t	rx_decided;
	uint32_t	rx_event;
	uint8_t		rx_starved;
};

/**
 * struct svnic_rss_state - receive side scaling (section 5.6), of the registers
 *	or of a context
 * @ctrl: RSS_CTRL
 * @fields_ipv4: RSS_FIELDS_IPV4
 * @fields_ipv6: RSS_FIELDS_IPV6
 * @key: Toeplitz key
 * @table: queue pair by hash
 */
struct svnic_rss_state {
	uint32_t	ctrl;
	uint32_t	fields_ipv4;
	uint32_t	fields_ipv6;
	uint8_t		key[SVNIC_RSS_KEY_LEN];
	uint8_t		table[SVNIC_RSS_ENTRIES];
};

/**
 * struct svnic_vport_state - a port of the switch (section 10.3)
 * @mac: station address
 * @link: enum svnic_vport_link
 * @flags: SVNIC_VPORT_*
 * @frame_max: length of the longest frame that it receives
 * @port_vlan: tag of the port VLAN, 0 for none
 * @port_vlan_proto: EtherType of that tag
 * @queues: queue pairs granted
 * @vectors: MSI-X vectors granted
 * @mac_filters: address filters granted
 * @vlan_filters: VLAN filters granted
 * @flow_rules: flow rules granted
 * @rss_contexts: RSS contexts granted
 * @macs: number of address filters in use
 * @vids: number of VLAN filters in use
 * @vlans: bitmap of the VLAN filters, by class
 * @note: data that the PF's driver stores here for its next instance
 */
struct svnic_vport_state {
	uint8_t		mac[6];
	uint8_t		link;
	uint32_t	flags;
	uint16_t	frame_max;
	uint16_t	port_vlan;
	uint16_t	port_vlan_proto;
	uint16_t	queues;
	uint16_t	vectors;
	uint16_t	mac_filters;
	uint16_t	vlan_filters;
	uint16_t	flow_rules;
	uint16_t	rss_contexts;
	uint16_t	macs;
	uint16_t	vids;
	uint32_t	vlans[SVNIC_VLAN_CLASSES / 32];
	struct svnic_vport_note note;
};

/**
 * struct svnic_rate_state - rates of a vport (section 10.7)
 * @share: guaranteed bytes per second, or 0
 * @max: maximum of bytes per second, or 0 for none
 * @weight: part of the capacity that the guarantees leave
 * @priority: vports of a higher one come first
 */
struct svnic_rate_state {
	uint64_t	share;
	uint64_t	max;
	uint32_t	weight;
	uint8_t		priority;
};

/* Events to write as soon as the function's event ring has room. */
#define SVNIC_PEND_LINK		0x1
#define SVNIC_PEND_NOTIFY	0x2
#define SVNIC_PEND_MBX_REPLY	0x4

/* Kinds of events about a VF that the PF has not answered yet (section 6). */
#define SVNIC_TOLD_RESET	0x1
#define SVNIC_TOLD_REQUEST	0x2
#define SVNIC_TOLD_ERROR	0x4

/**
 * struct svnic_port_dir_counts - struct svnic_port_dir in host byte order
 * @frames: frames
 * @octets: bytes with FCS
 * @mcast: frames to a multicast address
 * @bcast: frames to the broadcast address
 * @ctrl: MAC control frames
 * @sizes: frames by length
 */
struct svnic_port_dir_counts {
	uint64_t	frames;
	uint64_t	octets;
	uint64_t	mcast;
	uint64_t	bcast;
	uint64_t	ctrl;
	uint64_t	sizes[SVNIC_PORT_SIZES];
};

/**
 * struct svnic_port_counts - counters of the port, section 9.1
 * @tx: frames sent
 * @rx: frames received
 * @rx_long: frames that are too long
 * @rx_short: frames that are too short
 */
struct svnic_port_counts {
	struct svnic_port_dir_counts	tx;
	struct svnic_port_dir_counts	rx;
	uint64_t			rx_long;
	uint64_t			rx_short;
};

/**
 * struct svnic_fn_state - a function
 * @ready: STATUS.READY
 * @enabled: STATUS.ENABLED
 * @error: STATUS.ERROR, enum svnic_error
 * @accept: accepted features as written
 * @features: accepted features in force; 0 unless @enabled
 * @evq_base: address of the event ring
 * @evq_size: number of its entries; 0 if it does not run
 * @evq_prod: number of events written
 * @evq_cons: number of events consumed, as last written by the driver
 * @evq_armed: the next event sends an MSI-X message
 * @evq_again: the driver left events unread: send another MSI-X message
 * @pending: SVNIC_PEND_*
 * @notify: SVNIC_NOTIFY_* that no event has reported yet
 * @cmd_base: address of the command ring
 * @cmd_size: number of its entries; 0 if it does not run
 * @cmd_prod: newest producer index
 * @cmd_cons: number of commands done
 * @rx_ctrl: SVNIC_RX_CTRL_*
 * @mbx_base: address of the mailbox buffer of a VF
 * @mbx_len: length in bytes of the request in flight
 * @mbx_reply_len: length in bytes of a reply that no event has reported yet
 * @mbx_seq: number of the newest request delivered
 * @mbx_busy: a request is in flight
 * @mbx_given: the request in flight was delivered to the PF
 * @reset_seq: number of resets so far
 * @reset_open: the PF has not answered the newest reset
 * @reset_told: number of the newest reset reported to the PF
 * @told: SVNIC_TOLD_*, kinds of events about the VF that the PF has not
 *	answered yet
 * @queue_errors: halves whose error is not reported to the function yet, bit
 *	pair + 32 * half
 * @queue_error_pf: event data of the newest error not reported to the PF yet,
 *	or 0
 * @queue_error: by half and pair: the error to report
 * @rss: receive side scaling, as in the registers
 * @moderation: by half and vector, as in the registers
 * @vport: the function's port of the switch
 * @rate: rates of the vport
 * @stats: counters, except .doorbells, which is in struct svnic_fn
 */
struct svnic_fn_state {
	uint8_t		ready;
	uint8_t		enabled;
	uint16_t	error;
	uint32_t	rx_ctrl;
	uint64_t	accept;
	uint64_t	features;

	uint64_t	evq_base;
	uint32_t	evq_size;
	uint32_t	evq_prod;
	uint32_t	evq_cons;
	uint8_t		evq_armed;
	uint8_t		evq_again;
	uint16_t	pending;
	uint32_t	notify;

	uint64_t	cmd_base;
	uint32_t	cmd_size;
	uint32_t	cmd_prod;
	uint32_t	cmd_cons;

	uint64_t	mbx_base;
	uint16_t	mbx_len;
	uint16_t	mbx_reply_len;
	uint32_t	mbx_seq;
	uint8_t		mbx_busy;
	uint8_t		mbx_given;

	uint8_t		reset_open;
	uint8_t		told;
	uint32_t	reset_seq;
	uint32_t	reset_told;

	uint64_t	queue_errors;
	uint32_t	queue_error_pf;
	uint8_t		queue_error[2][SVNIC_MAX_QUEUES];

	struct svnic_rss_state rss;
	uint32_t	moderation[2][SVNIC_MAX_VECTORS];

	struct svnic_vport_state	vport;
	struct svnic_rate_state		rate;
	struct svnic_counters		stats;
};

/**
 * struct svnic_pf_state - state that only the PF has (section 10)
 * @mbx_ring: address of the mailbox ring, with one slot per VF
 * @mbx_on: the mailbox ring runs
 * @resets: VFs with a reset to report to the PF
 * @requests: VFs with a request to deliver
 * @queue_errors: VFs with a queue error to report to the PF
 * @turn: VF to look at first, for each of the three sets
 * @kind: set to look at first
 */
struct svnic_pf_state {
	uint64_t		mbx_ring;
	uint8_t			mbx_on;
	struct svnic_set	resets;
	struct svnic_set	requests;
	struct svnic_set	queue_errors;
	uint16_t		turn[3];
	uint8_t			kind;
};

#endif /* SVNIC_CORE_STATE_H */
