// SPDX-License-Identifier: GPL-2.0-only
/*
 * svnic: command queue (spec 10). Commands are synchronous, and several may be
 * in flight.
 *
 * The cookie of a command consists of the number of its slot and a counter, so
 * that a late answer is not mistaken for that of a newer command.
 */
#include <linux/dma-mapping.h>

#include "svnic.h"

#define SVNIC_CMDQ_TIMEOUT_MS	5000

#define SVNIC_COOKIE_SLOT_MASK	0xff
#define SVNIC_COOKIE_SEQ_SHIFT	8

static int svnic_cmdq_errno(u16 status)
{
	switch (status) {
	case SVNIC_ERR_NONE:
		return 0;
	case SVNIC_ERR_NOT_READY:
		return -EBUSY;
	case SVNIC_ERR_OPCODE:
		return -EOPNOTSUPP;
	case SVNIC_ERR_PARAM:
		return -EINVAL;
	case SVNIC_ERR_GRANT:
	case SVNIC_ERR_NO_SPACE:
		return -ENOSPC;
	case SVNIC_ERR_EXISTS:
		return -EEXIST;
	case SVNIC_ERR_NOT_FOUND:
		return -ENOENT;
	case SVNIC_ERR_STALE:
		return -ESTALE;
	case SVNIC_ERR_IN_USE:
		return -EADDRINUSE;
	default:
		return -EIO;
	}
}

/**
 * svnic_cmdq_init - allocate the memory of the command queue
 * @pf: physical function
 *
 * The memory is kept until svnic_cmdq_exit(), so that a caller that waits for
 * a command can access it during a reset too.
 *
 * Return: 0 or -ENOMEM.
 */
int svnic_cmdq_init(struct svnic_pf *pf)
{
	struct device *dev = &pf->fn->pdev->dev;
	struct svnic_cmdq *cmdq = &pf->cmdq;
	unsigned int i;

	cmdq->size = min(SVNIC_CMDQ_SLOTS, pf->fn->limits.evq_max);
	cmdq->ring = dma_alloc_coherent(dev,
					cmdq->size * sizeof(*cmdq->ring),
					&cmdq->ring_dma, GFP_KERNEL);
	if (!cmdq->ring)
		return -ENOMEM;
	cmdq->data = dma_alloc_coherent(dev,
					cmdq->size * sizeof(*cmdq->data),
					&cmdq->data_dma, GFP_KERNEL);
	if (!cmdq->data)
		goto err_ring;

	spin_lock_init(&cmdq->lock);
	init_waitqueue_head(&cmdq->wait);
	for (i = 0; i < cmdq->size; i++)
		init_completion(&cmdq->slot[i].done);
	return 0;

err_ring:
	dma_free_coherent(dev, cmdq->size * sizeof(*cmdq->ring),
			  cmdq->ring, cmdq->ring_dma);
	return -ENOMEM;
}

/**
 * svnic_cmdq_exit - opposite of svnic_cmdq_init()
 * @pf: physical function; there are no more commands
 */
void svnic_cmdq_exit(struct svnic_pf *pf)
{
	struct device *dev = &pf->fn->pdev->dev;
	struct svnic_cmdq *cmdq = &pf->cmdq;

	dma_free_coherent(dev, cmdq->size * sizeof(*cmdq->data),
			  cmdq->data, cmdq->data_dma);
	dma_free_coherent(dev, cmdq->size * sizeof(*cmdq->ring),
			  cmdq->ring, cmdq->ring_dma);
}

/**
 * svnic_cmdq_start - start the command queue
 * @pf: physical function, enabled, its event ring running
 */
void svnic_cmdq_start(struct svnic_pf *pf)
{
	struct svnic_cmdq *cmdq = &pf->cmdq;

	libsvnic_wr64(pf->fn, SVNIC_REG_CMD_BASE_LO, cmdq->ring_dma);
	libsvnic_wr(pf->fn, SVNIC_REG_CMD_SIZE, cmdq->size);

	spin_lock_irq(&cmdq->lock);
	cmdq->prod = 0;
	cmdq->up = true;
	spin_unlock_irq(&cmdq->lock);
}

