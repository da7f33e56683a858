// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnicvf: mailbox to the PF (spec 8): synchronous requests, one at a time.
 *
 * The PF may be slow or away, and may answer a request after it was given up.
 * The cookie distinguishes such a reply from the one that is waited for.
 */
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>

#include "svnicvf.h"

#define SVNICVF_MBX_TIMEOUT_MS	5000
/* How long a request waits for an earlier one that was given up. */
#define SVNICVF_MBX_BUSY_US	100000
#define SVNICVF_MBX_POLL_US	1000
/* How often to check that the PF is still there. */
#define SVNICVF_MBX_LOOK_MS	100
/* How long a reset of the PF may take. */
#define SVNICVF_MBX_AWAY_US	500000

static int svnicvf_mbx_errno(u16 status)
{
	switch (status) {
	case SVNIC_MBX_OK:
		return 0;
	case SVNIC_MBX_ERR_OPCODE:
		return -EOPNOTSUPP;
	case SVNIC_MBX_ERR_STATE:
		return -ENOTCONN;
	case SVNIC_MBX_ERR_VERSION:
		return -EPROTONOSUPPORT;
	case SVNIC_MBX_ERR_PARAM:
		return -EINVAL;
	case SVNIC_MBX_ERR_PERM:
		return -EPERM;
	case SVNIC_MBX_ERR_LIMIT:
		return -ENOSPC;
	case SVNIC_MBX_ERR_BUSY:
		return -EBUSY;
	case SVNIC_MBX_ERR_DEVICE:
		return -EIO;
	case SVNIC_MBX_ERR_IN_USE:
		return -EADDRINUSE;
	default:
		return -EPROTO;
	}
}

/**
 * svnicvf_mbx_init - allocate the memory of the mailbox
 * @vf: virtual function
 *
 * Return: 0 or -ENOMEM.
 */
int svnicvf_mbx_init(struct svnicvf *vf)
{
	struct svnicvf_mbx *mbx = &vf->mbx;

	mbx->buf = dma_alloc_coherent(&vf->fn->pdev->dev, SVNIC_MBX_BUF_LEN,
				      &mbx->dma, GFP_KERNEL);
	if (!mbx->buf)
		return -ENOMEM;
	mutex_init(&mbx->lock);
	init_completion(&mbx->done);
	return 0;
}

/**
 * svnicvf_mbx_exit - opposite of svnicvf_mbx_init()
 * @vf: virtual function, down
 */
void svnicvf_mbx_exit(struct svnicvf *vf)
{
	struct svnicvf_mbx *mbx = &vf->mbx;

	mutex_destroy(&mbx->lock);
	dma_free_coherent(&vf->fn->pdev->dev, SVNIC_MBX_BUF_LEN, mbx->buf,
			  mbx->dma);
}

/**
 * svnicvf_mbx_event - handle the event of a reply
 * @vf: virtual function
 * @ev: SVNIC_EVENT_MBX_REPLY
 *
 * Context: atomic.
 */
void svnicvf_mbx_event(struct svnicvf *vf, const struct svnic_event *ev)
{
	struct svnicvf_mbx *mbx = &vf->mbx;

	WRITE_ONCE(mbx->reply_len, le32_to_cpu(ev->data));
	complete(&mbx->done);
	/* The PF has executed a request that was given up: start again. */
	if (atomic_xchg(&mbx->late, 0))
		libsvnic_reset_request(vf->fn);
}

/*
 * Give up a request, unless its reply arrives at the same time. The code that
 * clears the flag decides: if it is svnicvf_mbx_event(), the request is given
 * up and the function reset. Else the reply can be used; returns false then.
 */
static bool svnicvf_mbx_give_up(struct svnicvf_mbx *mbx)
{
	atomic_xchg(&mbx->late, 1);
	return !completion_done(&mbx->done) || !atomic_xchg(&mbx->late, 0);
}

/*
 * There are no answers while the PF is away. If it is in reset it will be back
 * soon, so wait, but only once: the caller may hold locks that others need.
 */
static int svnicvf_mbx_wait_pf(struct svnicvf *vf)
{
	struct svnicvf_mbx *mbx = &vf->mbx;
	u32 status;

	status = libsvnic_rd(vf->fn, SVNIC_REG_STATUS);
	if (!(status & SVNIC_STATUS_PF_AWAY)) {
		mbx->away = false;
		return 0;
	}
	if (!libsvnic_alive(vf->fn))
		return -ENODEV;
	mbx->away = mbx->away ||
		    read_poll_timeout(libsvnic_rd, status,
				      !(status & SVNIC_STATUS_PF_AWAY),
				      SVNICVF_MBX_POLL_US, SVNICVF_MBX_AWAY_US,
				      false, vf->fn, SVNIC_REG_STATUS);
	return mbx->away ? -ENETDOWN : 0;
}

