// SPDX-License-Identifier: GPL-2.0-only
/*
 * libsvnic: event ring of a function (spec 6).
 *
 * Vector 0 signals events. If the host has no vector left, libsvnic_wait() and
 * the service work poll the event ring.
 */
#include <kunit/visibility.h>
#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/jiffies.h>

#include "libsvnic_priv.h"

/* How long to sleep between two polls of the ring. */
#define LIBSVNIC_WAIT_IRQ_MS	100
#define LIBSVNIC_WAIT_POLL_MS	1

/**
 * libsvnic_evq_start - allocate the event ring and start it
 * @fn: enabled function
 *
 * Context: process, sleeps.
 * Return: 0 or -ENOMEM.
 */
int libsvnic_evq_start(struct libsvnic_fn *fn)
{
	u32 size = min(LIBSVNIC_EVQ_SIZE, fn->limits.evq_max);
	struct libsvnic_evq *evq = &fn->evq;
	struct svnic_event *ring;

	ring = dma_alloc_coherent(&fn->pdev->dev, size * sizeof(*ring),
				  &evq->dma, GFP_KERNEL);
	if (!ring)
		return -ENOMEM;

	spin_lock_irq(&evq->lock);
	evq->ring = ring;
	evq->mask = size - 1;
	evq->cons = 0;
	spin_unlock_irq(&evq->lock);

	libsvnic_wr64(fn, SVNIC_REG_EVQ_BASE_LO, evq->dma);
	libsvnic_wr(fn, SVNIC_REG_EVQ_SIZE, size);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_evq_start);

/**
 * libsvnic_evq_stop - opposite of libsvnic_evq_start()
 * @fn: function; the device may be gone
 *
 * Context: process, sleeps.
 */
void libsvnic_evq_stop(struct libsvnic_fn *fn)
{
	struct libsvnic_evq *evq = &fn->evq;
	struct svnic_event *ring = evq->ring;

	if (libsvnic_alive(fn)) {
		libsvnic_wr(fn, SVNIC_REG_EVQ_SIZE, 0);
		/* Flush, so that no event is written to freed memory. */
		libsvnic_rd(fn, SVNIC_REG_STATUS);
	}

	spin_lock_irq(&evq->lock);
	evq->ring = NULL;
	spin_unlock_irq(&evq->lock);

	dma_free_coherent(&fn->pdev->dev, (evq->mask + 1) * sizeof(*ring),
			  ring, evq->dma);
}
EXPORT_SYMBOL_IF_KUNIT(libsvnic_evq_stop);

static void libsvnic_event_queue_error(struct libsvnic_fn *fn,
				       const struct svnic_event *ev)
{
	u32 data = le32_to_cpu(ev->data);

	libsvnic_queue_error(fn, data & SVNIC_QUEUE_ERROR_PAIR_MASK,
			     data & SVNIC_QUEUE_ERROR_RX);
}

static void libsvnic_event(struct libsvnic_fn *fn,
			   const struct svnic_event *ev)
{
	bool self = ev->vf == cpu_to_le16(SVNIC_EVENT_SELF);

	switch (ev->type) {
	case SVNIC_EVENT_COMMAND:
		libsvnic_cmdq_event(fn, ev);
		break;
	case SVNIC_EVENT_LINK:
		libsvnic_link_update(fn);
		break;
	case SVNIC_EVENT_QUEUE_ERROR:
		if (self)
			libsvnic_event_queue_error(fn, ev);
		else
			fn->ops->event(fn, ev);
		break;
	case SVNIC_EVENT_FATAL:
		if (net_ratelimit())
			netdev_err(fn->netdev, "device failed, error %u\n",
				   le32_to_cpu(ev->data));
		libsvnic_reset_request(fn);
		break;
	default:
		fn->ops->event(fn, ev);
		break;
	}
}

/**
 * libsvnic_evq_poll - handle pending events
 * @fn: function
 *
 * Handles no more events than the ring has entries, so that a device that
 * writes events continuously cannot keep the CPU busy.
 *
 * Context: any.
 */
void libsvnic_evq_poll(struct libsvnic_fn *fn)
{
	struct libsvnic_evq *evq = &fn->evq;
	struct svnic_event ev;
	unsigned long flags;
	u32 budget;

	spin_lock_irqsave(&evq->lock, flags);
	if (!evq->ring)
		goto out;

	for (budget = evq->mask + 1; budget; budget--) {
		struct svnic_event *slot = &evq->ring[evq->cons & evq->mask];
		u8 phase = !(evq->cons & (evq->mask + 1));

		if ((READ_ONCE(slot->flags) & SVNIC_EVENT_PHASE) != phase)
			break;
		/* Read the rest of the event after its phase. */
		dma_rmb();
		ev = *slot;
		evq->cons++;
		libsvnic_event(fn, &ev);
	}
	libsvnic_wr(fn, SVNIC_REG_EVQ_CONS, evq->cons);
out:
	spin_unlock_irqrestore(&evq->lock, flags);
}
EXPORT_SYMBOL_NS_GPL(libsvnic_evq_poll, "LIBSVNIC");

/**
 * libsvnic_wait - wait for a completion that an event signals
 * @fn: function
 * @done: completion, completed by the code that handles the event
 * @timeout_ms: timeout, milliseconds
 *
 * Works with and without vector 0. A function that was reset meanwhile, for
 * example by FLR of the PF, sends no events. Then the wait ends, and a reset of
 * the function is requested.
 *
 * Context: process, sleeps.
 * Return: 0, -ETIMEDOUT, -ECONNRESET, or -ENODEV if the device is gone.
 */
int libsvnic_wait(struct libsvnic_fn *fn, struct completion *done,
		  unsigned int timeout_ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(timeout_ms);
	unsigned int nap;

	for (;;) {
		nap = test_bit(LIBSVNIC_EVENT_IRQ, fn->flags) ?
		      LIBSVNIC_WAIT_IRQ_MS : LIBSVNIC_WAIT_POLL_MS;
		if (wait_for_completion_timeout(done, msecs_to_jiffies(nap)))
			return 0;
		libsvnic_evq_poll(fn);
		if (try_wait_for_completion(done))
			return 0;
		if (!libsvnic_alive(fn))
			return -ENODEV;
		if (!(libsvnic_rd(fn, SVNIC_REG_STATUS) &
		      SVNIC_STATUS_ENABLED)) {
			libsvnic_reset_request(fn);
			return -ECONNRESET;
		}
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
	}
}
EXPORT_SYMBOL_NS_GPL(libsvnic_wait, "LIBSVNIC");
