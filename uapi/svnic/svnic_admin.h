/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * SV-NIC device interface: command queue, and the PF's commands (spec
 * section 10).
 *
 * Commands are taken in order from a ring of struct svnic_cmd; each ends in
 * one SVNIC_EVENT_COMMAND. The device takes a command only when the event ring
 * has room for its answer.
 */
#ifndef _UAPI_SVNIC_ADMIN_H
#define _UAPI_SVNIC_ADMIN_H

#include <linux/types.h>
#include <svnic/svnic_desc.h>

/* Section 10.1: vport 0 is the PF's, vport 1 + n belongs to VF n. */
#define SVNIC_VPORT_PF		0
#define SVNIC_VPORT_VF(n)	(1 + (n))

/**
 * enum svnic_admin_opcode - commands of the PF, need SVNIC_F_ADMIN
 * @SVNIC_ADMIN_NOP: does nothing, succeeds
 * @SVNIC_ADMIN_IDENTIFY: write struct svnic_identity to the data buffer
 * @SVNIC_ADMIN_VPORT_SET: set the parts of struct svnic_vport_cfg that @mask
 *	names
 * @SVNIC_ADMIN_VPORT_GET: write struct svnic_vport_info to the data buffer
 * @SVNIC_ADMIN_VPORT_GRANT: set the grants, struct svnic_vport_grant; the
 *	function must not be READY
 * @SVNIC_ADMIN_VPORT_ENABLE: make the function READY, svnic_admin_enable
 * @SVNIC_ADMIN_VPORT_DISABLE: clear READY and stop the function's queues with
 *	SVNIC_ERR_STOPPED; its event ring and mailbox continue
 * @SVNIC_ADMIN_NOTE_SET: keep struct svnic_vport_note for the next PF driver
 * @SVNIC_ADMIN_NOTE_GET: write struct svnic_vport_note to the data buffer
 * @SVNIC_ADMIN_RATE_SET: set the transmit rate of a vport, struct
 *	svnic_vport_rate; needs SVNIC_F_RATE
 * @SVNIC_ADMIN_RATE_GET: write struct svnic_vport_rate to the data buffer;
 *	needs SVNIC_F_RATE
 * @SVNIC_ADMIN_MAC_ADD: add an address filter, svnic_admin_mac
 * @SVNIC_ADMIN_MAC_DEL: remove an address filter, svnic_admin_mac
 * @SVNIC_ADMIN_VLAN_ADD: add a VLAN filter, svnic_admin_vlan
 * @SVNIC_ADMIN_VLAN_DEL: remove a VLAN filter, svnic_admin_vlan
 * @SVNIC_ADMIN_FILTERS_CLEAR: remove filters, svnic_admin_clear
 * @SVNIC_ADMIN_MBX_REPLY: answer a VF's request, svnic_admin_reply; the data
 *	buffer holds the message
 * @SVNIC_ADMIN_NOTIFY: send SVNIC_EVENT_NOTIFY, svnic_admin_notify
 * @SVNIC_ADMIN_STATS_GET: write struct svnic_fn_stats to the data buffer
 * @SVNIC_ADMIN_PORT_STATS: write struct svnic_port_stats to the data buffer
 */
enum svnic_admin_opcode {
	SVNIC_ADMIN_NOP			= 0x00,
	SVNIC_ADMIN_IDENTIFY		= 0x01,
	SVNIC_ADMIN_VPORT_SET		= 0x10,
	SVNIC_ADMIN_VPORT_GET		= 0x11,
	SVNIC_ADMIN_VPORT_GRANT		= 0x12,
	SVNIC_ADMIN_VPORT_ENABLE	= 0x13,
	SVNIC_ADMIN_VPORT_DISABLE	= 0x14,
	SVNIC_ADMIN_NOTE_SET		= 0x15,
	SVNIC_ADMIN_NOTE_GET		= 0x16,
	SVNIC_ADMIN_RATE_SET		= 0x18,
	SVNIC_ADMIN_RATE_GET		= 0x19,
	SVNIC_ADMIN_MAC_ADD		= 0x20,
	SVNIC_ADMIN_MAC_DEL		= 0x21,
	SVNIC_ADMIN_VLAN_ADD		= 0x22,
	SVNIC_ADMIN_VLAN_DEL		= 0x23,
	SVNIC_ADMIN_FILTERS_CLEAR	= 0x24,
	SVNIC_ADMIN_MBX_REPLY		= 0x30,
	SVNIC_ADMIN_NOTIFY		= 0x31,
	SVNIC_ADMIN_STATS_GET		= 0x40,
	SVNIC_ADMIN_PORT_STATS		= 0x62,
};

