// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: receive side scaling (spec 5.6), and its ethtool operations.
 */
#include <kunit/visibility.h>
#include <linux/ethtool.h>
#include <linux/export.h>
#include <linux/unaligned.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_RSS_ADDRS	(SVNIC_RSS_SRC | SVNIC_RSS_DST)
#define LIBSVNIC_RSS_FLOW	(LIBSVNIC_RSS_ADDRS | SVNIC_RSS_SPORT | \
				 SVNIC_RSS_DPORT)
#define LIBSVNIC_RSS_DEFAULT	(LIBSVNIC_RSS_ADDRS << SVNIC_RSS_OTHER_SHIFT | \
				 LIBSVNIC_RSS_FLOW << SVNIC_RSS_TCP_SHIFT | \
				 LIBSVNIC_RSS_FLOW << SVNIC_RSS_UDP_SHIFT)
#define LIBSVNIC_RSS_BYTE	0xff	/* fields of one type */

/* Fields of the device, and their names in ethtool. */
static const struct {
	u32	field;
	u32	rxh;
} libsvnic_rss_fields[] = {
	{ SVNIC_RSS_SRC,	RXH_IP_SRC },
	{ SVNIC_RSS_DST,	RXH_IP_DST },
	{ SVNIC_RSS_LABEL,	RXH_IP6_FL },
	{ SVNIC_RSS_SPORT,	RXH_L4_B_0_1 },
	{ SVNIC_RSS_DPORT,	RXH_L4_B_2_3 },
};

/**
 * libsvnic_rss_spread - set a table that uses all queue pairs equally
 * @fn: function
 * @rss: receive side scaling
 */
void libsvnic_rss_spread(const struct libsvnic_fn *fn,
			 struct libsvnic_rss *rss)
{
	unsigned int i;

	for (i = 0; i < fn->limits.rss_size; i++)
		rss->table[i] = ethtool_rxfh_indir_default(i, fn->rss_pairs);
}

/**
 * libsvnic_rss_init - set defaults: random key, addresses and ports
 * @fn: function
 */
void libsvnic_rss_init(struct libsvnic_fn *fn)
{
	netdev_rss_key_fill(fn->rss.key, sizeof(fn->rss.key));
	fn->rss.fields_ipv4 = LIBSVNIC_RSS_DEFAULT;
	fn->rss.fields_ipv6 = LIBSVNIC_RSS_DEFAULT;
	libsvnic_rss_set_pairs(fn, libsvnic_pairs(fn));
}

/**
 * libsvnic_rss_set_pairs - set the number of pairs in the indirection table
 * @fn: function
 * @pairs: queue pairs that will be in use
 *
 * A table that the user has set is kept: ethtool refuses a number of channels
 * below the table's highest entry. There may still be fewer pairs than the user
 * asked for. So the device is given the remainder of the division by @pairs.
 *
 * Context: instance lock held.
 */
void libsvnic_rss_set_pairs(struct libsvnic_fn *fn, u32 pairs)
{
	fn->rss_pairs = pairs;
	if (!netif_is_rxfh_configured(fn->netdev))
		libsvnic_rss_spread(fn, &fn->rss);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rss_set_pairs);

/**
 * libsvnic_rss_ctrl - value of RSS_CTRL
 * @rss: receive side scaling
 *
 * Return: the value.
 */
u32 libsvnic_rss_ctrl(const struct libsvnic_rss *rss)
{
	switch (rss->input_xfrm) {
	case RXH_XFRM_SYM_XOR:
		return SVNIC_RSS_ENABLE | SVNIC_RSS_SYM_XOR;
	case RXH_XFRM_SYM_OR_XOR:
		return SVNIC_RSS_ENABLE | SVNIC_RSS_SYM_XOR |
		       SVNIC_RSS_SYM_OR_XOR;
	default:
		return SVNIC_RSS_ENABLE;
	}
}

/**
 * libsvnic_rss_write - program receive side scaling into the device
 * @fn: enabled function
 *
 * Context: instance lock held.
 */
