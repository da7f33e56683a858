// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: policy for requests of VFs (spec 8.2, 8.3): which of them are granted,
 * and what is replied. Accesses no register and takes no lock.
 */
#include <kunit/visibility.h>
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "policy.h"

/* Frame of the shortest MTU that the stack allows. */
#define SVNIC_VF_FRAME_MIN	(ETH_MIN_MTU + ETH_HLEN)

static void svnic_policy_config(const struct svnic_vf_state *state,
				struct svnic_mbx_config *config)
{
	u32 flags = 0;

	if (svnic_policy_mac_fixed(state))
		flags |= SVNIC_MBX_CONFIG_MAC_FIXED;
	if (state->trusted)
		flags |= SVNIC_MBX_CONFIG_TRUSTED;

	memset(config, 0, sizeof(*config));
	ether_addr_copy(config->mac, state->mac);
	config->frame_max = cpu_to_le16(state->frame_limit);
	config->flags = cpu_to_le32(flags);
	config->queues = cpu_to_le16(state->grant.queues);
	config->vectors = cpu_to_le16(state->grant.vectors);
	config->mac_filters = cpu_to_le16(state->grant.mac_filters);
	config->vlan_filters = cpu_to_le16(state->grant.vlan_filters);
	config->port_vlan = cpu_to_le16(state->port_vlan);
	if (state->port_vlan)
		config->port_vlan_proto = cpu_to_le16(state->port_vlan_proto);
}

/**
 * svnic_policy_config_differs - is a difference visible to the VF's driver?
 * @a: a state
 * @b: another state
 *
 * Return: true if the replies to SVNIC_MBX_GET_CONFIG differ.
 */
bool svnic_policy_config_differs(const struct svnic_vf_state *a,
				 const struct svnic_vf_state *b)
{
	struct svnic_mbx_config config_a, config_b;

	svnic_policy_config(a, &config_a);
	svnic_policy_config(b, &config_b);
	return memcmp(&config_a, &config_b, sizeof(config_a));
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_config_differs);