#define SVNIC_PORT_SIZES	7	/* ranges of frame sizes */

/**
 * struct svnic_port_dir - frames that the port sent, or received (section 9.1)
 * @frames: frames without an error
 * @octets: bytes of these, from the destination address to the FCS
 * @mcast: of the frames, to a multicast address but the broadcast address
 * @bcast: of the frames, to the broadcast address
 * @ctrl: of the frames, MAC control frames, EtherType 0x8808
 * @sizes: of the frames, those of 64 bytes with the FCS, of 65 to 127, 128 to
 *	255, 256 to 511, 512 to 1023, 1024 to 1518, and more
 */
struct svnic_port_dir {
	__le64	frames;
	__le64	octets;
	__le64	mcast;
	__le64	bcast;
	__le64	ctrl;
	__le64	sizes[SVNIC_PORT_SIZES];
};

SVNIC_CHECK_SIZE(struct svnic_port_dir, 96);

/**
 * struct svnic_port_stats - counters of the port to the wire (section 9.1)
 * @tx: frames sent
 * @rx: frames received
 * @rx_fcs: frames received with a wrong FCS, neither long nor short
 * @rx_long: frames received that are longer than SVNIC_REG_FRAME_MAX, up to
 *	three tags and the FCS not counted
 * @rx_short: frames received that are shorter than 64 bytes with the FCS
 * @rx_jabber: like @rx_long, with a wrong FCS
 * @rx_frag: like @rx_short, with a wrong FCS
 */
struct svnic_port_stats {
	struct svnic_port_dir	tx;
	struct svnic_port_dir	rx;
	__le64	rx_fcs;
	__le64	rx_long;
	__le64	rx_short;
	__le64	rx_jabber;
	__le64	rx_frag;
};

SVNIC_CHECK_SIZE(struct svnic_port_stats, 232);
SVNIC_CHECK_OFFSET(struct svnic_port_stats, rx, 96);
SVNIC_CHECK_OFFSET(struct svnic_port_stats, rx_fcs, 192);

/**
 * enum svnic_fn_opcode - commands of a function about itself
 * @SVNIC_FN_CAPS_GET: write a list of struct svnic_tlv, enum svnic_cap, to the
 *	data buffer
 * @SVNIC_FN_RSS_SET: make or change an RSS context, svnic_rss_set; the data
 *	buffer holds struct svnic_rss_data. This and the next need SVNIC_F_FLOW.
 * @SVNIC_FN_RSS_DEL: remove an RSS context, svnic_rss_del
 * @SVNIC_FN_FLOW_SET: add or replace a flow rule, svnic_flow_index; the data
 *	buffer holds struct svnic_flow_rule
 * @SVNIC_FN_FLOW_DEL: remove a flow rule, svnic_flow_index
 */
enum svnic_fn_opcode {
	SVNIC_FN_CAPS_GET		= 0x100,
	SVNIC_FN_RSS_SET		= 0x110,
	SVNIC_FN_RSS_DEL		= 0x112,
	SVNIC_FN_FLOW_SET		= 0x120,
	SVNIC_FN_FLOW_DEL		= 0x121,
};

/**
 * struct svnic_tlv - header of an entry of a list (section 10.8)
 * @type: type of the entry
 * @version: version of its layout
 * @len: bytes that follow; the next entry begins at a multiple of 8
 */
struct svnic_tlv {
	__le16	type;
	__le16	version;
	__le32	len;
};

SVNIC_CHECK_SIZE(struct svnic_tlv, 8);

/**
 * enum svnic_cap - entries that SVNIC_FN_CAPS_GET writes
 * @SVNIC_CAP_GRANT: struct svnic_vport_grant, what the function may use
 */
enum svnic_cap {
	SVNIC_CAP_GRANT			= 1,
};

/**
 * enum svnic_mac_rule - what to do if another vport owns the unicast address
 *	and meets this one: not both have port VLANs, or both have the same
 *	(section 10.5)
 * @SVNIC_MAC_SHARE: both own it
 * @SVNIC_MAC_EXCLUSIVE: the command fails with SVNIC_ERR_IN_USE
 * @SVNIC_MAC_TAKE: the address filters of other VFs for it are removed, and
 *	these VFs get SVNIC_NOTIFY_CONFIG; their station addresses stay
 */
