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

#define SVNIC_ADMIN_TIMEOUT_MS	5000

#define SVNIC_COOKIE_SLOT_MASK	0xff
#define SVNIC_COOKIE_SALT_SHIFT	8

static int svnic_admin_errno(u16 status)
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
 * svnic_admin_init - allocate the memory of the command queue
 * @pf: physical function
 *
 * The memory is kept until svnic_admin_exit(), so that a caller that waits for
 * a command can access it during a reset too.
 *
 * Return: 0 or -ENOMEM.
 */
int svnic_admin_init(struct svnic_pf *pf)
{
	struct device *dev = &pf->fn->pdev->dev;
	struct svnic_admin *admin = &pf->admin;
	unsigned int i;

	admin->size = min(SVNIC_ADMIN_SLOTS, pf->fn->limits.evq_max);
	admin->ring = dma_alloc_coherent(dev,
					 admin->size * sizeof(*admin->ring),
					 &admin->ring_dma, GFP_KERNEL);
	if (!admin->ring)
		return -ENOMEM;
	admin->data = dma_alloc_coherent(dev,
					 admin->size * sizeof(*admin->data),
					 &admin->data_dma, GFP_KERNEL);
	if (!admin->data)
		goto err_ring;

	spin_lock_init(&admin->lock);
	init_waitqueue_head(&admin->wait);
	for (i = 0; i < admin->size; i++)
		init_completion(&admin->slot[i].done);
	return 0;

err_ring:
	dma_free_coherent(dev, admin->size * sizeof(*admin->ring),
			  admin->ring, admin->ring_dma);
	return -ENOMEM;
}

/**
 * svnic_admin_exit - opposite of svnic_admin_init()
 * @pf: physical function; there are no more commands
 */
void svnic_admin_exit(struct svnic_pf *pf)
{
	struct device *dev = &pf->fn->pdev->dev;
	struct svnic_admin *admin = &pf->admin;

	dma_free_coherent(dev, admin->size * sizeof(*admin->data),
			  admin->data, admin->data_dma);
	dma_free_coherent(dev, admin->size * sizeof(*admin->ring),
			  admin->ring, admin->ring_dma);
}

/**
 * svnic_admin_start - start the command queue
 * @pf: physical function, enabled, its event ring running
 */
void svnic_admin_start(struct svnic_pf *pf)
{
	struct svnic_admin *admin = &pf->admin;

	libsvnic_wr64(pf->fn, SVNIC_REG_CMD_BASE_LO, admin->ring_dma);
	libsvnic_wr(pf->fn, SVNIC_REG_CMD_SIZE, admin->size);

	spin_lock_irq(&admin->lock);
	admin->prod = 0;
	admin->up = true;
	spin_unlock_irq(&admin->lock);
}

/* Fail all commands in flight, and new ones until the next start. */
static void svnic_admin_fail(struct svnic_pf *pf)
{
	struct svnic_admin *admin = &pf->admin;
	struct svnic_admin_slot *slot;
	unsigned int i;

	spin_lock_irq(&admin->lock);
	admin->up = false;
	for (i = 0; i < admin->size; i++) {
		slot = &admin->slot[i];
		if (!slot->pending)
			continue;
		slot->pending = false;
		slot->failed = true;
		complete(&slot->done);
	}
	spin_unlock_irq(&admin->lock);
	wake_up_all(&admin->wait);
}

/**
 * svnic_admin_stop - opposite of svnic_admin_start()
 * @pf: physical function; the device may be gone
 */
void svnic_admin_stop(struct svnic_pf *pf)
{
	svnic_admin_fail(pf);
	if (!libsvnic_alive(pf->fn))
		return;
	libsvnic_wr(pf->fn, SVNIC_REG_CMD_SIZE, 0);
	/* Flush, so that the queue has stopped when this returns. */
	libsvnic_rd(pf->fn, SVNIC_REG_STATUS);
}

/**
 * svnic_admin_event - handle the answer to a command
 * @pf: physical function
 * @ev: SVNIC_EVENT_COMMAND
 *
 * Context: atomic.
 */
void svnic_admin_event(struct svnic_pf *pf, const struct svnic_event *ev)
{
	struct svnic_admin *admin = &pf->admin;
	u32 data = le32_to_cpu(ev->data);
	struct svnic_admin_slot *slot;
	u16 cookie = data;
	unsigned long flags;
	unsigned int i;

	i = cookie & SVNIC_COOKIE_SLOT_MASK;
	if (i >= admin->size)
		return;
	slot = &admin->slot[i];

	spin_lock_irqsave(&admin->lock, flags);
	if (slot->pending && slot->cookie == cookie) {
		slot->pending = false;
		slot->status = data >> 16;
		complete(&slot->done);
	}
	spin_unlock_irqrestore(&admin->lock, flags);
}

/* Get a slot. False if all are in use; else *@slot is the slot or -ENODEV. */
static bool svnic_admin_claim(struct svnic_admin *admin, int *slot)
{
	unsigned int i;

	spin_lock_irq(&admin->lock);
	i = find_first_zero_bit(admin->used, admin->size);
	if (!admin->up) {
		*slot = -ENODEV;
	} else if (i < admin->size) {
		__set_bit(i, admin->used);
		*slot = i;
	} else {
		*slot = -EAGAIN;
	}
	spin_unlock_irq(&admin->lock);
	return *slot != -EAGAIN;
}

