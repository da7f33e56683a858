// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: vports, and a function for each command (spec 10.1..10.7). The
 * commands sleep.
 */
#include "svnic.h"

/**
 * svnic_nop - check that the NIC answers commands
 * @pf: physical function
 *
 * Return: 0 or -errno.
 */
int svnic_nop(struct svnic_pf *pf)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_NOP),
	};

	return libsvnic_cmdq_exec(pf->fn, &cmd);
}

/**
 * svnic_identify - read identity and pools of the NIC
 * @pf: physical function
 * @identity: identity to fill in
 *
 * Return: 0 or -errno.
 */
int svnic_identify(struct svnic_pf *pf, struct svnic_identity *identity)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_IDENTIFY),
	};

	return libsvnic_cmdq_read(pf->fn, &cmd, identity, sizeof(*identity));
}

/**
 * svnic_vport_init - initialise a vport
 * @vport: the vport, zeroed
 * @pf: physical function
 * @id: its number, SVNIC_VPORT_PF or SVNIC_VPORT_VF()
 */
void svnic_vport_init(struct svnic_vport *vport, struct svnic_pf *pf, u16 id)
{
	vport->pf = pf;
	vport->id = id;
}

/**
 * svnic_vport_get - read configuration, grants and state of a vport
 * @vport: the vport
 * @info: information to fill in
 *
 * Return: 0 or -errno.
 */
int svnic_vport_get(struct svnic_vport *vport, struct svnic_vport_info *info)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_VPORT_GET),
		.vport	= cpu_to_le16(vport->id),
	};

	return libsvnic_cmdq_read(vport->pf->fn, &cmd, info, sizeof(*info));
}

/**
 * svnic_vport_set - configure a vport
 * @vport: the vport
 * @cfg: the configuration, with a mask of what to set
 *
 * Return: 0 or -errno.
 */
int svnic_vport_set(struct svnic_vport *vport,
		    const struct svnic_vport_cfg *cfg)
{
	struct svnic_cmd cmd = {
		.opcode		= cpu_to_le16(SVNIC_ADMIN_VPORT_SET),
		.vport		= cpu_to_le16(vport->id),
		.params		= {},
	};

	cmd.vport_cfg = *cfg;
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_note_set - store a note about a VF for the next driver
 * @vport: the vport of the VF
 * @note: the note
 *
 * Return: 0 or -errno.
 */
int svnic_vport_note_set(struct svnic_vport *vport,
			 const struct svnic_vport_note *note)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_NOTE_SET),
		.vport	= cpu_to_le16(vport->id),
		.params	= {},
	};

	cmd.note = *note;
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_note_get - read the note of the previous driver about a VF
 * @vport: the vport of the VF
 * @note: note to fill in
 *
 * Return: 0 or -errno.
 */
int svnic_vport_note_get(struct svnic_vport *vport,
			 struct svnic_vport_note *note)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_NOTE_GET),
		.vport	= cpu_to_le16(vport->id),
	};

	return libsvnic_cmdq_read(vport->pf->fn, &cmd, note, sizeof(*note));
}

/**
 * svnic_vport_grant - grant a vport its share of the pools
 * @vport: the vport, which must not be ready
 * @grant: the share
 *
 * Return: 0 or -errno, -ENOSPC if there is not enough left in the pools.
 */
int svnic_vport_grant(struct svnic_vport *vport,
		      const struct svnic_grant *grant)
{
	struct svnic_cmd cmd = {
		.opcode		= cpu_to_le16(SVNIC_ADMIN_VPORT_GRANT),
		.vport		= cpu_to_le16(vport->id),
		.params		= {},
	};

	cmd.grant.queues = cpu_to_le16(grant->queues);
	cmd.grant.vectors = cpu_to_le16(grant->vectors);
	cmd.grant.mac_filters = cpu_to_le16(grant->mac_filters);
	cmd.grant.vlan_filters = cpu_to_le16(grant->vlan_filters);
	cmd.grant.flow_rules = cpu_to_le16(grant->flow_rules);
	cmd.grant.rss_contexts = cpu_to_le16(grant->rss_contexts);
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_enable - make a vport ready
 * @vport: the vport
 * @reset_seq: sequence number of the reset after which it was programmed
 *
 * Return: 0 or -errno, -ESTALE if it was reset again since.
 */
int svnic_vport_enable(struct svnic_vport *vport, u32 reset_seq)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_VPORT_ENABLE),
		.vport	= cpu_to_le16(vport->id),
		.params	= {},
	};

	cmd.enable.reset_seq = cpu_to_le32(reset_seq);
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_disable - stop a vport
 * @vport: the vport
 *
 * Return: 0 or -errno.
 */
int svnic_vport_disable(struct svnic_vport *vport)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_VPORT_DISABLE),
		.vport	= cpu_to_le16(vport->id),
	};

	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_filters_clear - remove filters of a vport
 * @vport: the vport
 * @what: which filters to remove
 *
 * Return: 0 or -errno.
 */