enum svnic_mac_rule {
	SVNIC_MAC_SHARE		= 0,
	SVNIC_MAC_EXCLUSIVE	= 1,
	SVNIC_MAC_TAKE		= 2,
};

/**
 * struct svnic_vport_cfg - configuration of a vport (section 10.3)
 * @mask: SVNIC_VPORT_SET_*: which fields to take
 * @flags: SVNIC_VPORT_*, with SVNIC_VPORT_SET_FLAGS
 * @flags_mask: which bits of @flags to take
 * @mac: station address, shown in SVNIC_REG_MAC_*; the only allowed source
 *	address besides the vport's address filters under SVNIC_VPORT_SPOOFCHK
 * @frame_max: bytes of the longest frame to receive, L2 header included
 * @port_vlan: 802.1Q tag control information of a port VLAN, 0 for none
 * @port_vlan_proto: EtherType of the port VLAN's tag, host order
 * @link: enum svnic_vport_link
 * @mac_rule: enum svnic_mac_rule for @mac; zero without SVNIC_VPORT_SET_MAC.
 *	With SVNIC_MAC_EXCLUSIVE, @mask has no bit but SVNIC_VPORT_SET_MAC.
 * @rsvd: zero
 */
struct svnic_vport_cfg {
	__le32	mask;
#define SVNIC_VPORT_SET_FLAGS		0x00000001
#define SVNIC_VPORT_SET_MAC		0x00000002
#define SVNIC_VPORT_SET_FRAME_MAX	0x00000004
#define SVNIC_VPORT_SET_PORT_VLAN	0x00000008
#define SVNIC_VPORT_SET_LINK		0x00000010
#define SVNIC_VPORT_SET_ALL		0x0000001f
	__le32	flags;
	__le32	flags_mask;
#define SVNIC_VPORT_SPOOFCHK		0x00000001	/* own sources only */
#define SVNIC_VPORT_PROMISC		0x00000002	/* all unicast */
#define SVNIC_VPORT_ALLMULTI		0x00000004	/* all multicast */
#define SVNIC_VPORT_BCAST		0x00000008	/* broadcast */
#define SVNIC_VPORT_VLAN_FILTER		0x00000010	/* only added VLANs */
#define SVNIC_VPORT_FLAGS		0x0000001f
	__u8	mac[6];
	__le16	frame_max;
	__le16	port_vlan;
	__le16	port_vlan_proto;
	__u8	link;
	__u8	mac_rule;
	__u8	rsvd[6];
};

SVNIC_CHECK_SIZE(struct svnic_vport_cfg, 32);
SVNIC_CHECK_OFFSET(struct svnic_vport_cfg, mac, 12);
SVNIC_CHECK_OFFSET(struct svnic_vport_cfg, link, 24);

/**
 * enum svnic_vport_link - link state of a vport
 * @SVNIC_VPORT_LINK_AUTO: state of the physical port
 * @SVNIC_VPORT_LINK_UP: always up
 * @SVNIC_VPORT_LINK_DOWN: always down; the vport neither sends nor receives
 */
enum svnic_vport_link {
	SVNIC_VPORT_LINK_AUTO	= 0,
	SVNIC_VPORT_LINK_UP	= 1,
	SVNIC_VPORT_LINK_DOWN	= 2,
};

/**
 * struct svnic_vport_grant - a vport's share of the pools (section 10.4)
 * @queues: queue pairs
 * @vectors: MSI-X vectors, vector 0 included
 * @mac_filters: address filters, unicast and multicast together
 * @vlan_filters: VLAN filters
 * @flow_rules: flow rules
 * @rss_contexts: RSS contexts besides that of the registers
 * @rsvd: zero
 */
struct svnic_vport_grant {
	__le16	queues;
	__le16	vectors;
	__le16	mac_filters;
	__le16	vlan_filters;
	__le16	flow_rules;
	__le16	rss_contexts;
	__u8	rsvd[4];
};

SVNIC_CHECK_SIZE(struct svnic_vport_grant, 16);

/**
 * struct svnic_vport_note - note of a PF driver for the next (section 10.3)
 * @data: data that only PF drivers interpret
 */
struct svnic_vport_note {
	__u8	data[32];
};

SVNIC_CHECK_SIZE(struct svnic_vport_note, 32);

#define SVNIC_RATE_WEIGHT_DEFAULT	100
#define SVNIC_RATE_WEIGHT_MAX		10000
#define SVNIC_RATE_PRIORITIES		8