/* Wait for the reply to a request and copy it. Returns its length or -errno. */
static int svnicvf_mbx_receive(struct svnicvf *vf, __le32 cookie, void *reply)
{
	unsigned long end = jiffies + msecs_to_jiffies(SVNICVF_MBX_TIMEOUT_MS);
	const struct svnic_mbx_hdr *hdr = reply;
	struct svnicvf_mbx *mbx = &vf->mbx;
	u32 len;
	int err;

	for (;;) {
		err = libsvnic_wait(vf->fn, &mbx->done, SVNICVF_MBX_LOOK_MS);
		if (err && err != -ETIMEDOUT)
			return err;
		if (!err) {
			memcpy(reply, mbx->buf + SVNIC_MBX_REPLY_OFFSET,
			       SVNIC_MBX_MSG_MAX);
			if (hdr->cookie == cookie)
				break;
		}
		err = svnicvf_mbx_wait_pf(vf);
		if (!err && time_before(jiffies, end))
			continue;
		if (svnicvf_mbx_give_up(mbx))
			return err ? err : -ETIMEDOUT;
	}

	len = READ_ONCE(mbx->reply_len);
	if (len < sizeof(*hdr) || len > SVNIC_MBX_MSG_MAX ||
	    len != le16_to_cpu(hdr->len))
		return -EPROTO;
	return len;
}

static int svnicvf_mbx_transact(struct svnicvf *vf,
				enum svnic_mbx_opcode opcode, const void *body,
				size_t body_len, void *answer,
				size_t answer_len)
{
	struct svnicvf_mbx *mbx = &vf->mbx;
	struct svnic_mbx_hdr hdr = {
		.opcode	= cpu_to_le16(opcode),
		.len	= cpu_to_le16(sizeof(hdr) + body_len),
		.cookie	= cpu_to_le32(++mbx->seq),
	};
	union {
		struct svnic_mbx_hdr	hdr;
		u8			bytes[SVNIC_MBX_MSG_MAX];
	} reply;
	u32 status;
	int err;

	err = svnicvf_mbx_wait_pf(vf);
	if (err)
		return err;
	if (read_poll_timeout(libsvnic_rd, status,
			      !(status & SVNIC_STATUS_MBX_BUSY),
			      SVNICVF_MBX_POLL_US, SVNICVF_MBX_BUSY_US, false,
			      vf->fn, SVNIC_REG_STATUS))
		return -EBUSY;

	reinit_completion(&mbx->done);
	memcpy(mbx->buf, &hdr, sizeof(hdr));
	/* Without a body or an answer, the pointers are NULL. */
	if (body_len)
		memcpy(mbx->buf + sizeof(hdr), body, body_len);
	memset(mbx->buf + SVNIC_MBX_REPLY_OFFSET, 0, sizeof(hdr));
	libsvnic_wr(vf->fn, SVNIC_REG_MBX_DB, sizeof(hdr) + body_len);

	err = svnicvf_mbx_receive(vf, hdr.cookie, &reply);
	if (err < 0)
		return err;
	if (reply.hdr.opcode != hdr.opcode)
		return -EPROTO;
	if (reply.hdr.status)
		return svnicvf_mbx_errno(le16_to_cpu(reply.hdr.status));
	if (err != sizeof(hdr) + answer_len)
		return -EPROTO;
	if (answer_len)
		memcpy(answer, reply.bytes + sizeof(hdr), answer_len);
	return 0;
}

static int svnicvf_mbx_version(struct svnicvf *vf)
{
	const struct svnic_mbx_version ours = {
		.min	= cpu_to_le16(SVNIC_MBX_VERSION_MIN),
		.max	= cpu_to_le16(SVNIC_MBX_VERSION_MAX),
	};
	struct svnic_mbx_version agreed;
	u16 version;
	int err;

	err = svnicvf_mbx_transact(vf, SVNIC_MBX_VERSION, &ours, sizeof(ours),
				   &agreed, sizeof(agreed));
	if (err)
		return err;
	version = le16_to_cpu(agreed.min);
	if (version < SVNIC_MBX_VERSION_MIN || version > SVNIC_MBX_VERSION_MAX)
		return -EPROTO;
	return 0;
}

/* Send a request. Returns 0, the status of the reply, or another -errno. */
static int svnicvf_mbx_ask(struct svnicvf *vf, enum svnic_mbx_opcode opcode,
			   const void *body, size_t body_len, void *answer,
			   size_t answer_len)
{
	struct svnicvf_mbx *mbx = &vf->mbx;
	int err = -ENODEV;

	mutex_lock(&mbx->lock);
	if (!mbx->up)
		goto out;
	err = svnicvf_mbx_transact(vf, opcode, body, body_len, answer,
				   answer_len);
	if (err != -ENOTCONN)
		goto out;
	/* The PF has a new driver: agree on a version first. */
	err = svnicvf_mbx_version(vf);
	if (!err)
		err = svnicvf_mbx_transact(vf, opcode, body, body_len, answer,
					   answer_len);
out:
	mutex_unlock(&mbx->lock);
	if (err && net_ratelimit())
		netdev_dbg(vf->fn->netdev, "request %u: error %d\n", opcode,
			   err);
	return err;
}