static enum svnic_mbx_status
svnic_request_version(const struct svnic_vf_state *state, const void *body,
		      size_t len, struct svnic_verdict *verdict)
{
	const struct svnic_mbx_version *req = body;
	u16 lo = le16_to_cpu(req->min);
	u16 hi = le16_to_cpu(req->max);

	if (lo > hi)
		return SVNIC_MBX_ERR_PARAM;
	hi = min_t(u16, hi, SVNIC_MBX_VERSION_MAX);
	lo = max_t(u16, lo, SVNIC_MBX_VERSION_MIN);
	if (lo > hi)
		return SVNIC_MBX_ERR_VERSION;

	verdict->next.version = hi;
	verdict->reply.version.min = cpu_to_le16(hi);
	verdict->reply.version.max = cpu_to_le16(SVNIC_MBX_VERSION_MAX);
	verdict->reply_len = sizeof(verdict->reply.version);
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_get_config(const struct svnic_vf_state *state, const void *body,
			 size_t len, struct svnic_verdict *verdict)
{
	svnic_policy_config(state, &verdict->reply.config);
	verdict->reply_len = sizeof(verdict->reply.config);
	return SVNIC_MBX_OK;
}

/* Check length and reserved bytes of the list. */
static enum svnic_mbx_status
svnic_request_macs(const struct svnic_mbx_macs *macs, size_t len,
		   struct svnic_verdict *verdict)
{
	unsigned int count = le16_to_cpu(macs->count);

	if (!count || count > SVNIC_MBX_MACS_MAX ||
	    memchr_inv(macs->rsvd, 0, sizeof(macs->rsvd)))
		return SVNIC_MBX_ERR_PARAM;
	if (len != sizeof(*macs) + count * ETH_ALEN)
		return SVNIC_MBX_ERR_LENGTH;
	verdict->list.macs = macs->mac;
	verdict->list.count = count;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_set_mac(const struct svnic_vf_state *state, const void *body,
		      size_t len, struct svnic_verdict *verdict)
{
	enum svnic_mbx_status status;
	const u8 *mac;

	status = svnic_request_macs(body, len, verdict);
	if (status)
		return status;
	mac = verdict->list.macs[0];
	if (verdict->list.count != 1 || !is_valid_ether_addr(mac))
		return SVNIC_MBX_ERR_PARAM;
	if (ether_addr_equal(mac, state->mac))
		return SVNIC_MBX_OK;
	if (svnic_policy_mac_fixed(state))
		return SVNIC_MBX_ERR_PERM;

	ether_addr_copy(verdict->next.mac, mac);
	verdict->action = SVNIC_DO_VPORT;
	return SVNIC_MBX_OK;
}

/*
 * The NIC checks whether the addresses fit into the grant, because it knows
 * which of them the VF has already.
 */
static enum svnic_mbx_status
svnic_request_mac_add(const struct svnic_vf_state *state, const void *body,
		      size_t len, struct svnic_verdict *verdict)
{
	enum svnic_mbx_status status;
	unsigned int i;

	status = svnic_request_macs(body, len, verdict);
	if (status)
		return status;
	for (i = 0; i < verdict->list.count; i++) {
		const u8 *mac = verdict->list.macs[i];

		if (is_zero_ether_addr(mac) || is_broadcast_ether_addr(mac))
			return SVNIC_MBX_ERR_PARAM;
		/* A filter also allows a source address with spoofchk. */
		if (!is_multicast_ether_addr(mac) &&
		    svnic_policy_mac_fixed(state))
			return SVNIC_MBX_ERR_PERM;
	}
	if (verdict->list.count > state->grant.mac_filters)
		return SVNIC_MBX_ERR_LIMIT;
	if (!state->trusted)
		verdict->list.rule = SVNIC_MAC_EXCLUSIVE;
	verdict->action = SVNIC_DO_FILTER_ADD;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_mac_del(const struct svnic_vf_state *state, const void *body,
		      size_t len, struct svnic_verdict *verdict)
{
	enum svnic_mbx_status status;
	unsigned int i;

	status = svnic_request_macs(body, len, verdict);
	if (status)
		return status;
	for (i = 0; i < verdict->list.count; i++)
		if (is_zero_ether_addr(verdict->list.macs[i]))
			return SVNIC_MBX_ERR_PARAM;
	verdict->action = SVNIC_DO_FILTER_DEL;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_vlans(const struct svnic_mbx_vlans *vlans, size_t len,
		    struct svnic_verdict *verdict)
{
	unsigned int count = le16_to_cpu(vlans->count);
	u16 proto = le16_to_cpu(vlans->proto);
	unsigned int i, vid;

	if (!count || count > SVNIC_MBX_VLANS_MAX ||
	    (proto != ETH_P_8021Q && proto != ETH_P_8021AD) ||
	    memchr_inv(vlans->rsvd, 0, sizeof(vlans->rsvd)))
		return SVNIC_MBX_ERR_PARAM;
	if (len != sizeof(*vlans) + count * sizeof(vlans->vid[0]))
		return SVNIC_MBX_ERR_LENGTH;
	for (i = 0; i < count; i++) {
		vid = le16_to_cpu(vlans->vid[i]);
		if (!vid || vid >= VLAN_N_VID - 1)
			return SVNIC_MBX_ERR_PARAM;
	}
	verdict->list.vids = vlans->vid;
	verdict->list.proto = vlans->proto;
	verdict->list.count = count;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_vlan_add(const struct svnic_vf_state *state, const void *body,
		       size_t len, struct svnic_verdict *verdict)
{
	enum svnic_mbx_status status;

	status = svnic_request_vlans(body, len, verdict);
	if (status)
		return status;
	/* Within a port VLAN only 802.1Q in 802.1ad is possible. */
	if (state->port_vlan &&
	    (state->port_vlan_proto != ETH_P_8021AD ||
	     verdict->list.proto != cpu_to_le16(ETH_P_8021Q)))
		return SVNIC_MBX_ERR_PERM;
	if (verdict->list.count > state->grant.vlan_filters)
		return SVNIC_MBX_ERR_LIMIT;
	verdict->action = SVNIC_DO_FILTER_ADD;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_vlan_del(const struct svnic_vf_state *state, const void *body,
		       size_t len, struct svnic_verdict *verdict)
{
	enum svnic_mbx_status status;

	status = svnic_request_vlans(body, len, verdict);
	if (status)
		return status;
	verdict->action = SVNIC_DO_FILTER_DEL;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_rx_mode(const struct svnic_vf_state *state, const void *body,
		      size_t len, struct svnic_verdict *verdict)
{
	const struct svnic_mbx_rx_mode *req = body;
	u32 flags = le32_to_cpu(req->flags);

	if (flags & ~SVNIC_MBX_RX_FLAGS)
		return SVNIC_MBX_ERR_PARAM;
	/* Without the filter it would receive broadcasts of all VLANs. */
	if (!state->trusted && flags != SVNIC_MBX_RX_VLAN_FILTER)
		return SVNIC_MBX_ERR_PERM;

	verdict->next.rx_flags = flags;
	verdict->action = SVNIC_DO_VPORT;
	return SVNIC_MBX_OK;
}

static enum svnic_mbx_status
svnic_request_set_mtu(const struct svnic_vf_state *state, const void *body,
		      size_t len, struct svnic_verdict *verdict)
{
	const struct svnic_mbx_mtu *req = body;
	u16 frame_max = le16_to_cpu(req->frame_max);

	if (req->rsvd || frame_max < SVNIC_VF_FRAME_MIN)
		return SVNIC_MBX_ERR_PARAM;
	if (frame_max > state->frame_limit)
		return SVNIC_MBX_ERR_LIMIT;

	verdict->next.frame_max = frame_max;
	verdict->action = SVNIC_DO_VPORT;
	return SVNIC_MBX_OK;
}

/**
 * struct svnic_rule - requirements and handler of a request
 * @len_min: bytes of the shortest body
 * @len_max: bytes of the longest body
 * @version: oldest version with this request; 0: no agreed version required
 * @decide: checks the body, and whether the VF may do that
 */
struct svnic_rule {
	size_t	len_min;
	size_t	len_max;
	u16	version;
	enum svnic_mbx_status (*decide)(const struct svnic_vf_state *state,
					const void *body, size_t len,
					struct svnic_verdict *verdict);
};

#define SVNIC_MACS_LEN(n)	(sizeof(struct svnic_mbx_macs) + (n) * ETH_ALEN)
#define SVNIC_VLANS_LEN(n)	(sizeof(struct svnic_mbx_vlans) +	\
				 (n) * sizeof(__le16))

static const struct svnic_rule svnic_rules[SVNIC_MBX_OPCODES] = {
	[SVNIC_MBX_VERSION] = {
		.len_min	= sizeof(struct svnic_mbx_version),
		.len_max	= sizeof(struct svnic_mbx_version),
		.version	= 0,
		.decide		= svnic_request_version,
	},
	[SVNIC_MBX_GET_CONFIG] = {
		.version	= 1,
		.decide		= svnic_request_get_config,
	},
	[SVNIC_MBX_SET_MAC] = {
		.len_min	= SVNIC_MACS_LEN(1),
		.len_max	= SVNIC_MACS_LEN(1),
		.version	= 1,
		.decide		= svnic_request_set_mac,
	},
	[SVNIC_MBX_MAC_ADD] = {
		.len_min	= SVNIC_MACS_LEN(1),
		.len_max	= SVNIC_MACS_LEN(SVNIC_MBX_MACS_MAX),
		.version	= 1,
		.decide		= svnic_request_mac_add,
	},
	[SVNIC_MBX_MAC_DEL] = {
		.len_min	= SVNIC_MACS_LEN(1),
		.len_max	= SVNIC_MACS_LEN(SVNIC_MBX_MACS_MAX),
		.version	= 1,
		.decide		= svnic_request_mac_del,
	},
	[SVNIC_MBX_VLAN_ADD] = {
		.len_min	= SVNIC_VLANS_LEN(1),
		.len_max	= SVNIC_VLANS_LEN(SVNIC_MBX_VLANS_MAX),
		.version	= 1,
		.decide		= svnic_request_vlan_add,
	},
	[SVNIC_MBX_VLAN_DEL] = {
		.len_min	= SVNIC_VLANS_LEN(1),
		.len_max	= SVNIC_VLANS_LEN(SVNIC_MBX_VLANS_MAX),
		.version	= 1,
		.decide		= svnic_request_vlan_del,
	},
	[SVNIC_MBX_RX_MODE] = {
		.len_min	= sizeof(struct svnic_mbx_rx_mode),
		.len_max	= sizeof(struct svnic_mbx_rx_mode),
		.version	= 1,
		.decide		= svnic_request_rx_mode,
	},
	[SVNIC_MBX_SET_MTU] = {
		.len_min	= sizeof(struct svnic_mbx_mtu),
		.len_max	= sizeof(struct svnic_mbx_mtu),
		.version	= 1,
		.decide		= svnic_request_set_mtu,
	},
};

static enum svnic_mbx_status
svnic_policy_decide(const struct svnic_vf_state *state, const void *msg,
		    size_t len, struct svnic_verdict *verdict)
{
	const struct svnic_mbx_hdr *hdr = msg;
	size_t body_len = len - sizeof(*hdr);
	const struct svnic_rule *rule;
	u16 opcode;

	opcode = le16_to_cpu(hdr->opcode);
	if (opcode >= SVNIC_MBX_OPCODES || !svnic_rules[opcode].decide)
		return SVNIC_MBX_ERR_OPCODE;
	rule = &svnic_rules[opcode];

	if (le16_to_cpu(hdr->len) != len ||
	    body_len < rule->len_min || body_len > rule->len_max)
		return SVNIC_MBX_ERR_LENGTH;
	if (hdr->status || hdr->rsvd0 || hdr->rsvd1)
		return SVNIC_MBX_ERR_PARAM;
	if (rule->version && !state->version)
		return SVNIC_MBX_ERR_STATE;
	if (rule->version > state->version)
		return SVNIC_MBX_ERR_OPCODE;
	return rule->decide(state, hdr + 1, body_len, verdict);
}

/**
 * svnic_policy_request - decide about a VF's request
 * @state: the VF's state
 * @msg: copy of the request that the VF cannot change
 * @len: length of the request, bytes
 * @verdict: verdict to fill in
 */
void svnic_policy_request(const struct svnic_vf_state *state, const void *msg,
			  size_t len, struct svnic_verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	verdict->next = *state;
	if (len < sizeof(struct svnic_mbx_hdr) || len > SVNIC_MBX_MSG_MAX)
		verdict->status = SVNIC_MBX_ERR_LENGTH;
	else
		verdict->status = svnic_policy_decide(state, msg, len, verdict);
}
EXPORT_SYMBOL_IF_KUNIT(svnic_policy_request);