/**
 * struct svnic_vport_rate - transmit rate of a vport (section 10.7)
 * @share: guarantee, bytes of frames per second, 0 for none
 * @max: upper bound, bytes of frames per second, 0 for none
 * @weight: relative share of the bandwidth that guarantees leave,
 *	1..SVNIC_RATE_WEIGHT_MAX
 * @priority: vports of higher priority come first for that bandwidth,
 *	0..SVNIC_RATE_PRIORITIES - 1
 * @rsvd: zero
 *
 * SVNIC_ADMIN_RATE_SET has it in its parameters, SVNIC_ADMIN_RATE_GET writes it
 * to the data buffer.
 */
struct svnic_vport_rate {
	__le64	share;
	__le64	max;
	__le32	weight;
	__u8	priority;
	__u8	rsvd[11];
};

SVNIC_CHECK_SIZE(struct svnic_vport_rate, 32);
SVNIC_CHECK_OFFSET(struct svnic_vport_rate, weight, 16);
SVNIC_CHECK_OFFSET(struct svnic_vport_rate, priority, 20);

/**
 * struct svnic_vport_info - answer to SVNIC_ADMIN_VPORT_GET
 * @cfg: configuration; its mask is SVNIC_VPORT_SET_ALL
 * @grant: grants
 * @reset_seq: newest reset sequence number
 * @status: SVNIC_STATUS_* of the function
 * @mac_filters: address filters in use
 * @vlan_filters: VLAN filters in use
 * @rsvd: zero
 */
struct svnic_vport_info {
	struct svnic_vport_cfg		cfg;
	struct svnic_vport_grant	grant;
	__le32	reset_seq;
	__le32	status;
	__le16	mac_filters;
	__le16	vlan_filters;
	__u8	rsvd[4];
};

SVNIC_CHECK_SIZE(struct svnic_vport_info, 64);
SVNIC_CHECK_OFFSET(struct svnic_vport_info, reset_seq, 48);

/**
 * struct svnic_identity - answer to SVNIC_ADMIN_IDENTIFY (section 10.2)
 * @vf_max: most VFs that the device can have
 * @queues: queue pairs in the pool, the PF's included
 * @vectors: MSI-X vectors in the pool, the PF's included
 * @mac_filters: address filters in the pool
 * @vlan_filters: VLAN filters in the pool
 * @flow_rules: flow rules in the pool
 * @rss_contexts: RSS contexts in the pool
 * @rsvd: zero
 * @fw_version: device software, text, padded with NUL
 * @serial: serial number, text, padded with NUL
 */
struct svnic_identity {
	__le32	vf_max;
	__le32	queues;
	__le32	vectors;
	__le32	mac_filters;
	__le32	vlan_filters;
	__le32	flow_rules;
	__le32	rss_contexts;
	__u8	rsvd[4];
	char	fw_version[16];
	char	serial[16];
};

SVNIC_CHECK_SIZE(struct svnic_identity, 64);
SVNIC_CHECK_OFFSET(struct svnic_identity, fw_version, 32);

/**
 * struct svnic_admin_enable - parameters of SVNIC_ADMIN_VPORT_ENABLE
 * @reset_seq: sequence number of the reset that the PF has handled. If it is
 *	not the newest the command fails with SVNIC_ERR_STALE. The
 *	SVNIC_EVENT_VF_RESET of the newest is written already, or will be.
 */
struct svnic_admin_enable {
	__le32	reset_seq;
};

SVNIC_CHECK_SIZE(struct svnic_admin_enable, 4);

/**
 * struct svnic_admin_mac - parameters of SVNIC_ADMIN_MAC_ADD and _DEL
 * @mac: unicast or multicast address
 * @rule: enum svnic_mac_rule; zero for multicast and SVNIC_ADMIN_MAC_DEL
 * @rsvd: zero
 */
struct svnic_admin_mac {
	__u8	mac[6];
	__u8	rule;
	__u8	rsvd;
};

SVNIC_CHECK_SIZE(struct svnic_admin_mac, 8);

/**
 * struct svnic_admin_vlan - parameters of SVNIC_ADMIN_VLAN_ADD and _DEL
 * @vid: VLAN id, 1..4094; untagged and priority-tagged frames always pass
 * @proto: EtherType of its tag: 0x8100 or 0x88a8
 */
struct svnic_admin_vlan {
	__le16	vid;
	__le16	proto;
};

SVNIC_CHECK_SIZE(struct svnic_admin_vlan, 4);