/* Fail all commands in flight, and new ones until the next start. */
static void svnic_cmdq_fail(struct svnic_pf *pf)
{
	struct svnic_cmdq *cmdq = &pf->cmdq;
	struct svnic_cmdq_slot *slot;
	unsigned int i;

	spin_lock_irq(&cmdq->lock);
	cmdq->up = false;
	for (i = 0; i < cmdq->size; i++) {
		slot = &cmdq->slot[i];
		if (!slot->pending)
			continue;
		slot->pending = false;
		slot->failed = true;
		complete(&slot->done);
	}
	spin_unlock_irq(&cmdq->lock);
	wake_up_all(&cmdq->wait);
}

/**
 * svnic_cmdq_stop - opposite of svnic_cmdq_start()
 * @pf: physical function; the device may be gone
 */
void svnic_cmdq_stop(struct svnic_pf *pf)
{
	svnic_cmdq_fail(pf);
	if (!libsvnic_alive(pf->fn))
		return;
	libsvnic_wr(pf->fn, SVNIC_REG_CMD_SIZE, 0);
	/* Flush, so that the queue has stopped when this returns. */
	libsvnic_rd(pf->fn, SVNIC_REG_STATUS);
}

/**
 * svnic_cmdq_event - handle the answer to a command
 * @pf: physical function
 * @ev: SVNIC_EVENT_COMMAND
 *
 * Context: atomic.
 */
void svnic_cmdq_event(struct svnic_pf *pf, const struct svnic_event *ev)
{
	struct svnic_cmdq *cmdq = &pf->cmdq;
	u32 data = le32_to_cpu(ev->data);
	struct svnic_cmdq_slot *slot;
	u16 cookie = data;
	unsigned long flags;
	unsigned int i;

	i = cookie & SVNIC_COOKIE_SLOT_MASK;
	if (i >= cmdq->size)
		return;
	slot = &cmdq->slot[i];

	spin_lock_irqsave(&cmdq->lock, flags);
	if (slot->pending && slot->cookie == cookie) {
		slot->pending = false;
		slot->status = data >> 16;
		complete(&slot->done);
	}
	spin_unlock_irqrestore(&cmdq->lock, flags);
}

/* Get a slot. False if all are in use; else *@slot is the slot or -ENODEV. */
static bool svnic_cmdq_claim(struct svnic_cmdq *cmdq, int *slot)
{
	unsigned int i;

	spin_lock_irq(&cmdq->lock);
	i = find_first_zero_bit(cmdq->used, cmdq->size);
	if (!cmdq->up) {
		*slot = -ENODEV;
	} else if (i < cmdq->size) {
		__set_bit(i, cmdq->used);
		*slot = i;
	} else {
		*slot = -EAGAIN;
	}
	spin_unlock_irq(&cmdq->lock);
	return *slot != -EAGAIN;
}

static void svnic_cmdq_release(struct svnic_cmdq *cmdq, unsigned int slot)
{
	spin_lock_irq(&cmdq->lock);
	__clear_bit(slot, cmdq->used);
	spin_unlock_irq(&cmdq->lock);
	wake_up(&cmdq->wait);
}

static void svnic_cmdq_post(struct svnic_pf *pf, unsigned int i,
			    struct svnic_cmd *cmd)
{
	struct svnic_cmdq *cmdq = &pf->cmdq;
	struct svnic_cmdq_slot *slot = &cmdq->slot[i];

	reinit_completion(&slot->done);

	spin_lock_irq(&cmdq->lock);
	slot->failed = !cmdq->up;
	if (slot->failed) {
		complete(&slot->done);
	} else {
		slot->cookie = i | cmdq->seq++ << SVNIC_COOKIE_SEQ_SHIFT;
		slot->pending = true;
		cmd->cookie = cpu_to_le16(slot->cookie);
		cmdq->ring[cmdq->prod++ & (cmdq->size - 1)] = *cmd;
		/* The write to the doorbell is ordered after the command. */
		libsvnic_wr(pf->fn, SVNIC_REG_CMD_PROD, cmdq->prod);
	}
	spin_unlock_irq(&cmdq->lock);
}

