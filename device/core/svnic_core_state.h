/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: the state of the NIC. Plain structures with
 * no pointers, which a save and a restore would carry; all else in
 * svnic_core_priv.h can be made anew from them.
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

/* A VLAN's class is its id, and this if its tag is 802.1ad; 0: no VLAN. */
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
 * struct svnic_set - a set of functions, for work that must not scan them all
 * @word: a bit a function
 */
struct svnic_set {
	uint64_t	word[SVNIC_SET_WORDS];
};

/**
 * struct svnic_copy - how far a frame got to its receivers, between turns
 * @step: 0: it goes to those who take it as it is; then its segments one by one
 * @part: @had is not empty
 * @had: vports that had what this step gives
 */
struct svnic_copy {
	uint32_t		step;
	uint8_t			part;
	struct svnic_set	had;
};

/**
 * struct svnic_qp_state - a queue pair (section 4)
 * @vector: MSI-X vector or SVNIC_VECTOR_NONE
 * @buf_size: octets of each receive buffer
 * @tx_size: transmit descriptors
 * @rx_size: postings and completions
 * @rx_fmt: SVNIC_RX_FMT_*, or anything while the receive half does not run
 * @tx_start: index at which the transmit half starts
 * @rx_start: index at which the receive half starts
 * @tx_base: transmit ring
 * @rx_base: ring of postings
 * @cmpl_base: ring of completions
 * @state_base: struct svnic_queue_state
 * @active: by half: the ring runs
 * @error: by half: enum svnic_error of the last stop
 * @tx_prod: newest producer index seen
 * @tx_cons: descriptors done, as written back
 * @tx_seg: segments of the frame at @tx_cons that the wire has taken
 * @tx_counted: octets of that frame that count as sent already
 * @tx_copying: the wire had it, vports have it in part
 * @tx_copy: which ones
 * @tx_decided: @tx_cons at the last interrupt decision
 * @tx_event: the driver's event index, as last read or written by doorbell
 * @rx_prod: newest producer index seen
 * @rx_cons: index of the buffer to be used next, and of its completion
 * @rx_decided: @rx_cons at the last interrupt decision
 * @rx_event: as @tx_event
 * @rx_starved: @rx_kick asked for a doorbell; do not look before it comes
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
 * struct svnic_vport_state - a port of the switch (section 10.3)
 * @mac: station address
 * @link: enum svnic_vport_link
 * @flags: SVNIC_VPORT_*
 * @frame_max: longest frame to receive
 * @port_vlan: tag of the port VLAN, 0 for none
 * @port_vlan_proto: its EtherType
 * @queues: grant
 * @vectors: grant
 * @mac_filters: grant
 * @vlan_filters: grant
 * @macs: address filters in use
 * @vids: VLAN filters in use
 * @vlans: bitmap of the VLAN filters, by class
 * @note: of the PF's driver, for the next one
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
	uint16_t	macs;
	uint16_t	vids;
	uint32_t	vlans[SVNIC_VLAN_CLASSES / 32];
	struct svnic_vport_note note;
};

/**
 * struct svnic_rate_state - what a vport may send (section 10.7)
 * @share: guarantee, octets per second
 * @max: bound, octets per second, or 0
 * @weight: part in what the guarantees leave
 * @priority: the higher comes first
 */
struct svnic_rate_state {
	uint64_t	share;
	uint64_t	max;
	uint32_t	weight;
	uint8_t		priority;
};

/* Events a function has to be told of as soon as its ring has room. */
#define SVNIC_PEND_LINK		0x1
#define SVNIC_PEND_NOTIFY	0x2
#define SVNIC_PEND_MBX_REPLY	0x4

/* What the PF was told of a VF and has not answered (section 6). */
#define SVNIC_TOLD_RESET	0x1
#define SVNIC_TOLD_REQUEST	0x2
#define SVNIC_TOLD_ERROR	0x4

/**
 * struct svnic_fn_state - a function
 * @ready: STATUS.READY
 * @enabled: STATUS.ENABLED
 * @error: STATUS.ERROR, enum svnic_error
 * @accept: accepted features as written
 * @features: accepted features in force; 0 unless @enabled
 * @evq_base: event ring
 * @evq_size: its entries; 0 if it does not run
 * @evq_prod: events written
 * @evq_cons: events taken, as last written by the driver
 * @evq_armed: the next event sends an MSI-X
 * @evq_again: events were left unread: send another MSI-X
 * @pending: SVNIC_PEND_*
 * @notify: SVNIC_NOTIFY_* not told yet
 * @cmd_base: command ring
 * @cmd_size: its entries; 0 if it does not run
 * @cmd_prod: newest producer index
 * @cmd_cons: commands done
 * @rx_ctrl: SVNIC_RX_CTRL_*
 * @mbx_base: mailbox buffer of a VF
 * @mbx_len: octets of the request in flight
 * @mbx_reply_len: octets of the reply not told yet
 * @mbx_seq: number of the newest request delivered
 * @mbx_busy: a request is in flight
 * @mbx_given: and was delivered to the PF
 * @reset_seq: resets so far
 * @reset_open: the PF has not answered the newest reset
 * @reset_told: number of the newest reset that the PF was told
 * @told: SVNIC_TOLD_*, what of the VF the PF was told and has not answered
 * @queue_errors: halves whose error the function was not told yet, bit pair +
 *	32 * half
 * @queue_error_pf: data of the newest that the PF was not told, or 0
 * @queue_error: by half and pair: the error to tell
 * @rss_ctrl: SVNIC_RSS_*
 * @rss_key: Toeplitz key
 * @rss_table: queue pair by hash
 * @moderation: by half and vector, as in the registers
 * @vport: the function's port of the switch
 * @rate: what it may send
 * @stats: counters; .doorbells lives in struct svnic_fn
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

	uint32_t	rss_ctrl;
	uint8_t		rss_key[SVNIC_RSS_KEY_LEN];
	uint8_t		rss_table[SVNIC_RSS_ENTRIES];
	uint32_t	moderation[2][SVNIC_MAX_VECTORS];

	struct svnic_vport_state	vport;
	struct svnic_rate_state		rate;
	struct svnic_counters		stats;
};

/**
 * struct svnic_pf_state - what only the PF has (section 10)
 * @mbx_ring: one slot a VF for its request
 * @mbx_on: the mailbox ring runs
 * @resets: VFs whose reset the PF must be told
 * @requests: VFs with a request to deliver
 * @queue_errors: VFs with queue errors the PF must be told
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