void libsvnic_rss_write(struct libsvnic_fn *fn)
{
	unsigned int i;
	u32 val;

	if (!libsvnic_has(fn, SVNIC_F_RSS))
		return;
	for (i = 0; i < SVNIC_RSS_KEY_LEN; i += 4)
		libsvnic_wr(fn, SVNIC_REG_RSS_KEY + i,
			    get_unaligned_le32(&fn->rss.key[i]));
	/* Four entries per register, the first one in the lowest bits. */
	for (i = 0, val = 0; i < fn->limits.rss_size; i++) {
		val = val >> 8 | (fn->rss.table[i] % fn->rss_pairs) << 24;
		if (i % 4 == 3)
			libsvnic_wr(fn, SVNIC_REG_RSS_TABLE + i - 3, val);
	}
	libsvnic_wr(fn, SVNIC_REG_RSS_FIELDS_IPV4, fn->rss.fields_ipv4);
	libsvnic_wr(fn, SVNIC_REG_RSS_FIELDS_IPV6, fn->rss.fields_ipv6);
	libsvnic_wr(fn, SVNIC_REG_RSS_CTRL, libsvnic_rss_ctrl(&fn->rss));
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rss_write);

/**
 * libsvnic_get_rxfh_key_size - ethtool get_rxfh_key_size
 * @netdev: netdev
 *
 * Return: bytes of a key.
 */
u32 libsvnic_get_rxfh_key_size(struct net_device *netdev)
{
	return SVNIC_RSS_KEY_LEN;
}

/**
 * libsvnic_get_rxfh_indir_size - ethtool get_rxfh_indir_size
 * @netdev: netdev
 *
 * Return: entries of the indirection table.
 */
u32 libsvnic_get_rxfh_indir_size(struct net_device *netdev)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);

	return fn->limits.rss_size;
}

/**
 * libsvnic_get_rxfh - ethtool get_rxfh
 * @netdev: netdev
 * @rxfh: where the configuration goes
 *
 * Return: 0.
 */
int libsvnic_get_rxfh(struct net_device *netdev,
		      struct ethtool_rxfh_param *rxfh)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	unsigned int i;

	rxfh->hfunc = ETH_RSS_HASH_TOP;
	rxfh->input_xfrm = fn->rss.input_xfrm;
	if (rxfh->indir)
		for (i = 0; i < fn->limits.rss_size; i++)
			rxfh->indir[i] = fn->rss.table[i] % fn->rss_pairs;
	if (rxfh->key)
		memcpy(rxfh->key, fn->rss.key, SVNIC_RSS_KEY_LEN);
	return 0;
}

/**
 * libsvnic_rss_find - receive side scaling of a context
 * @fn: function
 * @context: number of the context, 0 for the default one
 *
 * Context: instance lock held.
 * Return: it, or NULL if there is no such context. ethtool asks for the fields
 * before it looks for the context.
 */
struct libsvnic_rss *libsvnic_rss_find(struct libsvnic_fn *fn, u32 context)
{
	struct libsvnic_rss_ctx *ctx;

	if (!context)
		return &fn->rss;
	ctx = libsvnic_rss_ctx_find(fn, context);
	return ctx ? &ctx->rss : NULL;
}

/**
 * libsvnic_rss_top - highest queue pair of a table
 * @fn: function
 * @rss: receive side scaling
 *
 * Return: its number.
 */
u32 libsvnic_rss_top(const struct libsvnic_fn *fn,
		     const struct libsvnic_rss *rss)
{
	unsigned int i;
	u32 top = 0;

	for (i = 0; i < fn->limits.rss_size; i++)
		top = max(top, rss->table[i] % fn->rss_pairs);
	return top;
}

/**
 * libsvnic_rss_change_ok - check whether a context can be changed
 * @fn: function
 * @context: number of the context, 0 for the default one
 * @rxfh: request
 * @extack: for the message if it cannot
 *
 * Context: instance lock held.
 * Return: 0, -EOPNOTSUPP if the hash function is not Toeplitz, or -EINVAL if a
 * flow rule would name queues that do not exist.
 */
