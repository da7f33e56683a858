// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: RSS contexts (spec 5.8) besides the one of the registers. Flow
 * rules name them.
 */
#include <kunit/visibility.h>
#include <linux/ethtool.h>
#include <linux/export.h>

#include "libsvnic_priv.h"

static_assert(sizeof(struct svnic_rss_data) + SVNIC_RSS_TABLE_MAX <=
	      LIBSVNIC_CMDQ_DATA_LEN);

/**
 * libsvnic_rss_ctx_find - find an RSS context
 * @fn: function
 * @id: its number
 *
 * Context: instance lock held.
 * Return: the context, or NULL.
 */
struct libsvnic_rss_ctx *libsvnic_rss_ctx_find(struct libsvnic_fn *fn, u32 id)
{
	struct libsvnic_rss_ctx *ctx;

	list_for_each_entry(ctx, &fn->flows.contexts, node)
		if (ctx->id == id)
			return ctx;
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_rss_ctx_find);

/**
 * libsvnic_rss_ctx_write - make or change an RSS context of the device
 * @fn: function; if it is not enabled, nothing happens
 * @ctx: the context
 *
 * Context: process, sleeps; instance lock held.
 * Return: 0 or -errno.
 */
int libsvnic_rss_ctx_write(struct libsvnic_fn *fn,
			   const struct libsvnic_rss_ctx *ctx)
{
	DEFINE_RAW_FLEX(struct svnic_rss_data, data, table,
			SVNIC_RSS_TABLE_MAX);
	const struct libsvnic_rss *rss = &ctx->rss;
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_FN_RSS_SET),
		.params	= {},
	};
	unsigned int i;

	if (!test_bit(LIBSVNIC_ENABLED, fn->flags))
		return 0;
	cmd.rss_set.context = cpu_to_le16(ctx->id);
	cmd.rss_set.entries = cpu_to_le16(fn->limits.rss_size);
	cmd.rss_set.ctrl = cpu_to_le32(libsvnic_rss_ctrl(rss));
	cmd.rss_set.fields_ipv4 = cpu_to_le32(rss->fields_ipv4);
	cmd.rss_set.fields_ipv6 = cpu_to_le32(rss->fields_ipv6);
	memcpy(data->key, rss->key, sizeof(data->key));
	for (i = 0; i < fn->limits.rss_size; i++)
		data->table[i] = rss->table[i] % fn->rss_pairs;
	return libsvnic_cmdq_write(fn, &cmd, data,
				   struct_size(data, table,
					       fn->limits.rss_size));
}

/**
 * libsvnic_create_rxfh_context - ethtool create_rxfh_context
 * @netdev: netdev
 * @ctx: ethtool's context
 * @rxfh: configuration; what it leaves out is that of the default context, but
 *	the table is one of all queues
 * @extack: for the message when it fails
 *
 * Context: process, sleeps.
 * Return: 0 or -errno.
 */
int libsvnic_create_rxfh_context(struct net_device *netdev,
				 struct ethtool_rxfh_context *ctx,
				 const struct ethtool_rxfh_param *rxfh,
				 struct netlink_ext_ack *extack)
{
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(ctx);
	struct libsvnic_fn *fn = netdev_priv(netdev);
	u32 *indir = ethtool_rxfh_context_indir(ctx);
	unsigned int i;
	int err;

	if (!libsvnic_has(fn, SVNIC_F_FLOW)) {
		NL_SET_ERR_MSG(extack, "the device has no RSS contexts");
		return -EOPNOTSUPP;
	}
	if (!libsvnic_rss_hfunc_ok(rxfh, extack))
		return -EOPNOTSUPP;
	if (rxfh->rss_context > fn->limits.rss_contexts) {
		NL_SET_ERR_MSG_FMT(extack,
				   "this function may have %u RSS contexts",
				   fn->limits.rss_contexts);
		return -ENOSPC;
	}

	own->id = rxfh->rss_context;
	own->rss = fn->rss;
	libsvnic_rss_spread(fn, &own->rss);
	libsvnic_rss_take(fn, &own->rss, rxfh);
	err = libsvnic_rss_ctx_write(fn, own);
	if (err) {
		NL_SET_ERR_MSG(extack, "the device refuses the RSS context");
		return err;
	}
	list_add_tail(&own->node, &fn->flows.contexts);

	ctx->hfunc = ETH_RSS_HASH_TOP;
	ctx->input_xfrm = own->rss.input_xfrm;
	memcpy(ethtool_rxfh_context_key(ctx), own->rss.key,
	       sizeof(own->rss.key));
	for (i = 0; i < fn->limits.rss_size; i++)
		indir[i] = own->rss.table[i];
	return 0;
}

/**
 * libsvnic_modify_rxfh_context - ethtool modify_rxfh_context
 * @netdev: netdev
 * @ctx: ethtool's context
 * @rxfh: what to change
 * @extack: for the message when it fails
 *
 * Context: process, sleeps.
 * Return: 0, or -errno with nothing changed.
 */
int libsvnic_modify_rxfh_context(struct net_device *netdev,
				 struct ethtool_rxfh_context *ctx,
				 const struct ethtool_rxfh_param *rxfh,
				 struct netlink_ext_ack *extack)
{
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(ctx);
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct libsvnic_rss old = own->rss;
	int err;

	err = libsvnic_rss_change_ok(fn, own->id, rxfh, extack);
	if (err)
		return err;
	libsvnic_rss_take(fn, &own->rss, rxfh);
	err = libsvnic_rss_ctx_write(fn, own);
	if (err) {
		NL_SET_ERR_MSG(extack, "the device refuses the RSS context");
		own->rss = old;
		return err;
	}
	libsvnic_flow_follow(fn, own->id);
	return 0;
}

/**
 * libsvnic_remove_rxfh_context - ethtool remove_rxfh_context
 * @netdev: netdev
 * @ctx: ethtool's context
 * @rss_context: its number
 * @extack: not used
 *
 * The memory of the context is freed afterwards. So it is forgotten even if the
 * device cannot be told; a later context of this number replaces it there.
 *
 * Context: process, sleeps.
 * Return: 0, or -EBUSY if a rule names the context.
 */
int libsvnic_remove_rxfh_context(struct net_device *netdev,
				 struct ethtool_rxfh_context *ctx,
				 u32 rss_context,
				 struct netlink_ext_ack *extack)
{
	struct libsvnic_rss_ctx *own = ethtool_rxfh_context_priv(ctx);
	struct libsvnic_fn *fn = netdev_priv(netdev);
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_FN_RSS_DEL),
		.params	= {},
	};

	/* Older kernels do not look for rules. */
	if (netdev->reg_state == NETREG_REGISTERED &&
	    libsvnic_flow_names(fn, rss_context))
		return -EBUSY;
	/*
	 * When the netdev is unregistered rtnl is held, but not the instance
	 * lock. All works that use the list are disabled then.
	 */
	list_del(&own->node);
	cmd.rss_del.context = cpu_to_le16(rss_context);
	if (test_bit(LIBSVNIC_ENABLED, fn->flags))
		libsvnic_cmdq_exec(fn, &cmd);
	return 0;
}