/*
 * If the device does not answer a command, it gets no further commands until it
 * is reset. The event ring is stopped too, which shows the VFs that their PF is
 * away. So their drivers do not wait for the PF, maybe with rtnl held.
 */
static void svnic_cmdq_timeout(struct svnic_pf *pf,
			       const struct svnic_cmd *cmd)
{
	svnic_cmdq_fail(pf);
	if (!libsvnic_alive(pf->fn))
		return;
	netdev_err(pf->fn->netdev, "command %#x is not answered\n",
		   le16_to_cpu(cmd->opcode));
	libsvnic_wr(pf->fn, SVNIC_REG_EVQ_SIZE, 0);
	libsvnic_reset_request(pf->fn);
}

/*
 * Execute a command with a data buffer that the device reads (@out) or writes
 * (@in), or without one.
 */
static int svnic_cmdq_run(struct svnic_pf *pf, struct svnic_cmd *cmd,
			  const void *out, void *in, size_t len)
{
	struct svnic_cmdq *cmdq = &pf->cmdq;
	struct svnic_cmdq_slot *slot;
	int i, err;

	wait_event(cmdq->wait, svnic_cmdq_claim(cmdq, &i));
	if (i < 0)
		return i;
	slot = &cmdq->slot[i];

	if (out)
		memcpy(cmdq->data[i], out, len);
	else
		/* An older device may write less, see spec 10. */
		memset(cmdq->data[i], 0, len);
	if (len) {
		cmd->data_len = cpu_to_le32(len);
		cmd->data_addr = cpu_to_le64(cmdq->data_dma +
					     i * sizeof(*cmdq->data));
	}
	svnic_cmdq_post(pf, i, cmd);
	if (libsvnic_wait(pf->fn, &slot->done, SVNIC_CMDQ_TIMEOUT_MS))
		svnic_cmdq_timeout(pf, cmd);

	spin_lock_irq(&cmdq->lock);
	err = slot->failed ? -ENODEV : svnic_cmdq_errno(slot->status);
	spin_unlock_irq(&cmdq->lock);
	if (!err && in)
		memcpy(in, cmdq->data[i], len);
	svnic_cmdq_release(cmdq, i);
	return err;
}

/**
 * svnic_cmdq_exec - execute a command without data buffer
 * @pf: physical function
 * @cmd: the command; its cookie is filled in here
 *
 * Context: process, sleeps.
 * Return: 0, -ENODEV while the queue is down, or the status of the command as
 * -errno.
 */
int svnic_cmdq_exec(struct svnic_pf *pf, struct svnic_cmd *cmd)
{
	return svnic_cmdq_run(pf, cmd, NULL, NULL, 0);
}

/**
 * svnic_cmdq_read - execute a command that the device answers with data
 * @pf: physical function
 * @cmd: the command; its cookie and data buffer are filled in here
 * @buf: where to put the data
 * @len: length of the data, up to SVNIC_CMDQ_DATA_LEN bytes
 *
 * Context: process, sleeps.
 * Return: as svnic_cmdq_exec().
 */
int svnic_cmdq_read(struct svnic_pf *pf, struct svnic_cmd *cmd,
		    void *buf, size_t len)
{
	return svnic_cmdq_run(pf, cmd, NULL, buf, len);
}

/**
 * svnic_cmdq_write - execute a command that passes data to the device
 * @pf: physical function
 * @cmd: the command; its cookie and data buffer are filled in here
 * @buf: the data
 * @len: length of the data, up to SVNIC_CMDQ_DATA_LEN bytes
 *
 * Context: process, sleeps.
 * Return: as svnic_cmdq_exec().
 */
int svnic_cmdq_write(struct svnic_pf *pf, struct svnic_cmd *cmd,
		     const void *buf, size_t len)
{
	return svnic_cmdq_run(pf, cmd, buf, NULL, len);
}