int libsvnic_rss_change_ok(struct libsvnic_fn *fn, u32 context,
			   const struct ethtool_rxfh_param *rxfh,
			   struct netlink_ext_ack *extack)
{
	u32 offset = libsvnic_flow_offset(fn, context);
	unsigned int i;

	if (!libsvnic_rss_hfunc_ok(rxfh, extack))
		return -EOPNOTSUPP;
	if (!rxfh->indir || !offset)
		return 0;
	for (i = 0; i < fn->limits.rss_size; i++) {
		if (rxfh->indir[i] + offset < fn->rss_pairs)
			continue;
		NL_SET_ERR_MSG_FMT(extack, "a flow rule adds %u to the queues",
				   offset);
		return -EINVAL;
	}
	return 0;
}

/**
 * libsvnic_rss_hfunc_ok - check the hash function that the user asks for
 * @rxfh: request
 * @extack: for the message if it is another than Toeplitz
 *
 * Return: true if the device has it.
 */
bool libsvnic_rss_hfunc_ok(const struct ethtool_rxfh_param *rxfh,
			   struct netlink_ext_ack *extack)
{
	if (rxfh->hfunc == ETH_RSS_HASH_NO_CHANGE ||
	    rxfh->hfunc == ETH_RSS_HASH_TOP)
		return true;
	NL_SET_ERR_MSG(extack, "the only hash function is toeplitz");
	return false;
}

/**
 * libsvnic_rss_take - change what the user asks to change
 * @fn: function
 * @rss: what to change
 * @rxfh: request
 */
void libsvnic_rss_take(const struct libsvnic_fn *fn, struct libsvnic_rss *rss,
		       const struct ethtool_rxfh_param *rxfh)
{
	unsigned int i;

	if (rxfh->indir)
		for (i = 0; i < fn->limits.rss_size; i++)
			rss->table[i] = rxfh->indir[i];
	if (rxfh->key)
		memcpy(rss->key, rxfh->key, SVNIC_RSS_KEY_LEN);
	if (rxfh->input_xfrm != RXH_XFRM_NO_CHANGE)
		rss->input_xfrm = rxfh->input_xfrm;
}

/**
 * libsvnic_set_rxfh - ethtool set_rxfh
 * @netdev: netdev
 * @rxfh: what to change
 * @extack: for the message when it fails
 *
 * Return: 0, -EOPNOTSUPP or -EINVAL.
 */
int libsvnic_set_rxfh(struct net_device *netdev,
		      struct ethtool_rxfh_param *rxfh,
		      struct netlink_ext_ack *extack)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	int err;

	err = libsvnic_rss_change_ok(fn, 0, rxfh, extack);
	if (err)
		return err;
	libsvnic_rss_take(fn, &fn->rss, rxfh);
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_rss_write(fn);
	libsvnic_flow_follow(fn, 0);
	return 0;
}

/*
 * Return the register's value with the fields of a flow type, and where they
 * are in it and which there can be. NULL: the device does not know the type.
 */
static u32 *libsvnic_rss_flow(struct libsvnic_rss *rss, u32 flow_type,
			      unsigned int *shift, u32 *possible)
{
	*shift = SVNIC_RSS_OTHER_SHIFT;
	*possible = LIBSVNIC_RSS_ADDRS;
	switch (flow_type) {
	case TCP_V4_FLOW:
	case TCP_V6_FLOW:
		*shift = SVNIC_RSS_TCP_SHIFT;
		*possible = LIBSVNIC_RSS_FLOW;
		break;
	case UDP_V4_FLOW:
	case UDP_V6_FLOW:
		*shift = SVNIC_RSS_UDP_SHIFT;
		*possible = LIBSVNIC_RSS_FLOW;
		break;
	}
	switch (flow_type) {
	case TCP_V4_FLOW:
	case UDP_V4_FLOW:
	case SCTP_V4_FLOW:
	case AH_ESP_V4_FLOW:
	case AH_V4_FLOW:
	case ESP_V4_FLOW:
	case IPV4_FLOW:
		return &rss->fields_ipv4;
	case TCP_V6_FLOW:
	case UDP_V6_FLOW:
	case SCTP_V6_FLOW:
	case AH_ESP_V6_FLOW:
	case AH_V6_FLOW:
	case ESP_V6_FLOW:
	case IPV6_FLOW:
		*possible |= SVNIC_RSS_LABEL;
		return &rss->fields_ipv6;
	default:
		return NULL;
	}
}