/**
 * enum svnic_clear - filters that SVNIC_ADMIN_FILTERS_CLEAR removes
 * @SVNIC_CLEAR_ALL: all address and VLAN filters
 * @SVNIC_CLEAR_UNICAST: address filters for unicast
 * @SVNIC_CLEAR_SHARED: address filters for unicast addresses that another vport
 *	owns, which this one meets
 */
enum svnic_clear {
	SVNIC_CLEAR_ALL		= 0,
	SVNIC_CLEAR_UNICAST	= 1,
	SVNIC_CLEAR_SHARED	= 2,
};

/**
 * struct svnic_admin_clear - parameters of SVNIC_ADMIN_FILTERS_CLEAR
 * @what: enum svnic_clear
 */
struct svnic_admin_clear {
	__le32	what;
};

SVNIC_CHECK_SIZE(struct svnic_admin_clear, 4);

/**
 * struct svnic_admin_reply - parameters of SVNIC_ADMIN_MBX_REPLY
 * @seq: sequence number of the request, from its event; SVNIC_ERR_STALE if the
 *	VF was reset since
 */
struct svnic_admin_reply {
	__le32	seq;
};

SVNIC_CHECK_SIZE(struct svnic_admin_reply, 4);

/**
 * struct svnic_admin_notify - parameters of SVNIC_ADMIN_NOTIFY
 * @bits: SVNIC_NOTIFY_*
 */
struct svnic_admin_notify {
	__le32	bits;
};

SVNIC_CHECK_SIZE(struct svnic_admin_notify, 4);

/**
 * struct svnic_rss_set - parameters of SVNIC_FN_RSS_SET (section 5.8)
 * @context: number of the context, from 1 on
 * @entries: entries of the table; SVNIC_REG_RSS_SIZE
 * @ctrl: as SVNIC_REG_RSS_CTRL, SVNIC_RSS_ENABLE set
 * @fields_ipv4: as SVNIC_REG_RSS_FIELDS_IPV4
 * @fields_ipv6: as SVNIC_REG_RSS_FIELDS_IPV6
 */
struct svnic_rss_set {
	__le16	context;
	__le16	entries;
	__le32	ctrl;
	__le32	fields_ipv4;
	__le32	fields_ipv6;
};

SVNIC_CHECK_SIZE(struct svnic_rss_set, 16);

/**
 * struct svnic_rss_data - key and table of an RSS context (section 5.8)
 * @key: Toeplitz key
 * @table: queue pair by hash, struct svnic_rss_set.entries of them
 */
struct svnic_rss_data {
	__u8	key[SVNIC_RSS_KEY_LEN];
	__u8	table[];
};

SVNIC_CHECK_SIZE(struct svnic_rss_data, 40);

/**
 * struct svnic_rss_del - parameters of SVNIC_FN_RSS_DEL
 * @context: number of the context; no rule may name it
 */
struct svnic_rss_del {
	__le16	context;
};

SVNIC_CHECK_SIZE(struct svnic_rss_del, 2);

/**
 * struct svnic_flow_index - parameters of SVNIC_FN_FLOW_SET and _DEL
 * @index: place of the rule. The lowest one that matches a frame counts.
 */
struct svnic_flow_index {
	__le16	index;
};

SVNIC_CHECK_SIZE(struct svnic_flow_index, 2);

/**
 * struct svnic_flow_key - what a flow rule compares (section 5.8)
 * @dmac: destination address
 * @smac: source address
 * @type: EtherType behind all VLAN tags, up to three with that of a port VLAN
 * @vlan: tag control information of the first VLAN tag, 0 without one
 * @rsvd0: zero, in the mask too
 * @proto: protocol over IP
 * @tos: type of service, or traffic class
 * @rsvd1: zero, in the mask too
 * @sip: source address of IP; that of IPv4 is in the first 4 bytes
 * @dip: destination address of IP
 * @sport: source port of TCP or UDP
 * @dport: destination port of TCP or UDP
 * @rsvd2: zero, in the mask too
 *
 * A field that a frame does not have is zero.
 */
struct svnic_flow_key {
	__u8	dmac[6];
	__u8	smac[6];
	__be16	type;
	__be16	vlan;
	__u8	rsvd0[4];
	__u8	proto;
	__u8	tos;
	__u8	rsvd1[2];
	__u8	sip[16];
	__u8	dip[16];
	__be16	sport;
	__be16	dport;
	__u8	rsvd2[4];
};