static void svnic_admin_release(struct svnic_admin *admin, unsigned int slot)
{
	spin_lock_irq(&admin->lock);
	__clear_bit(slot, admin->used);
	spin_unlock_irq(&admin->lock);
	wake_up(&admin->wait);
}

static void svnic_admin_post(struct svnic_pf *pf, unsigned int i,
			     struct svnic_cmd *cmd)
{
	struct svnic_admin *admin = &pf->admin;
	struct svnic_admin_slot *slot = &admin->slot[i];

	reinit_completion(&slot->done);

	spin_lock_irq(&admin->lock);
	slot->failed = !admin->up;
	if (slot->failed) {
		complete(&slot->done);
	} else {
		slot->cookie = i | admin->salt++ << SVNIC_COOKIE_SALT_SHIFT;
		slot->pending = true;
		cmd->cookie = cpu_to_le16(slot->cookie);
		admin->ring[admin->prod++ & (admin->size - 1)] = *cmd;
		/* The write to the doorbell is ordered after the command. */
		libsvnic_wr(pf->fn, SVNIC_REG_CMD_PROD, admin->prod);
	}
	spin_unlock_irq(&admin->lock);
}

/*
 * If the device does not answer a command, it gets no further commands until it
 * is reset. The event ring is stopped too, which shows the VFs that their PF is
 * away. So their drivers do not wait for the PF, maybe with rtnl held.
 */
static void svnic_admin_timeout(struct svnic_pf *pf,
				const struct svnic_cmd *cmd)
{
	svnic_admin_fail(pf);
	if (!libsvnic_alive(pf->fn))
		return;
	netdev_err(pf->fn->netdev, "admin command %#x is not answered\n",
		   le16_to_cpu(cmd->opcode));
	libsvnic_wr(pf->fn, SVNIC_REG_EVQ_SIZE, 0);
	libsvnic_reset_request(pf->fn);
}

/*
 * Execute a command with a data buffer that the device reads (@out) or writes
 * (@in), or without one.
 */
static int svnic_admin_run(struct svnic_pf *pf, struct svnic_cmd *cmd,
			   const void *out, void *in, size_t len)
{
	struct svnic_admin *admin = &pf->admin;
	struct svnic_admin_slot *slot;
	int i, err;

	wait_event(admin->wait, svnic_admin_claim(admin, &i));
	if (i < 0)
		return i;
	slot = &admin->slot[i];

	if (out)
		memcpy(admin->data[i], out, len);
	else
		/* An older device may write less, see spec 10. */
		memset(admin->data[i], 0, len);
	if (len) {
		cmd->data_len = cpu_to_le32(len);
		cmd->data_addr = cpu_to_le64(admin->data_dma +
					     i * sizeof(*admin->data));
	}
	svnic_admin_post(pf, i, cmd);
	if (libsvnic_wait(pf->fn, &slot->done, SVNIC_ADMIN_TIMEOUT_MS))
		svnic_admin_timeout(pf, cmd);

	spin_lock_irq(&admin->lock);
	err = slot->failed ? -ENODEV : svnic_admin_errno(slot->status);
	spin_unlock_irq(&admin->lock);
	if (!err && in)
		memcpy(in, admin->data[i], len);
	svnic_admin_release(admin, i);
	return err;
}

/**
 * svnic_admin_cmd - execute a command without data buffer
 * @pf: physical function
 * @cmd: the command; its cookie is filled in here
 *
 * Context: process, sleeps.
 * Return: 0, -ENODEV while the queue is down, or the status of the command as
 * -errno.
 */
int svnic_admin_cmd(struct svnic_pf *pf, struct svnic_cmd *cmd)
{
	return svnic_admin_run(pf, cmd, NULL, NULL, 0);
}

/**
 * svnic_admin_read - execute a command that the device answers with data
 * @pf: physical function
 * @cmd: the command; its cookie and data buffer are filled in here
 * @buf: where to put the data
 * @len: length of the data, up to SVNIC_ADMIN_DATA_LEN bytes
 *
 * Context: process, sleeps.
 * Return: as svnic_admin_cmd().
 */
int svnic_admin_read(struct svnic_pf *pf, struct svnic_cmd *cmd,
		     void *buf, size_t len)
{
	return svnic_admin_run(pf, cmd, NULL, buf, len);
}

/**
 * svnic_admin_write - execute a command that passes data to the device
 * @pf: physical function
 * @cmd: the command; its cookie and data buffer are filled in here
 * @buf: the data
 * @len: length of the data, up to SVNIC_ADMIN_DATA_LEN bytes
 *
 * Context: process, sleeps.
 * Return: as svnic_admin_cmd().
 */
int svnic_admin_write(struct svnic_pf *pf, struct svnic_cmd *cmd,
		      const void *buf, size_t len)
{
	return svnic_admin_run(pf, cmd, buf, NULL, len);
}