/**
 * svnicvf_mbx_start - start the mailbox and agree on a version
 * @vf: virtual function, enabled, its event ring running
 *
 * Return: 0 or -errno.
 */
int svnicvf_mbx_start(struct svnicvf *vf)
{
	struct svnicvf_mbx *mbx = &vf->mbx;
	int err;

	libsvnic_wr64(vf->fn, SVNIC_REG_MBX_BASE_LO, mbx->dma);
	/* The reset has dropped a request that was given up. */
	atomic_set(&mbx->late, 0);

	mutex_lock(&mbx->lock);
	err = svnicvf_mbx_version(vf);
	mbx->up = !err;
	mutex_unlock(&mbx->lock);

	if (err == -EPROTONOSUPPORT)
		pci_err(vf->fn->pdev,
			"the PF driver speaks no version of %u..%u\n",
			SVNIC_MBX_VERSION_MIN, SVNIC_MBX_VERSION_MAX);
	else if (err)
		pci_err(vf->fn->pdev, "no answer from the PF, error %d\n",
			err);
	return err;
}

/**
 * svnicvf_mbx_stop - opposite of svnicvf_mbx_start()
 * @vf: virtual function; the device may be gone
 */
void svnicvf_mbx_stop(struct svnicvf *vf)
{
	mutex_lock(&vf->mbx.lock);
	vf->mbx.up = false;
	mutex_unlock(&vf->mbx.lock);
}

/**
 * svnicvf_get_config - read the PF's configuration
 * @vf: virtual function
 * @config: configuration to fill in
 *
 * Context: process, sleeps; holds for all functions below, too.
 * Return: 0 or -errno.
 */
int svnicvf_get_config(struct svnicvf *vf, struct svnic_mbx_config *config)
{
	int err;

	err = svnicvf_mbx_ask(vf, SVNIC_MBX_GET_CONFIG, NULL, 0, config,
			      sizeof(*config));
	if (err)
		return err;
	if (!is_valid_ether_addr(config->mac) ||
	    le16_to_cpu(config->frame_max) < ETH_DATA_LEN + LIBSVNIC_HLEN_MAX)
		return -EPROTO;
	return 0;
}

/**
 * svnicvf_ask_macs - set the station address, or add or remove filters
 * @vf: virtual function
 * @opcode: SVNIC_MBX_SET_MAC, SVNIC_MBX_MAC_ADD or SVNIC_MBX_MAC_DEL
 * @macs: array of addresses
 * @count: number of addresses, up to SVNIC_MBX_MACS_MAX
 *
 * Return: 0 or -errno with nothing changed.
 */
int svnicvf_ask_macs(struct svnicvf *vf, enum svnic_mbx_opcode opcode,
		     const u8 *macs, unsigned int count)
{
	DEFINE_RAW_FLEX(struct svnic_mbx_macs, body, mac, SVNIC_MBX_MACS_MAX);

	body->count = cpu_to_le16(count);
	memcpy(body->mac, macs, count * ETH_ALEN);
	return svnicvf_mbx_ask(vf, opcode, body,
			       struct_size(body, mac, count), NULL, 0);
}

/**
 * svnicvf_ask_vlan - add or remove a VLAN filter
 * @vf: virtual function
 * @opcode: SVNIC_MBX_VLAN_ADD or SVNIC_MBX_VLAN_DEL
 * @proto: EtherType of its tag
 * @vid: VLAN id
 *
 * Return: 0 or -errno.
 */
int svnicvf_ask_vlan(struct svnicvf *vf, enum svnic_mbx_opcode opcode,
		     u16 proto, u16 vid)
{
	DEFINE_RAW_FLEX(struct svnic_mbx_vlans, body, vid, 1);

	body->count = cpu_to_le16(1);
	body->proto = cpu_to_le16(proto);
	body->vid[0] = cpu_to_le16(vid);
	return svnicvf_mbx_ask(vf, opcode, body, struct_size(body, vid, 1),
			       NULL, 0);
}

/**
 * svnicvf_ask_rx_mode - set the receive mode
 * @vf: virtual function
 * @flags: SVNIC_MBX_RX_*
 *
 * Return: 0 or -errno.
 */
int svnicvf_ask_rx_mode(struct svnicvf *vf, u32 flags)
{
	const struct svnic_mbx_rx_mode body = {
		.flags	= cpu_to_le32(flags),
	};

	return svnicvf_mbx_ask(vf, SVNIC_MBX_RX_MODE, &body, sizeof(body),
			       NULL, 0);
}

/**
 * svnicvf_ask_mtu - set the longest frame to receive
 * @vf: virtual function
 * @frame_max: length in bytes, L2 header included
 *
 * Return: 0 or -errno.
 */
int svnicvf_ask_mtu(struct svnicvf *vf, u16 frame_max)
{
	const struct svnic_mbx_mtu body = {
		.frame_max	= cpu_to_le16(frame_max),
	};

	return svnicvf_mbx_ask(vf, SVNIC_MBX_SET_MTU, &body, sizeof(body),
			       NULL, 0);
}
