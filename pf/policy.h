/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * svnic: policy, which decides what a VF may do. The functions take a state and
 * a request, and return a verdict and a new state. They do no I/O, take no
 * locks and know nothing of PCI, so that all of them can be tested and fuzzed
 * in user space.
 */
#ifndef _SVNIC_POLICY_H
#define _SVNIC_POLICY_H

#include <linux/if_ether.h>
#include <linux/types.h>

#include <svnic/svnic_admin.h>
#include <svnic/svnic_mbx.h>

/**
 * struct svnic_grant - a share of the NIC's pools
 * @queues: queue pairs
 * @vectors: MSI-X vectors
 * @mac_filters: address filters
 * @vlan_filters: VLAN filters
 * @flow_rules: flow rules
 * @rss_contexts: RSS contexts besides that of the registers
 */
struct svnic_grant {
	u32	queues;
	u32	vectors;
	u32	mac_filters;
	u32	vlan_filters;
	u32	flow_rules;
	u32	rss_contexts;
};

/**
 * struct svnic_vf_state - configuration of a VF
 * @mac: current station address
 * @admin_mac: address that the administrator has set, zero for none
 * @own_mac: address that the VF got when it was created
 * @frame_limit: bytes of the longest frame the VF may ask for
 * @frame_max: bytes of the longest frame it receives now
 * @port_vlan: tag control information of the port VLAN, 0 for none
 * @port_vlan_proto: EtherType of the port VLAN
 * @link: enum svnic_vport_link
 * @spoofchk: frames with another source address are dropped
 * @trusted: the VF may be promiscuous and choose its address
 * @rx_flags: SVNIC_MBX_RX_* that the VF has requested
 * @version: version of messages agreed with the VF's driver, 0 for none
 * @grant: its share of the pools
 */
struct svnic_vf_state {
	u8	mac[ETH_ALEN];
	u8	admin_mac[ETH_ALEN];
	u8	own_mac[ETH_ALEN];
	u16	frame_limit;
	u16	frame_max;
	u16	port_vlan;
	u16	port_vlan_proto;
	u8	link;
	bool	spoofchk;
	bool	trusted;
	u32	rx_flags;
	u16	version;
	struct svnic_grant grant;
};

/**
 * struct svnic_owner - function that the administrator has given an address
 * @mac: the address
 * @port_vlan: tag control information of the owner's port VLAN, 0 for none
 * @port_vlan_proto: EtherType of that VLAN
 */
struct svnic_owner {
	u8	mac[ETH_ALEN];
	u16	port_vlan;
	u16	port_vlan_proto;
};

/**
 * struct svnic_filter_list - addresses or VLANs to add or remove filters for
 * @macs: addresses, or NULL
 * @vids: VLAN ids, if @macs is NULL
 * @proto: EtherType of their tags
 * @count: number of entries, up to SVNIC_FILTER_LIST_MAX
 * @rule: what to do if another function owns one of the unicast addresses
 */
struct svnic_filter_list {
	const u8	(*macs)[ETH_ALEN];
	const __le16	*vids;
	__le16		proto;
	unsigned int	count;
	enum svnic_mac_rule rule;
};

#define SVNIC_FILTER_LIST_MAX	64

/**
 * enum svnic_action - what to program into the NIC for a granted request
 * @SVNIC_DO_NOTHING: nothing, the request needs only a reply
 * @SVNIC_DO_VPORT: program what differs between the old and the new state
 * @SVNIC_DO_FILTER_ADD: add filters
 * @SVNIC_DO_FILTER_DEL: remove filters
 */
enum svnic_action {
	SVNIC_DO_NOTHING,
	SVNIC_DO_VPORT,
	SVNIC_DO_FILTER_ADD,
	SVNIC_DO_FILTER_DEL,
};

/**
 * struct svnic_verdict - result of svnic_policy_request()
 * @status: enum svnic_mbx_status; all other members are valid only with
 *	SVNIC_MBX_OK
 * @action: what has to be done before @next becomes the VF's state
 * @list: filters to add or remove; points into the message
 * @next: the VF's state afterwards
 * @reply_len: bytes of the reply's body
 * @reply: body of the reply
 * @reply.version: to SVNIC_MBX_VERSION
 * @reply.config: to SVNIC_MBX_GET_CONFIG
 */
struct svnic_verdict {
	enum svnic_mbx_status	status;
	enum svnic_action	action;
	struct svnic_filter_list list;
	struct svnic_vf_state	next;
	size_t			reply_len;
	union {
		struct svnic_mbx_version	version;
		struct svnic_mbx_config		config;
	} reply;
};

/* policy_grant.c: grants of VFs */
int svnic_policy_share(const struct svnic_grant *pool,
		       const struct svnic_grant *own, unsigned int num_vfs,
		       struct svnic_grant *share);
int svnic_policy_vectors(const struct svnic_grant *pool,
			 const struct svnic_grant *taken, u32 vectors,
			 struct svnic_grant *grant);

/* policy.c: the state of a VF */
void svnic_policy_init(struct svnic_vf_state *state, const u8 *mac,
		       u16 frame_limit, const struct svnic_grant *grant);
void svnic_policy_adopt(struct svnic_vf_state *state,
			const struct svnic_vport_info *info,
			const struct svnic_vport_note *note, u16 frame_limit);
bool svnic_policy_note(const struct svnic_vf_state *old,
		       const struct svnic_vf_state *new,
		       struct svnic_vport_note *note);
void svnic_policy_reset(struct svnic_vf_state *state);
void svnic_policy_reset_mac(struct svnic_vf_state *state);

int svnic_policy_set_mac(struct svnic_vf_state *state, const u8 *mac);
bool svnic_policy_mac_fixed(const struct svnic_vf_state *state);
bool svnic_policy_clears(const struct svnic_vf_state *old,
			 const struct svnic_vf_state *new,
			 enum svnic_clear *what);
int svnic_policy_set_vlan(struct svnic_vf_state *state, u16 vid, u8 qos,
			  u16 proto);
void svnic_policy_set_trust(struct svnic_vf_state *state, bool trusted);
bool svnic_policy_mac_kept(const struct svnic_vf_state *old,
			   const struct svnic_vf_state *new,
			   struct svnic_vport_cfg *cfg);
bool svnic_policy_owner(const struct svnic_vf_state *state,
			struct svnic_owner *owner);
bool svnic_policy_yields(const struct svnic_vf_state *state,
			 const struct svnic_owner *owner);

bool svnic_policy_cfg(const struct svnic_vf_state *old,
		      const struct svnic_vf_state *new,
		      struct svnic_vport_cfg *cfg);

/* policy_request.c: requests of a VF */
bool svnic_policy_config_differs(const struct svnic_vf_state *a,
				 const struct svnic_vf_state *b);
void svnic_policy_request(const struct svnic_vf_state *state, const void *msg,
			  size_t len, struct svnic_verdict *verdict);

#endif /* _SVNIC_POLICY_H */