int svnic_vport_filters_clear(struct svnic_vport *vport, enum svnic_clear what)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_FILTERS_CLEAR),
		.vport	= cpu_to_le16(vport->id),
		.params	= {},
	};

	cmd.clear.what = cpu_to_le32(what);
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/* Add or remove a filter of a list. */
static int svnic_vport_filter(struct svnic_vport *vport, bool add,
			      const struct svnic_filter_list *list,
			      unsigned int i)
{
	struct svnic_cmd cmd = {
		.vport	= cpu_to_le16(vport->id),
		.params	= {},
	};

	if (list->macs) {
		cmd.opcode = cpu_to_le16(add ? SVNIC_ADMIN_MAC_ADD :
					       SVNIC_ADMIN_MAC_DEL);
		ether_addr_copy(cmd.mac.mac, list->macs[i]);
		if (add && !is_multicast_ether_addr(list->macs[i]))
			cmd.mac.rule = list->rule;
	} else {
		cmd.opcode = cpu_to_le16(add ? SVNIC_ADMIN_VLAN_ADD :
					       SVNIC_ADMIN_VLAN_DEL);
		cmd.vlan.vid = list->vids[i];
		cmd.vlan.proto = list->proto;
	}
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_filters - add or remove filters, all or none
 * @vport: the vport
 * @add: add filters, else remove them. It is no error if a filter exists
 *	already, or does not exist.
 * @list: addresses or VLANs of the filters
 *
 * Return: 0 or -errno with nothing changed.
 */
int svnic_vport_filters(struct svnic_vport *vport, bool add,
			const struct svnic_filter_list *list)
{
	DECLARE_BITMAP(changed, SVNIC_FILTER_LIST_MAX) = {};
	int harmless = add ? -EEXIST : -ENOENT;
	unsigned int i;
	int err;

	for (i = 0; i < list->count; i++) {
		err = svnic_vport_filter(vport, add, list, i);
		if (!err)
			__set_bit(i, changed);
		else if (err != harmless)
			goto err_undo;
	}
	return 0;

err_undo:
	for_each_set_bit(i, changed, list->count)
		svnic_vport_filter(vport, !add, list, i);
	return err;
}

/**
 * svnic_vport_rate_set - set the transmit rate of a vport
 * @vport: the vport
 * @rate: the rate
 *
 * Return: 0 or -errno, -ENOSPC if the sum of guarantees exceeds the link.
 */
int svnic_vport_rate_set(struct svnic_vport *vport,
			 const struct svnic_rate *rate)
{
	struct svnic_cmd cmd = {
		.opcode		= cpu_to_le16(SVNIC_ADMIN_RATE_SET),
		.vport		= cpu_to_le16(vport->id),
		.params		= {},
	};

	svnic_rate_hw(rate, &cmd.rate);
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_rate_get - read the transmit rate of a vport
 * @vport: the vport
 * @rate: rate to fill in
 *
 * Return: 0 or -errno.
 */
int svnic_vport_rate_get(struct svnic_vport *vport, struct svnic_rate *rate)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_RATE_GET),
		.vport	= cpu_to_le16(vport->id),
	};
	struct svnic_vport_rate hw;
	int err;

	err = libsvnic_cmdq_read(vport->pf->fn, &cmd, &hw, sizeof(hw));
	if (!err)
		svnic_rate_adopt(rate, &hw);
	return err;
}

/**
 * svnic_vport_notify - send a VF's driver a notification
 * @vport: the vport of the VF
 * @bits: SVNIC_NOTIFY_*
 *
 * Return: 0 or -errno.
 */
int svnic_vport_notify(struct svnic_vport *vport, u32 bits)
{
	struct svnic_cmd cmd = {
		.opcode		= cpu_to_le16(SVNIC_ADMIN_NOTIFY),
		.vport		= cpu_to_le16(vport->id),
		.params		= {},
	};

	cmd.notify.bits = cpu_to_le32(bits);
	return libsvnic_cmdq_exec(vport->pf->fn, &cmd);
}

/**
 * svnic_vport_stats - read the counters of a vport
 * @vport: the vport
 * @stats: counters to fill in
 *
 * Return: 0 or -errno.
 */
int svnic_vport_stats(struct svnic_vport *vport, struct svnic_fn_stats *stats)
{
	struct svnic_cmd cmd = {
		.opcode	= cpu_to_le16(SVNIC_ADMIN_STATS_GET),
		.vport	= cpu_to_le16(vport->id),
	};

	return libsvnic_cmdq_read(vport->pf->fn, &cmd, stats, sizeof(*stats));
}

/**
 * svnic_mbx_reply - send the reply to a VF's request
 * @vport: the vport of the VF
 * @seq: sequence number of the request
 * @msg: the reply
 * @len: length of the reply, bytes
 *
 * Return: 0 or -errno, -ESTALE if the VF was reset since.
 */
int svnic_mbx_reply(struct svnic_vport *vport, u32 seq,
		    const void *msg, size_t len)
{
	struct svnic_cmd cmd = {
		.opcode		= cpu_to_le16(SVNIC_ADMIN_MBX_REPLY),
		.vport		= cpu_to_le16(vport->id),
		.params		= {},
	};

	cmd.reply.seq = cpu_to_le32(seq);
	return libsvnic_cmdq_write(vport->pf->fn, &cmd, msg, len);
}