SVNIC_CHECK_SIZE(struct svnic_flow_key, 64);
SVNIC_CHECK_OFFSET(struct svnic_flow_key, proto, 20);
SVNIC_CHECK_OFFSET(struct svnic_flow_key, sip, 24);
SVNIC_CHECK_OFFSET(struct svnic_flow_key, sport, 56);

/**
 * enum svnic_flow_type - what to do with a frame
 * @SVNIC_FLOW_END: nothing more
 * @SVNIC_FLOW_DROP: drop it
 * @SVNIC_FLOW_QUEUE: deliver it to queue pair @a
 * @SVNIC_FLOW_RSS: deliver it to the queue pair that RSS context @a selects,
 *	plus @b; context 0 is that of the registers
 */
enum svnic_flow_type {
	SVNIC_FLOW_END		= 0,
	SVNIC_FLOW_DROP		= 1,
	SVNIC_FLOW_QUEUE	= 2,
	SVNIC_FLOW_RSS		= 3,
};

/**
 * struct svnic_flow_action - part of what to do with a frame
 * @type: enum svnic_flow_type
 * @a: as the type says, else zero
 * @b: as the type says, else zero
 * @c: zero
 */
struct svnic_flow_action {
	__le16	type;
	__le16	a;
	__le32	b;
	__le64	c;
};

SVNIC_CHECK_SIZE(struct svnic_flow_action, 16);

#define SVNIC_FLOW_ACTIONS	4

/**
 * struct svnic_flow_rule - a flow rule (section 5.8)
 * @key: what the frame must have; zero where @mask is
 * @mask: which bits are compared
 * @action: what happens to the frame: one action, the others SVNIC_FLOW_END
 */
struct svnic_flow_rule {
	struct svnic_flow_key		key;
	struct svnic_flow_key		mask;
	struct svnic_flow_action	action[SVNIC_FLOW_ACTIONS];
};

SVNIC_CHECK_SIZE(struct svnic_flow_rule, 192);

/**
 * struct svnic_cmd - entry of the command ring (section 10)
 * @opcode: enum svnic_admin_opcode or svnic_fn_opcode
 * @cookie: copied to the event of the command
 * @vport: the vport that a command of the PF concerns, else zero
 * @rsvd0: zero
 * @data_len: bytes of the data buffer; at least the size of what the device
 *	writes, exactly that of what it reads
 * @rsvd1: zero
 * @data_addr: bus address of the data buffer, 8-byte aligned
 * @vport_cfg: of SVNIC_ADMIN_VPORT_SET
 * @grant: of SVNIC_ADMIN_VPORT_GRANT
 * @note: of SVNIC_ADMIN_NOTE_SET
 * @rate: of SVNIC_ADMIN_RATE_SET
 * @enable: of SVNIC_ADMIN_VPORT_ENABLE
 * @mac: of SVNIC_ADMIN_MAC_ADD and _DEL
 * @vlan: of SVNIC_ADMIN_VLAN_ADD and _DEL
 * @clear: of SVNIC_ADMIN_FILTERS_CLEAR
 * @reply: of SVNIC_ADMIN_MBX_REPLY
 * @notify: of SVNIC_ADMIN_NOTIFY
 * @rss_set: of SVNIC_FN_RSS_SET
 * @rss_del: of SVNIC_FN_RSS_DEL
 * @flow: of SVNIC_FN_FLOW_SET and _DEL
 * @params: all parameters; unused bytes are zero
 */
struct svnic_cmd {
	__le16	opcode;
	__le16	cookie;
	__le16	vport;
	__le16	rsvd0;
	__le32	data_len;
	__le32	rsvd1;
	__le64	data_addr;
	union {
		struct svnic_vport_cfg		vport_cfg;
		struct svnic_vport_grant	grant;
		struct svnic_vport_note		note;
		struct svnic_vport_rate		rate;
		struct svnic_admin_enable	enable;
		struct svnic_admin_mac		mac;
		struct svnic_admin_vlan		vlan;
		struct svnic_admin_clear	clear;
		struct svnic_admin_reply	reply;
		struct svnic_admin_notify	notify;
		struct svnic_rss_set		rss_set;
		struct svnic_rss_del		rss_del;
		struct svnic_flow_index		flow;
		__u8				params[40];
	};
};

SVNIC_CHECK_SIZE(struct svnic_cmd, 64);
SVNIC_CHECK_OFFSET(struct svnic_cmd, data_addr, 16);
SVNIC_CHECK_OFFSET(struct svnic_cmd, params, 24);

#endif /* _UAPI_SVNIC_ADMIN_H */