/**
 * libsvnic_get_rxfh_fields - ethtool get_rxfh_fields
 * @netdev: netdev
 * @fields: flow type in, hashed fields out
 *
 * Return: 0, -EOPNOTSUPP, or -ENOENT if there is no such RSS context.
 */
int libsvnic_get_rxfh_fields(struct net_device *netdev,
			     struct ethtool_rxfh_fields *fields)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_rss *rss;
	unsigned int shift, i;
	u32 *value, possible;

	rss = libsvnic_rss_find(fn, fields->rss_context);
	if (!rss)
		return -ENOENT;
	value = libsvnic_rss_flow(rss, fields->flow_type, &shift, &possible);
	if (!value)
		return -EOPNOTSUPP;
	fields->data = 0;
	for (i = 0; i < ARRAY_SIZE(libsvnic_rss_fields); i++)
		if (*value & libsvnic_rss_fields[i].field << shift)
			fields->data |= libsvnic_rss_fields[i].rxh;
	return 0;
}

/**
 * libsvnic_set_rxfh_fields - ethtool set_rxfh_fields
 * @netdev: netdev
 * @fields: flow type and fields to hash
 * @extack: for the message when it fails
 *
 * Protocols other than TCP and UDP have one set of fields for all of them,
 * which is that of IPv4 or IPv6.
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP, -ENOENT, or the error of the device.
 */
int libsvnic_set_rxfh_fields(struct net_device *netdev,
			     const struct ethtool_rxfh_fields *fields,
			     struct netlink_ext_ack *extack)
{
	struct libsvnic_fn *fn = netdev_priv(netdev);
	u32 *value, old, possible, wanted = 0, known = 0;
	struct libsvnic_rss_ctx *ctx;
	struct libsvnic_rss *rss;
	unsigned int shift, i;
	int err;

	rss = libsvnic_rss_find(fn, fields->rss_context);
	if (!rss)
		return -ENOENT;
	value = libsvnic_rss_flow(rss, fields->flow_type, &shift, &possible);
	if (!value || (shift == SVNIC_RSS_OTHER_SHIFT &&
		       fields->flow_type != IPV4_FLOW &&
		       fields->flow_type != IPV6_FLOW)) {
		NL_SET_ERR_MSG(extack,
			       "fields can be set for TCP, UDP, and all other IPv4 or IPv6");
		return -EOPNOTSUPP;
	}
	for (i = 0; i < ARRAY_SIZE(libsvnic_rss_fields); i++) {
		if (!(possible & libsvnic_rss_fields[i].field))
			continue;
		known |= libsvnic_rss_fields[i].rxh;
		if (fields->data & libsvnic_rss_fields[i].rxh)
			wanted |= libsvnic_rss_fields[i].field;
	}
	if (fields->data & ~known) {
		NL_SET_ERR_MSG(extack,
			       "only addresses, ports of TCP and UDP, and flow labels of IPv6 are hashed");
		return -EINVAL;
	}
	old = *value;
	*value = (old & ~(LIBSVNIC_RSS_BYTE << shift)) | wanted << shift;
	if (fields->rss_context) {
		ctx = container_of(rss, struct libsvnic_rss_ctx, rss);
		err = libsvnic_rss_ctx_write(fn, ctx);
		if (err)
			*value = old;
		return err;
	}
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_rss_write(fn);
	return 0;
}
