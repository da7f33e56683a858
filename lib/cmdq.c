// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: command queue of a function (spec 10.0). Commands are synchronous,
 * and several may be in flight.
 *
 * The cookie of a command consists of the number of its slot and a counter, so
 * that a late answer is not mistaken for that of a newer command.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>

#include "libsvnic_priv.h"

#define LIBSVNIC_CMDQ_TIMEOUT_MS	5000

#define LIBSVNIC_COOKIE_SLOT_MASK	0xff
#define LIBSVNIC_COOKIE_SEQ_SHIFT	8

static int libsvnic_cmdq_errno(u16 status)
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
 * libsvnic_cmdq_init - allocate the memory of the command queue
 * @fn: function with its limits read
 *
 * The memory is kept until libsvnic_cmdq_free(), so that a caller that waits
 * for a command can access it during a reset too. Without SVNIC_F_COMMAND
 * there is no command queue: nothing is allocated, freed, started and stopped.
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int libsvnic_cmdq_init(struct libsvnic_fn *fn)
{
	struct device *dev = &fn->pdev->dev;
	struct libsvnic_cmdq *cmdq = &fn->cmdq;
	unsigned int i;

	if (!libsvnic_has(fn, SVNIC_F_COMMAND))
		return 0;
	cmdq->size = min(LIBSVNIC_CMDQ_SLOTS, fn->limits.evq_max);
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
EXPORT_SYMBOL_IF_KUNIT(libsvnic_cmdq_init);

/**
 * libsvnic_cmdq_free - opposite of libsvnic_cmdq_init()
 * @fn: function; there are no more commands
 */
void libsvnic_cmdq_free(struct libsvnic_fn *fn)
{
	struct device *dev = &fn->pdev->dev;
	struct libsvnic_cmdq *cmdq = &fn->cmdq;

	if (!libsvnic_has(fn, SVNIC_F_COMMAND))
		return;
	dma_free_coherent(dev, cmdq->size * sizeof(*cmdq->data),
			  cmdq->data, cmdq->data_dma);
	dma_free_coherent(dev, cmdq->size * sizeof(*cmdq->ring),
			  cmdq->ring, cmdq->ring_dma);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_cmdq_free);

/**
 * libsvnic_cmdq_start - start the command queue
 * @fn: function, enabled, its event ring running
 */
void libsvnic_cmdq_start(struct libsvnic_fn *fn)
{
	struct libsvnic_cmdq *cmdq = &fn->cmdq;

	if (!libsvnic_has(fn, SVNIC_F_COMMAND))
		return;
	libsvnic_wr64(fn, SVNIC_REG_CMD_BASE_LO, cmdq->ring_dma);
	libsvnic_wr(fn, SVNIC_REG_CMD_SIZE, cmdq->size);

	spin_lock_irq(&cmdq->lock);
	cmdq->prod = 0;
	cmdq->up = true;
	spin_unlock_irq(&cmdq->lock);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_cmdq_start);

/* Fail all commands in flight, and new ones until the next start. */
static void libsvnic_cmdq_fail(struct libsvnic_fn *fn)
{
	struct libsvnic_cmdq *cmdq = &fn->cmdq;
	struct libsvnic_cmdq_slot *slot;
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
 * libsvnic_cmdq_stop - opposite of libsvnic_cmdq_start()
 * @fn: function; the device may be gone
 */
void libsvnic_cmdq_stop(struct libsvnic_fn *fn)
{
	if (!libsvnic_has(fn, SVNIC_F_COMMAND))
		return;
	libsvnic_cmdq_fail(fn);
	if (!libsvnic_alive(fn))
		return;
	libsvnic_wr(fn, SVNIC_REG_CMD_SIZE, 0);
	/* Flush, so that the queue has stopped when this returns. */
	libsvnic_rd(fn, SVNIC_REG_STATUS);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_cmdq_stop);

/**
 * libsvnic_cmdq_event - handle the answer to a command
 * @fn: function
 * @ev: SVNIC_EVENT_COMMAND
 *
 * Context: atomic.
 */
void libsvnic_cmdq_event(struct libsvnic_fn *fn, const struct svnic_event *ev)
{
	struct libsvnic_cmdq *cmdq = &fn->cmdq;
	u32 data = le32_to_cpu(ev->data);
	struct libsvnic_cmdq_slot *slot;
	u16 cookie = data;
	unsigned long flags;
	unsigned int i;

	i = cookie & LIBSVNIC_COOKIE_SLOT_MASK;
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
EXPORT_SYMBOL_IF_KUNIT(libsvnic_cmdq_event);

/* Get a slot. False if all are in use; else *@slot is the slot or -ENODEV. */
static bool libsvnic_cmdq_claim(struct libsvnic_cmdq *cmdq, int *slot)
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

static void libsvnic_cmdq_release(struct libsvnic_cmdq *cmdq, unsigned int slot)
{
	spin_lock_irq(&cmdq->lock);
	__clear_bit(slot, cmdq->used);
	spin_unlock_irq(&cmdq->lock);
	wake_up(&cmdq->wait);
}

static void libsvnic_cmdq_post(struct libsvnic_fn *fn, unsigned int i,
			       struct svnic_cmd *cmd)
{
	struct libsvnic_cmdq *cmdq = &fn->cmdq;
	struct libsvnic_cmdq_slot *slot = &cmdq->slot[i];

	reinit_completion(&slot->done);

	spin_lock_irq(&cmdq->lock);
	slot->failed = !cmdq->up;
	if (slot->failed) {
		complete(&slot->done);
	} else {
		slot->cookie = i | cmdq->seq++ << LIBSVNIC_COOKIE_SEQ_SHIFT;
		slot->pending = true;
		cmd->cookie = cpu_to_le16(slot->cookie);
		cmdq->ring[cmdq->prod++ & (cmdq->size - 1)] = *cmd;
		/* The write to the doorbell is ordered after the command. */
		libsvnic_wr(fn, SVNIC_REG_CMD_PROD, cmdq->prod);
	}
	spin_unlock_irq(&cmdq->lock);
}

/*
 * If the device does not answer a command, it gets no further commands until it
 * is reset. The event ring is stopped too: that of the PF shows the VFs that
 * their PF is away. So their drivers do not wait for the PF, maybe with rtnl
 * held.
 */
static void libsvnic_cmdq_timeout(struct libsvnic_fn *fn,
				  const struct svnic_cmd *cmd)
{
	libsvnic_cmdq_fail(fn);
	if (!libsvnic_alive(fn))
		return;
	netdev_err(fn->netdev, "command %#x is not answered\n",
		   le16_to_cpu(cmd->opcode));
	libsvnic_wr(fn, SVNIC_REG_EVQ_SIZE, 0);
	libsvnic_reset_request(fn);
}

/*
 * Execute a command with a data buffer that the device reads (@out) or writes
 * (@in), or without one.
 */
static int libsvnic_cmdq_run(struct libsvnic_fn *fn, struct svnic_cmd *cmd,
			     const void *out, void *in, size_t len)
{
	struct libsvnic_cmdq *cmdq = &fn->cmdq;
	struct libsvnic_cmdq_slot *slot;
	int i, err;

	if (!libsvnic_has(fn, SVNIC_F_COMMAND))
		return -EOPNOTSUPP;
	wait_event(cmdq->wait, libsvnic_cmdq_claim(cmdq, &i));
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
	libsvnic_cmdq_post(fn, i, cmd);
	if (libsvnic_wait(fn, &slot->done, LIBSVNIC_CMDQ_TIMEOUT_MS))
		libsvnic_cmdq_timeout(fn, cmd);

	spin_lock_irq(&cmdq->lock);
	err = slot->failed ? -ENODEV : libsvnic_cmdq_errno(slot->status);
	spin_unlock_irq(&cmdq->lock);
	if (!err && in)
		memcpy(in, cmdq->data[i], len);
	libsvnic_cmdq_release(cmdq, i);
	return err;
}

/**
 * libsvnic_cmdq_exec - execute a command without data buffer
 * @fn: function
 * @cmd: the command; its cookie is filled in here
 *
 * Context: process, sleeps.
 * Return: 0, -EOPNOTSUPP without SVNIC_F_COMMAND, -ENODEV while the queue is
 * down, or the status of the command as -errno.
 */
int libsvnic_cmdq_exec(struct libsvnic_fn *fn, struct svnic_cmd *cmd)
{
	KUNIT_STATIC_STUB_REDIRECT(libsvnic_cmdq_exec, fn, cmd);
	return libsvnic_cmdq_run(fn, cmd, NULL, NULL, 0);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_cmdq_exec, "LIBSVNIC");

/**
 * libsvnic_cmdq_read - execute a command that the device answers with data
 * @fn: function
 * @cmd: the command; its cookie and data buffer are filled in here
 * @buf: where to put the data
 * @len: length of the data, up to LIBSVNIC_CMDQ_DATA_LEN bytes
 *
 * Context: process, sleeps.
 * Return: as libsvnic_cmdq_exec().
 */
int libsvnic_cmdq_read(struct libsvnic_fn *fn, struct svnic_cmd *cmd,
		       void *buf, size_t len)
{
	KUNIT_STATIC_STUB_REDIRECT(libsvnic_cmdq_read, fn, cmd, buf, len);
	return libsvnic_cmdq_run(fn, cmd, NULL, buf, len);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_cmdq_read, "LIBSVNIC");

/**
 * libsvnic_cmdq_write - execute a command that passes data to the device
 * @fn: function
 * @cmd: the command; its cookie and data buffer are filled in here
 * @buf: the data
 * @len: length of the data, up to LIBSVNIC_CMDQ_DATA_LEN bytes
 *
 * Context: process, sleeps.
 * Return: as libsvnic_cmdq_exec().
 */
int libsvnic_cmdq_write(struct libsvnic_fn *fn, struct svnic_cmd *cmd,
			const void *buf, size_t len)
{
	KUNIT_STATIC_STUB_REDIRECT(libsvnic_cmdq_write, fn, cmd, buf, len);
	return libsvnic_cmdq_run(fn, cmd, buf, NULL, len);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_cmdq_write, "LIBSVNIC");
